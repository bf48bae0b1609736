"""Taking hold of a cube: what pick, put and stack have in common."""

import numpy as np

from vla_ros.core.data import Array, Pose
from vla_ros.tabletop.tasks.motion import MotionConfig, funnel, step_towards
from vla_ros.tabletop.tasks.task import CubeTask, ExpertAction, distance
from vla_ros.tabletop.world.state import WorldState


class GraspingTask(CubeTask):
    """A task whose expert carries the cube."""

    @property
    def motion(self) -> MotionConfig:
        """How it moves."""
        motion: MotionConfig = self.config.motion
        return motion

    def between_fingers(self, state: WorldState, cube: Array) -> bool:
        """Whether the cube is where closing the fingers grips it."""
        away = state.ee.position - cube
        begun = state.gripper_command < 0.95 * self.hand.open
        reach = self.motion.slip if begun else self.motion.closing
        level = -0.014 < away[2] < (0.016 if begun else 0.010)
        wide = state.gripper > 0.75 * self.sim.objects.cube
        return bool(level and wide and (np.abs(away[:2]) < reach).all())

    def held(self, state: WorldState, cube: Array) -> bool:
        """Whether the fingers have closed on the cube."""
        edge = self.sim.objects.cube
        gripped = state.gripper < 1.45 * edge and state.gripper_command < 0.6 * edge
        return gripped and self.between_fingers(state, cube)

    def fetch(self, state: WorldState, cube: Array) -> ExpertAction:
        """Return the next action of going to the cube and closing the hand on it."""
        motion, here = self.motion, state.ee.position
        if self.between_fingers(state, cube):
            height = float(cube[2]) + self.grip_height(cube)
            return self.act(state, cube, height, self.hand.closed, 0.4)
        away = max(distance(here, cube), distance(state.commanded.position, cube))
        low = float(cube[2]) + self.grip_height(cube)
        high = max(motion.hover, float(cube[2]) + 0.08)
        # Fingers that are not open yet stay above the cube.
        shut = min(1.0, max(0.0, (0.85 * self.hand.open - state.gripper) / 0.01))
        above = float(cube[2]) - 0.02 + motion.clearance
        height = max(funnel(motion, away, low, high), low + shut * (above - low))
        return self.act(state, cube, height, self.hand.open)

    def grip_height(self, cube: Array) -> float:
        """Return how far above the cube's centre the tcp grips, m."""
        # The finger tips end 9 mm below the tcp and should not touch the table.
        return max(0.0, 0.014 - float(cube[2]))

    def act(
        self, state: WorldState, goal: Array, height: float, gripper: float, speed: float = 1.0
    ) -> ExpertAction:
        """Return one step towards goal (2,) at a height, m, with an opening, m."""
        position = step_towards(self.motion, state.commanded.position, goal, height, speed)
        return ExpertAction(Pose(position, self.hand.home.quaternion), gripper)

    def retreat(self, state: WorldState) -> ExpertAction:
        """Return one step straight up with an open hand, to the retreat height."""
        return self.act(state, state.commanded.position, self.motion.retreat, self.hand.open)

    def carry(self, state: WorldState, cube: Array, goal: Array, low: float) -> ExpertAction:
        """Return one step that brings the held cube over goal (2,), down to a tcp height, m."""
        away = distance(cube, goal)
        height = funnel(self.motion, away, low, self.motion.carry)
        offset = state.ee.position[:2] - cube[:2]
        return self.act(state, np.asarray(goal[:2]) + offset, height, self.hand.closed)
