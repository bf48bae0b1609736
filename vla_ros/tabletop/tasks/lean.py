"""Leaning on something with a force: what press and wipe have in common.

No stiffness, no law and no length of finger is known here. The commanded height sinks until the
force that is felt is the one wanted, so it does the same on a robot that is a spring as on one
whose controller yields to a force sensor.
"""

from dataclasses import dataclass

import numpy as np

from vla_ros.core.data import Array, Pose
from vla_ros.tabletop.tasks.motion import MotionConfig, step_towards
from vla_ros.tabletop.tasks.task import ExpertAction, Task
from vla_ros.tabletop.world.state import WorldState


@dataclass(frozen=True)
class LeanConfig:
    """How the hand goes down on something and leans on it."""

    force: float = 7.5  # N, upwards on the hand
    gain: float = 0.0008  # m/N, change of the commanded height in one control step
    hurry: float = 0.0012  # m/N more, for what is missing beyond `near`
    near: float = 1.0  # N
    sink: float = 0.005  # m, greatest of these steps: the speed at which the hand meets things
    rise: float = 0.004  # m, greatest of those that relieve
    limit: float = 20.0  # N, greatest force on the hand, at which the task has failed


class LeaningTask(Task):
    """A task whose expert leans on things with closed fingers."""

    floor = 0.2  # a disturbance never presses harder than the expert
    drops = False

    def shut(self, state: WorldState) -> float:
        """Return how far the fingers are from being closed, 0..1."""
        open_by = state.gripper - self.hand.closed
        return min(1.0, max(0.0, (open_by - 0.01) / 0.01))

    def lean(self, state: WorldState, config: LeanConfig) -> float:
        """Return the height, m, to be commanded next so that the hand leans with the force."""
        missing = config.force - float(state.touch.force[2])
        # What is felt lags by a step: a gain that is quick at first would oscillate for good.
        wanted = config.gain * missing + config.hurry * max(0.0, missing - config.near)
        step = min(config.sink, max(-config.rise, wanted))
        return float(state.commanded.position[2]) - step

    def go(
        self, state: WorldState, motion: MotionConfig, goal: Array, height: float
    ) -> ExpertAction:
        """Return one step through the air towards goal (2,) at a height, m."""
        position = step_towards(motion, state.commanded.position, goal, height)
        return self.at(position)

    def at(self, position: Array) -> ExpertAction:
        """Return the action of being at a position (3,) m with closed fingers."""
        lower, upper = np.array(self.hand.reach)
        place = np.clip(position, lower, upper)
        return ExpertAction(Pose(place, self.hand.home.quaternion), self.hand.closed)

    def too_hard(self, state: WorldState, config: LeanConfig) -> str:
        """Return that the force exceeded its limit; empty when it did not."""
        peak, limit = state.touch.peak, config.limit
        return f'the hand felt {peak:.0f} N, its limit is {limit:g} N' if peak > limit else ''
