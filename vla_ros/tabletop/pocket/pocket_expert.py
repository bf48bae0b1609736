"""PocketExpert: the embedded default, a small ONNX net on one CPU thread; kind `pocket`."""

from dataclasses import dataclass

import numpy as np

from vla_ros.core.config import require
from vla_ros.core.data import Observation
from vla_ros.policies import Context, EpisodeInfo, Policy, PolicyError, Prediction
from vla_ros.policies.features import VectorReader
from vla_ros.policies.onnx_session import Session, image_shapes
from vla_ros.robots.body import Robot
from vla_ros.tabletop.pocket.decoders import make_decoder


@dataclass(frozen=True)
class ExpertOptions:
    """What `expert:` of a policy.yaml of this kind says."""

    horizon: int  # steps of a chunk
    feature_width: int  # numbers that the failure detector sees

    def __post_init__(self) -> None:
        require(self.horizon > 0 and self.feature_width > 0, 'horizon, feature_width: positive')


class PocketExpert:
    """Runs `expert.onnx`; see `Expert`."""

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
        self._session = Session(
            policy.file('expert.onnx'),
            {
                **image_shapes(spec.features),
                'state': (1, 2 * len(spec.actions.channels)),
                'latent': (1, latent.tokens, latent.width),
                'age': (1,),
            },
            {
                'actions': (1, options.horizon, spec.actions.width),
                'feature': (1, options.feature_width),
                'positions': (1, 2, 3),
            },
        )
        self._decode = make_decoder(policy)

    def reset(self, episode: EpisodeInfo) -> None:
        """Do nothing: every look stands for itself."""

    def act(self, observation: Observation, context: Context) -> Prediction:
        """Return the actions for an observation; see `Expert`."""
        images = self.features.pictures(observation)
        state = self._state(observation.state)
        if context.latent is None:
            raise ValueError('expected a latent')
        result = self._session.run(
            state=state.astype(np.float32)[None],
            latent=context.latent.data[None],
            age=np.array([context.latent_age], np.float32),
            **{name: image[None] for name, image in images.items()},
        )
        return Prediction(self._decode(result), feature=result['feature'][0])

    def close(self) -> None:
        """Do nothing: the session goes with its last reference."""


def make_expert(policy: Policy, robot: Robot) -> PocketExpert:
    """Build the expert of kind `pocket`; see `PocketExpert`."""
    return PocketExpert(policy, robot)
