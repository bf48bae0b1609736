"""ChunkMaker: the one place where a Prediction becomes an ActionChunk.

Backends know neither stamps nor counts nor the robot's channels.
"""

from collections.abc import Callable
from dataclasses import replace
import time

import numpy as np

from vla_ros.core.data import SECOND, ActionChunk, Array, Latent, Observation
from vla_ros.policies.directory import Policy, Rates
from vla_ros.policies.execution import Execution, HandedOut
from vla_ros.policies.expert import Context, EpisodeInfo, Expert, Prediction
from vla_ros.policies.features import Features
from vla_ros.policies.registry import make_expert
from vla_ros.robots.loading import named_limbs
from vla_ros.robots.robot import Robot


Clock = Callable[[], int]  # ns


class ChunkMaker:
    """Asks an expert and makes chunks of what it says, for one robot."""

    def __init__(
        self,
        expert: Expert,
        robot: Robot,
        rates: Rates,
        clock: Clock = time.time_ns,
        samples: int = 1,
    ) -> None:
        """Wrap an expert.

        Args:
            expert: that it asks.
            robot: that its chunks are for.
            rates: of the policy.
            clock: for the inference times, ns.
            samples: how many predictions the expert is asked for.
        """
        self.expert, self.robot, self._samples = expert, robot, samples
        self._handed = HandedOut(self._relative)
        self._rates, self._clock = rates, clock
        self._limbs = [name for name, _ in named_limbs(robot)]
        self._episode: EpisodeInfo | None = None

    @property
    def features(self) -> Features:
        """What the expert looks at."""
        return self.expert.features

    @property
    def needs_latent(self) -> bool:
        """Whether it can act only with a latent."""
        return self.expert.features.latent is not None

    def act(
        self,
        observation: Observation,
        episode: EpisodeInfo,
        latent: Latent | None,
        seq: int,
        execution: Execution | None = None,
    ) -> ActionChunk:
        """Return the chunk for an observation and the newest latent, if any.

        Args:
            observation: to act on.
            episode: that it belongs to.
            latent: the newest one.
            seq: of the chunk.
            execution: which of the chunks of before is executed, as far as is known.

        Raises:
            ValueError: observation or latent is not what the expert was made for, or what it
                returned is not what it declares.
        """
        start = self._clock()
        if episode != self._episode:
            self.expert.reset(episode)
            self._handed.clear()
            self._episode = episode
        context = self._context(observation, episode, latent, execution)
        prediction = self.expert.act(observation, context)
        chunk = self._chunk(prediction, observation, context, seq, start)
        self._handed.add(chunk)
        return chunk

    def close(self) -> None:
        """Give back what the expert took."""
        self.expert.close()

    def _chunk(
        self,
        prediction: Prediction,
        observation: Observation,
        context: Context,
        seq: int,
        start: int,
    ) -> ActionChunk:
        actions, samples = self._absolute(prediction, observation)
        return ActionChunk(
            stamp=observation.stamp,
            seq=seq,
            latent_seq=0 if context.latent is None else context.latent.seq,
            latent_age=context.latent_age,
            robot=self.robot.name,
            model=self.expert.model,
            channels=self.expert.action_space.channels,
            kinds=self.expert.action_space.kinds,
            dt=self.expert.dt,
            actions=actions,
            inference_start=start,
            inference_end=self._clock(),
            valid_for=self._rates.chunk_valid_for,
            feature=prediction.feature,
            samples=samples,
            scores=prediction.scores,
            confidence=prediction.confidence,
            run_steps=prediction.run_steps,
        )

    def _relative(self, actions: Array, observation: Observation) -> Array:
        return self.expert.action_space.relative(actions, observation.state, self._limbs)

    def _context(
        self,
        observation: Observation,
        episode: EpisodeInfo,
        latent: Latent | None,
        execution: Execution | None,
    ) -> Context:
        previous = None if execution is None else self._handed.to_come(observation, execution)
        delay = 0 if execution is None or previous is None else execution.delay
        context = Context(
            episode.instruction,
            previous=previous,
            delay=min(delay, 0 if previous is None else len(previous)),
            samples=self._samples,
            seed=episode.seed,
        )
        feature = self.expert.features.latent
        if latent is None:
            if feature is not None:
                raise ValueError(f'no latent; {self.expert.model} needs one of {feature.space!r}')
            return context
        if latent.refusal:
            raise ValueError(f'the instruction was refused: {latent.refusal}')
        cause = feature.problem(latent.space, latent.data) if feature is not None else ''
        if cause:
            raise ValueError(cause)
        return replace(
            context,
            subgoal=latent.subgoal,
            latent=latent,
            latent_age=max(0.0, (observation.stamp - latent.stamp) / SECOND),
            latent_inference=max(0.0, (latent.inference_end - latent.inference_start) / SECOND),
        )

    def _absolute(
        self, prediction: Prediction, observation: Observation
    ) -> tuple[np.ndarray, np.ndarray | None]:
        """Return actions (H, A) and samples (n, H, A), absolute and finite."""
        space, samples = self.expert.action_space, prediction.samples
        if cause := prediction.misfit(space.width):
            raise ValueError(f'{self.expert.model} returned {cause}')
        actions = prediction.actions
        absolute = space.absolute(actions, observation.state, self._limbs)
        # An opening that is no number may have become one: it is clipped.
        if not (np.isfinite(actions).all() and np.isfinite(absolute).all()):
            raise ValueError('the expert returned actions that are not finite')
        if samples is None:
            return absolute, None
        drawn = space.absolute(samples, observation.state, self._limbs)
        if not (np.isfinite(samples).all() and np.isfinite(drawn).all()):
            raise ValueError('the expert returned samples that are not finite')
        return absolute, drawn


def chunk_maker(
    policy: Policy, robot: Robot, other_robot: bool = False, clock: Clock = time.time_ns
) -> ChunkMaker:
    """Build the expert of a policy, ready to make chunks; see `registry.make_expert`."""
    expert = make_expert(policy, robot, other_robot)
    samples = policy.spec.decoder.get('samples', 1)
    return ChunkMaker(expert, robot, policy.spec.rates, clock, samples)
