"""Reach: the head looks at the named cube, the named hand comes to it and stays above it."""

from dataclasses import dataclass

import numpy as np

from vla_ros.core.data import Array, Pose
from vla_ros.core.rotations import quat_angle
from vla_ros.tabletop.language import Request
from vla_ros.tabletop.tasks.arms import number_of, turned
from vla_ros.tabletop.tasks.body import BodyMotion, BodyTask, trunk_of
from vla_ros.tabletop.tasks.motion import MotionConfig, funnel, step_towards
from vla_ros.tabletop.tasks.task import ExpertAction
from vla_ros.tabletop.world.layout import Layout
from vla_ros.tabletop.world.state import WorldState


@dataclass(frozen=True)
class ReachConfig:
    """Where the hand goes to, and what counts as there."""

    motion: MotionConfig = MotionConfig(step=0.03, hover=0.11)
    body: BodyMotion = BodyMotion()
    above: float = 0.045  # m, of the tcp above the cube's centre: the tips clear it
    there: float = 0.03  # m, from that place, within which it counts
    looks: float = 0.20  # rad, off the middle of the head's picture, likewise
    across: float = 0.08  # m, beyond the middle, to which a hand reaches


class Reach(BodyTask):
    """Look at the named cube and reach for it with the named hand."""

    name = 'reach'
    config_type = ReachConfig

    def feasible(self, layout: Layout, request: Request) -> bool:
        """Whether the cube is there, and not too far on the other hand's side."""
        if not super().feasible(layout, request):
            return False
        y = layout.cube(request.object)[1]
        return bool(y * self.side_of(request) > -self.config.across)

    def acting(self, request: Request) -> tuple[int, ...]:
        """Return the number of the hand that is named."""
        return (number_of(self.hands, request.arm),)

    def success(self, state: WorldState, request: Request) -> bool:
        """Whether the named hand is at the cube and the head looks at it."""
        (own,), cube = self.acting(request), state.cube(request.object)
        away = state.hands[own].ee.position - cube - (0, 0, self.config.above)
        looks = trunk_of(state).off_centre(cube) < self.config.looks
        return bool(np.linalg.norm(away) < self.config.there and looks)

    def place(self, layout: Layout, request: Request) -> Array:
        """Return where the cube lies."""
        return layout.cube(request.object)

    def thing(self, state: WorldState, request: Request) -> Array:
        """Return where the cube is."""
        return state.cube(request.object)

    def side(self, state: WorldState, request: Request) -> float:
        """Return the side of the named hand."""
        return self.side_of(request)

    def side_of(self, request: Request) -> float:
        """Return 1 where the named hand is the left one, else -1."""
        (own,) = self.acting(request)
        return self.hands[own].side

    def gap(self, state: WorldState, request: Request) -> float:
        """Return how far the named hand is from the cube."""
        (own,) = self.acting(request)
        away = state.hands[own].ee.position - state.cube(request.object)
        return float(np.linalg.norm(away))

    def hands_do(self, state: WorldState, request: Request) -> dict[int, ExpertAction]:
        """Bring the named hand above the cube."""
        (own,), cube = self.acting(request), state.cube(request.object)
        motion, hand = self.motion, state.hands[own]
        here, upright = hand.commanded, self.upright(state, own, follow=True)
        away = float(np.hypot(*(here.position - cube)[:2]))
        away += 0.1 * float(quat_angle(here.quaternion, upright))
        height = funnel(motion, away, float(cube[2]) + self.config.above, motion.hover)
        position = step_towards(motion, here.position, cube, height)
        pose = Pose(position, turned(here.quaternion, upright))
        return {own: ExpertAction(pose, self.hands[own].open)}
