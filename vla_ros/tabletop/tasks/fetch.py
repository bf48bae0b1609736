"""Fetch: the robot drives to the table, picks the named cube with the nearer hand and lifts it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from vla_ros.core.data import Array, Pose
from vla_ros.tabletop.language import Request
from vla_ros.tabletop.tasks.arms import turned
from vla_ros.tabletop.tasks.body import BodyMotion, BodyTask, trunk_of
from vla_ros.tabletop.tasks.facing import from_base
from vla_ros.tabletop.tasks.motion import ArmInfo, MotionConfig
from vla_ros.tabletop.tasks.pick import Pick, PickConfig
from vla_ros.tabletop.tasks.task import ExpertAction
from vla_ros.tabletop.world.config import SimConfig
from vla_ros.tabletop.world.layout import Layout
from vla_ros.tabletop.world.state import WorldState


@dataclass(frozen=True)
class FetchConfig:
    """How it drives, and what counts as lifted."""

    motion: MotionConfig = MotionConfig(step=0.03, hover=0.11)
    body: BodyMotion = BodyMotion()
    grip: float = 0.022  # m, height of the tcp at the least: the tilted tips clear the table
    lifted: float = 0.06  # m, rise of the cube that counts
    goal: float = 0.13  # m, height of the tcp at which the hand holds it
    gain: float = 1.2  # 1/s, of the base's speed
    speed: tuple[float, float, float] = (0.35, 0.25, 0.4)  # m/s, m/s, rad/s, greatest
    arrived: float = 0.03  # m, from where it should be, at which the base stands still
    aligned: float = 0.05  # rad, likewise
    leave: float = 0.10  # m, of a hand from the cube, within which the base does not start


class _Picker(Pick):
    """Grips a little higher: its hand is tilted."""

    def __init__(self, sim: SimConfig, hand: ArmInfo, config: FetchConfig) -> None:
        super().__init__(sim, [hand], PickConfig(config.motion, config.lifted, config.goal))
        self._grip = config.grip

    def grip_height(self, cube: Array) -> float:
        return max(0.0, self._grip - float(cube[2]))


class Fetch(BodyTask):
    """Drive to the table and pick up the named cube."""

    name = 'fetch'
    config_type = FetchConfig
    drops = True
    floor = 0.022
    time_limit = 25.0

    def __init__(self, sim: SimConfig, hands: Sequence[ArmInfo], config: Any = None) -> None:
        """Prepare for every hand; see Task."""
        super().__init__(sim, hands, config)
        self._pickers = [_Picker(sim, hand, self.config) for hand in self.hands]

    def begin(self, layout: Layout, request: Request, rng: np.random.Generator) -> Layout:
        """Return the scene with the robot back from the table, and its head perhaps turned."""
        own = self.sim.body
        base = np.array(
            [
                -rng.uniform(*own.back),
                rng.uniform(-own.sideways, own.sideways),
                rng.uniform(-own.turn, own.turn),
            ]
        )
        return super().begin(replace(layout, begin={'base': base}), request, rng)

    def acting(self, request: Request) -> tuple[int, ...]:
        """Return the numbers of both hands: which is the nearer one shows on the way."""
        return (0, 1)

    def success(self, state: WorldState, request: Request) -> bool:
        """Whether the cube is in a hand and has been lifted."""
        return any(picker.success(state.of(i), request) for i, picker in enumerate(self._pickers))

    def place(self, layout: Layout, request: Request) -> Array:
        """Return where the cube lies."""
        return layout.cube(request.object)

    def thing(self, state: WorldState, request: Request) -> Array:
        """Return where the cube is."""
        return state.cube(request.object)

    def side(self, state: WorldState, request: Request) -> float:
        """Return the side of the nearer hand: the base is driven so that it becomes nearer."""
        return 1.0 if from_base(trunk_of(state), self.thing(state, request))[1] > 0 else -1.0

    def gap(self, state: WorldState, request: Request) -> float:
        """Return how far the nearer hand is from the cube."""
        hand = state.hands[self._own(state, request)]
        return float(np.linalg.norm(hand.ee.position - self.thing(state, request)))

    def hands_do(self, state: WorldState, request: Request) -> dict[int, ExpertAction]:
        """Pick the cube, once the base stands."""
        if self._astray(state, request).any():
            return {}
        own = self._own(state, request)
        action = self._pickers[own].expert(state.of(own), request)
        turn = turned(state.hands[own].commanded.quaternion, self.upright(state, own))
        return {own: replace(action, pose=Pose(action.pose.position, turn))}

    def drive(self, state: WorldState, request: Request, thing: Array) -> Array:
        """Return the twist (3,) of the base: towards where the hand reaches the cube easily."""
        config = self.config
        twist = np.clip(config.gain * self._astray(state, request), -1, 1)
        result: Array = np.clip(twist, -np.array(config.speed), config.speed)
        return result

    def _own(self, state: WorldState, request: Request) -> int:
        """Return the number of the nearer hand."""
        side = self.side(state, request)
        return next(i for i, hand in enumerate(self.hands) if hand.side == side)

    def _astray(self, state: WorldState, request: Request) -> Array:
        """Return how far the base is from where it should be (3,) m, m, rad; zero when there.

        It is there, too, while a hand is at the cube.
        """
        config, thing = self.config, self.thing(state, request)
        if self.gap(state, request) < config.leave:
            return np.zeros(3)
        trunk, (ahead, aside) = trunk_of(state), self.sim.body.stand
        goal = np.array([ahead, aside * self.side(state, request)])
        off = from_base(trunk, thing) - goal
        turn = -float(trunk.base[2])
        there = np.hypot(*off) < config.arrived and abs(turn) < config.aligned
        return np.zeros(3) if there else np.array([*off, turn])
