"""PocketExpert: the embedded default, a small ONNX net on one CPU thread; kind `pocket`."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from vla_ros.core.config import require
from vla_ros.core.data import Observation
from vla_ros.policies import Context, EpisodeInfo, Policy, PolicyError, Prediction
from vla_ros.policies.decoders import Net, Prefix, Shape, make_decoder
from vla_ros.policies.features import VectorReader
from vla_ros.policies.onnx_session import Session, image_shapes
from vla_ros.robots.robot import Robot


# What both graphs share; a robot that is nothing but arms has no `rest`.
_SHARED = ('condition', 'rest')


@dataclass(frozen=True)
class ExpertOptions:
    """What `expert:` of a policy.yaml of this kind says."""

    horizon: int  # steps of a chunk
    feature_width: int  # numbers that the failure detector sees

    def __post_init__(self) -> None:
        require(self.horizon > 0 and self.feature_width > 0, 'horizon, feature_width: positive')


class PocketExpert:
    """Runs `perceive.onnx` once, and `head.onnx` as its decoder wants; see `Expert`."""

    def __init__(self, policy: Policy, robot: Robot) -> None:
        """Load the net.

        Raises:
            PolicyError: the net does not fit the policy, or it names no such decoder.
            ValueError: the robot lacks what the net is told.
        """
        spec = policy.spec
        options = policy.options('expert', ExpertOptions)
        latent = spec.features.latent
        if latent is None or 'state' not in spec.features.vectors:
            raise PolicyError(f'{policy.path}: features: expected a latent and vectors.state')
        self.model, self.features = spec.model, spec.features
        self.action_space, self.dt = spec.actions, spec.dt
        # First, for it names what the robot lacks.
        spec.features.check(robot)
        self._state = VectorReader(robot, spec.features.vectors['state'])
        self._perceive = Session(
            policy.file('perceive.onnx'),
            {
                **image_shapes(spec.features),
                'state': (1, 2 * len(spec.actions.channels)),
                'latent': (1, latent.tokens, latent.width),
                'age': (1,),
            },
            {
                'feature': (1, options.feature_width),
                'positions': (1, 2, 3),
            },
        )
        shared = [name for name in _SHARED if name in self._perceive.outputs]
        self._condition = {name: self._perceive.outputs[name] for name in shared}
        self._decoder = make_decoder(policy, options.horizon, lambda out: self._head(policy, out))

    def _head(self, policy: Policy, outputs: Mapping[str, Shape]) -> Net:
        return Session(policy.file('head.onnx'), self._condition, outputs)

    def reset(self, episode: EpisodeInfo) -> None:
        """Do nothing: every look stands for itself."""

    def act(self, observation: Observation, context: Context) -> Prediction:
        """Return the actions for an observation; see `Expert`."""
        images = self.features.pictures(observation)
        state = self._state(observation.state)
        if context.latent is None:
            raise ValueError('expected a latent')
        seen = self._perceive.run(
            state=state.astype(np.float32)[None],
            latent=context.latent.data[None],
            age=np.array([context.latent_age], np.float32),
            **{name: image[None] for name, image in images.items()},
        )
        traits, prefix, noise = self._decoder.traits, None, None
        if traits.samples:
            noise = np.random.default_rng((context.seed, observation.stamp))
        if context.previous is not None and traits.prefix != 'blend':
            prefix = Prefix(context.previous, context.delay)
        drawn = self._decoder.sample(
            {name: seen[name] for name in self._condition},
            context.samples if traits.samples else 1,
            prefix,
            noise=noise,
        )
        return drawn.prediction(seen['feature'][0])

    def close(self) -> None:
        """Do nothing: the session goes with its last reference."""


def make_expert(policy: Policy, robot: Robot) -> PocketExpert:
    """Build the expert of kind `pocket`; see `PocketExpert`."""
    return PocketExpert(policy, robot)
