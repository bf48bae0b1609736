"""Handover: one arm fetches the named cube and gives it to the other, the named one."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from vla_ros.core.data import Array, Pose
from vla_ros.core.rotations import quat_angle
from vla_ros.tabletop.language.grammar import Request
from vla_ros.tabletop.tasks.arms import aside, axis, number_of, outwards, straight
from vla_ros.tabletop.tasks.grasp import GraspingTask
from vla_ros.tabletop.tasks.motion import ArmInfo, MotionConfig
from vla_ros.tabletop.tasks.pick import Pick, PickConfig
from vla_ros.tabletop.tasks.task import CubeTask, ExpertAction
from vla_ros.tabletop.world.config import SimConfig
from vla_ros.tabletop.world.layout import Layout
from vla_ros.tabletop.world.state import ArmSnapshot, WorldState


@dataclass(frozen=True)
class HandoverConfig:
    """Where the hands meet, and how they hold the cube there."""

    motion: MotionConfig = MotionConfig()
    inset: float = 0.05  # m, from the edges of the giver's reach, where cubes may lie
    height: float = 0.27  # m, at which the cube changes hands, over the middle of the table
    # Turns about the hand's y axis: the hands then meet at right angles. The receiver also turns
    # by a quarter about its own axis: each holds the cube by faces that are free of the other.
    tilt: float = 0.8  # rad
    travel: float = 0.16  # m, height from which the giver goes straight to the meeting place
    deep: float = 0.006  # m, by which the giver holds the cube further from its palm
    met: float = 0.012  # m, from the meeting place, from which on the receiver comes
    distance: float = (
        0.11  # m, before the cube where the receiver waits, and to which the giver backs
    )
    lateral: float = 0.005  # m, off its own axis, within which the receiver comes close
    there: float = 0.007  # m, from the cube along its axis, at which the receiver closes
    lifted: float = 0.10  # m, height of the cube that counts
    away: float = 0.08  # m, from the cube to the giver's tcp, likewise


class _Giver(Pick):
    """Holds the cube a little further from its palm, to leave room for the other's finger."""

    def __init__(self, sim: SimConfig, hand: ArmInfo, config: HandoverConfig) -> None:
        super().__init__(sim, [hand], PickConfig(config.motion))
        self._deep = config.deep

    def grip_height(self, cube: Array) -> float:
        return super().grip_height(cube) + self._deep


