"""Hoist: both hands take the named crate by the rims of its sides and raise it, level."""

from dataclasses import dataclass
import math

import numpy as np

from vla_ros.core.data import Array, Pose
from vla_ros.core.rotations import quat_angle, quat_from_rotvec, quat_multiply
from vla_ros.tabletop.language import COLOURS, Request
from vla_ros.tabletop.tasks.arms import straight, turned
from vla_ros.tabletop.tasks.body import BodyMotion, BodyTask
from vla_ros.tabletop.tasks.motion import ArmInfo, MotionConfig, funnel, step_towards
from vla_ros.tabletop.tasks.task import ExpertAction
from vla_ros.tabletop.world.layout import Layout
from vla_ros.tabletop.world.state import ArmSnapshot, WorldState


@dataclass(frozen=True)
class HoistConfig:
    """How the crate is held, and what counts as lifted."""

    motion: MotionConfig = MotionConfig(hover=0.15)
    body: BodyMotion = BodyMotion()
    deep: float = 0.010  # m, of the tcp below the rim
    clear: float = 0.030  # m, of the tcp above the rim, where closed fingers are clear of it
    along: float = 0.025  # m, off that place along the side, within which the hand closes
    across: float = 0.012  # m, across it, likewise
    height: float = 0.008  # m, above or below it, likewise
    rise: float = 0.012  # m in one control step, with the crate
    goal: float = 0.12  # m, by which the hands raise it
    lifted: float = 0.06  # m, rise of every corner that counts
    level: float = math.radians(10)  # rad


class Hoist(BodyTask):
    """Lift the named crate with both hands."""

    name = 'hoist'
    config_type = HoistConfig
    above = 0.04  # of the crates' rims

    def acting(self, request: Request) -> tuple[int, ...]:
        """Return the numbers of both hands."""
        return (0, 1)

    def success(self, state: WorldState, request: Request) -> bool:
        """Whether the crate is up, and level."""
        heights, crates = state.crate(request.object)[:, 2], self.sim.crates
        across = math.hypot(crates.length, crates.width)
        level = np.ptp(heights) <= across * math.sin(self.config.level)
        return bool(heights.min() - crates.height >= self.config.lifted and level)

    def place(self, layout: Layout, request: Request) -> Array:
        """Return where the crate stands."""
        return layout.crate(request.object)[:2]

    def thing(self, state: WorldState, request: Request) -> Array:
        """Return the crate's centre."""
        centre: Array = state.things[COLOURS.index(request.object)]
        return centre

    def side(self, state: WorldState, request: Request) -> float:
        """Return that it takes both hands."""
        return 0.0

    def gap(self, state: WorldState, request: Request) -> float:
        """Return how far the nearer hand is from where it takes hold."""
        places = self._places(state, request)
        pairs = zip(state.hands, places, strict=True)
        return min(float(np.linalg.norm(hand.ee.position - place)) for hand, place in pairs)

    def hands_do(self, state: WorldState, request: Request) -> dict[int, ExpertAction]:
        """Go to both sides, take hold of them together, then raise them together."""
        places = self._places(state, request)
        yaw, pairs = self._yaw(places), list(zip(self.hands, state.hands, places, strict=True))
        if all(self._held(hand, seen, place) for hand, seen, place in pairs):
            return self._raise(state, yaw)
        if all(self._between(hand, seen, place) for hand, seen, place in pairs):
            return {i: self._close(state, i, place, yaw) for i, place in enumerate(places)}
        return {i: self._take(state, i, place, yaw) for i, place in enumerate(places)}

    def _close(self, state: WorldState, number: int, place: Array, yaw: float) -> ExpertAction:
        """Close the hand where it is, once it has begun to, and settle on the place until then."""
        hand, seen = self.hands[number], state.hands[number]
        if seen.gripper_command < 0.95 * hand.open:
            place = seen.commanded.position
        goal = Pose(place, self._turn(state, number, yaw))
        return straight(self.motion, seen, goal, hand.closed, 0.3)

    def _raise(self, state: WorldState, yaw: float) -> dict[int, ExpertAction]:
        """Raise both hands to the same height, as far apart as they hold the crate."""
        config = self.config
        height = np.mean([seen.commanded.position[2] for seen in state.hands]) + config.rise
        highest = self.sim.crates.height - config.deep + config.goal
        result = {}
        for i, (hand, seen) in enumerate(zip(self.hands, state.hands, strict=True)):
            x, y, _ = seen.commanded.position
            place = np.array([x, y, min(height, highest)])
            turn = turned(seen.commanded.quaternion, self._turn(state, i, yaw))
            result[i] = ExpertAction(Pose(place, turn), hand.closed)
        return result

    def _take(self, state: WorldState, number: int, place: Array, yaw: float) -> ExpertAction:
        """Go to the place on the rim with an open hand."""
        config, hand, seen = self.config, self.hands[number], state.hands[number]
        motion, here, turn = config.motion, seen.commanded.position, self._turn(state, number, yaw)
        shut = min(1.0, max(0.0, (0.7 * hand.open - seen.gripper) / 0.01))
        askew = 0.1 * quat_angle(seen.commanded.quaternion, turn)
        away = max(np.hypot(*(here - place)[:2]), np.hypot(*(seen.ee.position - place)[:2]))
        low = float(place[2])
        height = max(
            funnel(motion, away + askew, low, motion.hover),
            low + shut * (config.deep + config.clear),
        )
        position = step_towards(motion, here, place, height)
        return ExpertAction(Pose(position, turned(seen.commanded.quaternion, turn)), hand.open)

    def _between(self, hand: ArmInfo, seen: ArmSnapshot, place: Array) -> bool:
        """Whether closing the fingers grips the rim; wider once they have begun."""
        config, off = self.config, seen.ee.position - place
        wide = 2.0 if seen.gripper_command < 0.95 * hand.open else 1.0
        near = abs(off[1]) < wide * config.across and abs(off[0]) < wide * config.along
        deep = abs(off[2]) < wide * config.height
        return bool(near and deep and seen.gripper > 0.5 * self.sim.crates.wall)

    def _held(self, hand: ArmInfo, seen: ArmSnapshot, place: Array) -> bool:
        """Whether the fingers have closed on the rim."""
        wall = self.sim.crates.wall
        gripped = seen.gripper < 2.0 * wall and seen.gripper_command < wall
        return gripped and self._between(hand, seen, place)

    def _places(self, state: WorldState, request: Request) -> Array:
        """Return where each hand takes hold (hands, 3) m: below the rim on its side."""
        rims = state.grips[:, COLOURS.index(request.object)]
        places: Array = rims - (0, 0, self.config.deep)
        return places

    def _yaw(self, places: Array) -> float:
        """Return the yaw of the crate, rad."""
        x, y, _ = self.hands[0].side * (places[0] - places[1])
        return math.atan2(-x, y)

    def _turn(self, state: WorldState, number: int, yaw: float) -> Array:
        """Return the rotation (4,) of a hand whose fingers close across the rim."""
        about = quat_from_rotvec(np.array([0.0, 0.0, yaw]))
        result: Array = quat_multiply(about, self.upright(state, number))
        return result
