"""An expert that draws circles: where a net of yours would be called, it does sums."""

from dataclasses import dataclass

import numpy as np

from vla_ros.core.config import require
from vla_ros.core.data import Observation
from vla_ros.policies import Context, EpisodeInfo, Policy, Prediction
from vla_ros.robots import Robot


HORIZON = 16  # steps


@dataclass(frozen=True)
class Options:
    """What `expert:` in policy.yaml may say besides the kind."""

    radius: float  # m
    seconds: float  # s for a circle

    def __post_init__(self) -> None:
        require(0 < self.radius <= 0.2, 'radius: expected 0..0.2 m')
        require(self.seconds >= 2, 'seconds: expected 2 or more')


class CircleExpert:
    """Moves the tool on a circle in the y-z plane, hand open, from where it was at first."""

    def __init__(self, policy: Policy, robot: Robot) -> None:
        """Load what there is to load: `policy.file('weights.safetensors')`, a tokenizer."""
        self.options = policy.options('expert', Options)
        self.model, self.features = policy.spec.model, policy.spec.features
        self.action_space, self.dt = policy.spec.actions, policy.spec.dt
        self._read = self.features.reader(robot, 'state')
        self._begun: int | None = None  # ns

    def reset(self, episode: EpisodeInfo) -> None:
        """Forget the last episode."""
        self._begun = None

    def act(self, observation: Observation, context: Context) -> Prediction:
        """Return where to be in the next steps, relative to what is commanded now."""
        if self._begun is None:
            self._begun = observation.stamp
            self._origin = self._read(observation)[:3]
        commanded = self._read(observation)[7:10]
        elapsed = (observation.stamp - self._begun) * 1e-9
        times = elapsed + self.dt * np.arange(1, HORIZON + 1)
        angle = 2 * np.pi * times / self.options.seconds
        actions = np.zeros((HORIZON, self.action_space.width))
        actions[:, :3] = self._origin - commanded
        actions[:, 1] += self.options.radius * np.sin(angle)
        actions[:, 2] += self.options.radius * (1 - np.cos(angle))
        actions[:, -1] = 1.0
        return Prediction(actions)

    def close(self) -> None:
        """Give back what was taken: processes, connections, memory."""


def make_expert(policy: Policy, robot: Robot) -> CircleExpert:
    """Build it; vla_ros calls this by its entry point."""
    return CircleExpert(policy, robot)
