"""An expert in joint space that waves: where a net of yours would be called, it does sums."""

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

    amplitude: float  # rad, to either side
    seconds: float  # s for one wave

    def __post_init__(self) -> None:
        require(0 < self.amplitude <= 0.5, 'amplitude: expected 0..0.5 rad')
        require(self.seconds >= 2, 'seconds: expected 2 or more')


class WaveExpert:
    """Turns the first joint to and fro, hand open, from where the arm was at first."""

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
        """Return where the joints are to be in the next steps, and the hand."""
        if self._begun is None:
            self._begun = observation.stamp
            self._origin = self._read(observation)
        elapsed = (observation.stamp - self._begun) * 1e-9
        times = elapsed + self.dt * np.arange(1, HORIZON + 1)
        actions = np.zeros((HORIZON, self.action_space.width))
        actions[:, :-1] = self._origin
        actions[:, 0] += self.options.amplitude * np.sin(2 * np.pi * times / self.options.seconds)
        actions[:, -1] = 1.0
        return Prediction(actions)

    def close(self) -> None:
        """Give back what was taken: processes, connections, memory."""


def make_expert(policy: Policy, robot: Robot) -> WaveExpert:
    """Build it; vla_ros calls this by its entry point."""
    return WaveExpert(policy, robot)
