"""Lift: both arms take the named bar near its ends and raise it, level."""

from dataclasses import dataclass
import math

import numpy as np

from vla_ros.core.data import Array, Pose
from vla_ros.core.rotations import quat_angle
from vla_ros.tabletop.language import COLOURS, Request
from vla_ros.tabletop.tasks.arms import straight, turned, yawed
from vla_ros.tabletop.tasks.motion import ArmInfo, MotionConfig, funnel, step_towards
from vla_ros.tabletop.tasks.task import ExpertAction, Task
from vla_ros.tabletop.world.layout import Layout
from vla_ros.tabletop.world.state import ArmSnapshot, WorldState, bar_grips


@dataclass(frozen=True)
class LiftConfig:
    """Where the bar is held, and what counts as lifted."""

    motion: MotionConfig = MotionConfig()
    inset: float = 0.05  # m, from the edges of the hands' reach, where they take hold
    grip: float = 0.014  # m, height of the tcp at the least: the tips clear the table
    along: float = 0.02  # m, off that place along the bar, within which the hand closes
    across: float = 0.010  # m, across it, likewise
    rise: float = 0.012  # m in one control step, with the bar
    goal: float = 0.16  # m, to which the hands raise it
    lifted: float = 0.06  # m, rise of both ends that counts
    level: float = math.radians(10)  # rad


class Lift(Task):
    """Lift the named bar with both arms."""

    name = 'lift'
    config_type = LiftConfig
    takes = 2
    drops = False

    def acting(self, request: Request) -> tuple[int, ...]:
        """Return the numbers of both hands."""
        return (0, 1)

    def feasible(self, layout: Layout, request: Request) -> bool:
        """Whether each arm reaches its end of the bar."""
        if not super().feasible(layout, request):
            return False
        x, y, yaw = layout.bar(request.object)
        bars, centre = self.sim.bars, np.array([x, y, 0.0])
        along = 0.5 * bars.length * np.array([-np.sin(yaw), np.cos(yaw), 0.0])
        ends, inset = np.array([centre + along, centre - along]), self.config.inset
        places = [bar_grips(ends, bars.grip, hand.side)[:2] for hand in self.hands]
        return all(h.reaches(p, inset) for h, p in zip(self.hands, places, strict=True))

    def success(self, state: WorldState, request: Request) -> bool:
        """Whether both ends are up, at about the same height."""
        ends = state.bar(request.object)
        rise = ends[:, 2].min() - 0.5 * self.sim.bars.width
        slope = abs(ends[0, 2] - ends[1, 2]) / self.sim.bars.length
        return bool(rise >= self.config.lifted and slope <= math.sin(self.config.level))

    def failure(self, state: WorldState, request: Request) -> str:
        """Return why the bar can no longer be lifted."""
        for hand, place in zip(self.hands, self._places(state, request), strict=True):
            if not hand.reaches(place[:2], 0.01):
                return f'the {request.object} bar is out of reach of the {hand.name} arm'
        return ''

    def expert(self, state: WorldState, request: Request) -> ExpertAction:
        """Return what the first hand does next."""
        return self.step(state, request)[0]

    def step(self, state: WorldState, request: Request) -> tuple[ExpertAction, ...]:
        """Take hold of both ends, then raise them together."""
        places = self._places(state, request)
        across = self._across(places)
        pairs = list(zip(self.hands, state.hands, places, strict=True))
        if all(self._held(hand, seen, place, across) for hand, seen, place in pairs):
            return self._raise(state, across)
        return tuple(self._take(hand, seen, place, across) for hand, seen, place in pairs)

    def _raise(self, state: WorldState, across: Array) -> tuple[ExpertAction, ...]:
        """Raise both hands to the same height."""
        config = self.config
        height = np.mean([seen.commanded.position[2] for seen in state.hands]) + config.rise
        actions = []
        for hand, seen in zip(self.hands, state.hands, strict=True):
            x, y, _ = seen.commanded.position
            goal = Pose(np.array([x, y, min(height, config.goal)]), self._turn(hand, across))
            turn = turned(seen.commanded.quaternion, goal.quaternion)
            actions.append(ExpertAction(Pose(goal.position, turn), hand.closed))
        return tuple(actions)

    def _take(self, hand: ArmInfo, seen: ArmSnapshot, place: Array, across: Array) -> ExpertAction:
        """Go to the place on the bar and close the hand on it."""
        config, here = self.config, seen.commanded.position
        motion, turn = config.motion, self._turn(hand, across)
        low = max(float(place[2]), config.grip)
        if self._between(hand, seen, place, across):
            goal = Pose(np.array([*place[:2], low]), turn)
            return straight(motion, seen, goal, hand.closed, 0.3)
        shut = min(1.0, max(0.0, (0.85 * hand.open - seen.gripper) / 0.01))
        askew = 0.1 * quat_angle(seen.commanded.quaternion, turn)
        away = max(np.hypot(*(here - place)[:2]), np.hypot(*(seen.ee.position - place)[:2]))
        above = float(place[2]) + motion.clearance - 0.02
        height = max(funnel(motion, away + askew, low, motion.hover), low + shut * (above - low))
        position = step_towards(motion, here, place, height)
        return ExpertAction(Pose(position, turned(seen.commanded.quaternion, turn)), hand.open)

    def _between(self, hand: ArmInfo, seen: ArmSnapshot, place: Array, across: Array) -> bool:
        """Whether closing the fingers grips the bar; wider once they have begun."""
        config, off = self.config, seen.ee.position - place
        begun = seen.gripper_command < 0.95 * hand.open
        wide = 2.0 if begun else 1.0
        aside = float(off[:2] @ across)
        along = float(off[:2] @ np.array([-across[1], across[0]]))
        near = abs(aside) < wide * config.across and abs(along) < wide * config.along
        return bool(near and -0.012 < off[2] < 0.010 and seen.gripper > 0.75 * self._width)

    def _held(self, hand: ArmInfo, seen: ArmSnapshot, place: Array, across: Array) -> bool:
        """Whether the fingers have closed on the bar."""
        gripped = seen.gripper < 1.45 * self._width and seen.gripper_command < 0.6 * self._width
        return gripped and self._between(hand, seen, place, across)

    @property
    def _width(self) -> float:
        return self.sim.bars.width

    def _places(self, state: WorldState, request: Request) -> Array:
        """Return where each hand takes hold (hands, 3) m: the end on its side."""
        places: Array = state.grips[:, COLOURS.index(request.object)]
        return places

    def _across(self, places: Array) -> Array:
        """Return the direction (2,) across the bar, with x > 0."""
        way = self.hands[0].side * (places[0] - places[1])[:2]
        result: Array = np.array([way[1], -way[0]]) / np.linalg.norm(way)
        return result

    def _turn(self, hand: ArmInfo, across: Array) -> Array:
        """Return the rotation (4,) of a hand whose fingers close across the bar."""
        return yawed(hand, math.atan2(across[1], across[0]))
