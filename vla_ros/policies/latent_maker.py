"""LatentMaker: the one place where a Thought becomes a Latent."""

from collections.abc import Callable
import time

import numpy as np

from vla_ros.core.data import Latent, Observation
from vla_ros.policies.directory import Policy, Rates
from vla_ros.policies.expert import EpisodeInfo
from vla_ros.policies.features import Features
from vla_ros.policies.reasoner import Reasoner, Thought
from vla_ros.policies.registry import make_reasoner
from vla_ros.robots.robot import Robot


Clock = Callable[[], int]  # ns


class LatentMaker:
    """Asks a reasoner and makes latents of what it thinks."""

    def __init__(self, reasoner: Reasoner, rates: Rates, clock: Clock = time.time_ns) -> None:
        """Wrap a reasoner; `clock` is for the inference times, ns."""
        self.reasoner = reasoner
        self._rates, self._clock = rates, clock
        self._episode: EpisodeInfo | None = None

    def reason(self, observation: Observation, episode: EpisodeInfo, seq: int) -> Latent:
        """Return the latent of one look; one on which nobody may act says why.

        Raises:
            ValueError: the observation is not what the reasoner was made for, or what it returned
                is not what it declares.
        """
        start = self._clock()
        if episode != self._episode:
            self.reasoner.reset(episode)
            self._episode = episode
        thought = self.reasoner.reason(observation, episode)
        return Latent(
            stamp=observation.stamp,
            seq=seq,
            episode_id=episode.episode_id,
            model=self.reasoner.model,
            instruction=episode.instruction,
            subgoal=thought.text,
            inference_start=start,
            inference_end=self._clock(),
            valid_for=self._rates.latent_valid_for,
            data=self._data(thought),
            p_grounded=float(thought.scores.get('grounded', 1.0)),
            refusal=_refusal(thought),
            verdict=thought.verdict,
            space=self._space,
            task=thought.task,
        )

    def close(self) -> None:
        """Give back what the reasoner took."""
        self.reasoner.close()

    @property
    def features(self) -> Features:
        """What the reasoner looks at."""
        return self.reasoner.features

    @property
    def _space(self) -> str:
        feature = self.reasoner.features.latent
        return '' if feature is None else feature.space

    def _data(self, thought: Thought) -> np.ndarray:
        """Return the tensor (tokens, width), zeros with a refusal that has none."""
        feature, data = self.reasoner.features.latent, thought.data
        if feature is None:
            return np.zeros((0, 0), np.float32)
        if data is None and thought.verdict != 'go':
            return np.zeros((feature.tokens, feature.width), np.float32)
        if data is None:
            raise ValueError(f'{self.reasoner.model} returned no latent; it declares {feature}')
        cause = feature.problem(feature.space, data)
        if cause:
            raise ValueError(f'{self.reasoner.model}: {cause}')
        return data


def _refusal(thought: Thought) -> str:
    """Return why nobody may act on a thought; '' if the robot may move."""
    if thought.verdict == 'ask':
        return thought.question
    if thought.verdict == 'done':
        return thought.reason or 'the reasoner says so'
    return thought.reason if thought.verdict == 'refuse' else ''


def latent_maker(
    policy: Policy, robot: Robot, other_robot: bool = False, clock: Clock = time.time_ns
) -> LatentMaker | None:
    """Build the reasoner of a policy, if it has one; see `registry.make_expert`."""
    reasoner = make_reasoner(policy, robot, other_robot)
    return None if reasoner is None else LatentMaker(reasoner, policy.spec.rates, clock)