class Handover(CubeTask):
    """ArmInfo the named cube over to the named arm."""

    name = 'handover'
    config_type = HandoverConfig
    takes = 2
    time_limit = 25.0
    anywhere = False

    def __init__(self, sim: SimConfig, hands: Sequence[ArmInfo], config: Any = None) -> None:
        """Prepare for both hands; see Task."""
        super().__init__(sim, hands, config)
        self._givers = [_Giver(sim, hand, self.config) for hand in self.hands]
        middle = np.mean([hand.home.position for hand in self.hands], axis=0)
        self._meet = np.array([*middle[:2], self.config.height])

    def feasible(self, layout: Layout, request: Request) -> bool:
        """Whether the giver reaches the cube."""
        if not super().feasible(layout, request):
            return False
        giver = self.hands[1 - self._receiver(request)]
        return giver.reaches(layout.cube(request.object), self.config.inset)

    def acting(self, request: Request) -> tuple[int, ...]:
        """Return the numbers of both hands."""
        return (0, 1)

    def success(self, state: WorldState, request: Request) -> bool:
        """Whether the receiver holds the cube up, and the giver has let go and is away."""
        cube, own = state.cube(request.object), self._receiver(request)
        receiver, giver = state.hands[own], state.hands[1 - own]
        held = float(np.linalg.norm(receiver.ee.position - cube)) < 0.03 and (
            receiver.gripper < 1.45 * self.sim.objects.cube
        )
        away = float(np.linalg.norm(giver.ee.position - cube)) > self.config.away
        let_go = giver.gripper > 1.2 * self.sim.objects.cube
        return bool(held and away and let_go and cube[2] > self.config.lifted)

    def failure(self, state: WorldState, request: Request) -> str:
        """Return why the giver can no longer fetch the cube, and the receiver has not got it."""
        own, cube = self._receiver(request), state.cube(request.object)
        near = np.linalg.norm(state.hands[own].ee.position - cube) < self.config.away
        giver: GraspingTask = self._givers[1 - own]
        return '' if near else giver.failure(state.of(1 - own), request)

    def expert(self, state: WorldState, request: Request) -> ExpertAction:
        """Return what the first hand does next."""
        return self.step(state, request)[0]

    def step(self, state: WorldState, request: Request) -> tuple[ExpertAction, ...]:
        """Fetch, meet, take, let go, part."""
        cube, own = state.cube(request.object), self._receiver(request)
        giver = self._give(state, cube, own)
        receiver = self._receive(state, cube, own)
        return (receiver, giver) if own == 0 else (giver, receiver)

    def _give(self, state: WorldState, cube: Array, own: int) -> ExpertAction:
        """Fetch the cube and hold it out; once it is taken, let go and back off."""
        config, task = self.config, self._givers[1 - own]
        hand, seen = self.hands[1 - own], state.of(1 - own)
        giver = state.hands[1 - own]
        out = self._rotation(hand, 0.0)
        if self._gripped(state.hands[own], cube):
            if giver.gripper < 1.3 * self.sim.objects.cube:
                return straight(config.motion, giver, giver.commanded, hand.open)
            gap = float(np.linalg.norm(giver.ee.position - cube))
            if gap > config.distance:
                return aside(config.motion, hand, giver)
            back = giver.commanded.position - 0.04 * axis(giver.commanded.quaternion, 2)
            return straight(config.motion, giver, Pose(back, out), hand.open)
        if not task.held(seen, cube):
            return self._fetch(task, seen, giver, hand, cube)
        here, closed = giver.commanded.position, hand.closed
        far = float(np.hypot(*(here - self._meet)[:2])) > 0.03
        if here[2] < config.travel and far:
            up = np.array([*here[:2], config.travel + 0.03])
            return straight(config.motion, giver, Pose(up, hand.home.quaternion), closed)
        meet = self._meet + giver.ee.position - cube
        return straight(config.motion, giver, Pose(meet, out), closed)

    def _fetch(
        self, task: _Giver, seen: WorldState, giver: ArmSnapshot, hand: ArmInfo, cube: Array
    ) -> ExpertAction:
        """Go to the cube, after turning the hand down, and close it."""
        down = hand.home.quaternion
        if quat_angle(giver.commanded.quaternion, down) > 0.05:
            here = giver.commanded.position
            high = np.array([*here[:2], max(here[2], self.config.motion.retreat)])
            return straight(self.config.motion, giver, Pose(high, down), hand.open)
        return task.fetch(seen, cube)

    def _receive(self, state: WorldState, cube: Array, own: int) -> ExpertAction:
        """Wait, come along the hand's axis when the cube is held out, close, hold."""
        config, hand, receiver = self.config, self.hands[own], state.hands[own]
        motion, turn = config.motion, self._rotation(hand, 0.5 * np.pi)
        if self._gripped(receiver, cube) or self._between(receiver, cube):
            return straight(motion, receiver, Pose(receiver.commanded.position, turn), hand.closed)
        ahead = axis(turn, 2)
        wait = self._meet - config.distance * ahead
        shown = float(np.linalg.norm(cube - self._meet)) < config.met
        if not shown:
            return self._wait(receiver, hand, Pose(wait, turn), cube)
        off = receiver.commanded.position - cube
        lateral = float(np.linalg.norm(off - (off @ ahead) * ahead))
        askew = 0.15 * quat_angle(receiver.commanded.quaternion, turn)
        deviates = max(lateral - config.lateral, askew - 0.005)
        shut = max(0.0, 0.9 * hand.open - receiver.gripper)
        before = min(config.distance, 5.0 * max(0.0, deviates) + 10.0 * shut)
        return straight(motion, receiver, Pose(cube - before * ahead, turn), hand.open, 0.6)

    def _wait(
        self, receiver: ArmSnapshot, hand: ArmInfo, place: Pose, cube: Array
    ) -> ExpertAction:
        """Rise, then turn at the place where the receiver waits."""
        motion = self.config.motion
        if cube[2] < 0.5 * self.config.travel:
            return aside(motion, hand, receiver)
        here = receiver.commanded.position
        if here[2] < self.config.travel:
            up = np.array([*here[:2], self.config.travel + 0.03])
            return straight(motion, receiver, Pose(up, hand.home.quaternion), hand.open)
        return straight(motion, receiver, place, hand.open)

    def _between(self, hand: ArmSnapshot, cube: Array) -> bool:
        """Whether the receiver's fingers can close on the cube; wider once they have begun."""
        off = hand.ee.position - cube
        ahead = axis(hand.ee.quaternion, 2)
        along = float(off @ ahead)
        lateral = float(np.linalg.norm(off - along * ahead))
        begun = hand.gripper_command < 0.95 * self.hands[0].open
        wide = 2.0 if begun else 1.0
        near = abs(along) < wide * self.config.there and lateral < 2 * wide * self.config.there
        return bool(near and hand.gripper > 0.75 * self.sim.objects.cube)

    def _gripped(self, hand: ArmSnapshot, cube: Array) -> bool:
        """Whether the receiver has closed its fingers on the cube."""
        edge = self.sim.objects.cube
        shut = hand.gripper < 1.1 * edge and hand.gripper_command < 0.6 * edge
        return shut and float(np.linalg.norm(hand.ee.position - cube)) < 0.025

    def _rotation(self, hand: ArmInfo, turn: float) -> Array:
        """Return the rotation (4,) of a hand turned outwards, and about its own axis."""
        return outwards(hand, self.config.tilt, turn)

    def _receiver(self, request: Request) -> int:
        return number_of(self.hands, request.arm)
