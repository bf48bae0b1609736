"""ActionSpace: what a policy's numbers mean, and their way to what the queue executes and back.

A policy's action is (C,): the numbers of its groups, one after the other. An absolute action is
(A,): of each group in SI units and base frames, as chunks carry it: a pose is xyz (m) and
quaternion xyzw, a gripper its opening (m), joints rad, a twist m/s, m/s, rad/s.

Relative to `commanded` is relative to what was commanded at the observation, and to `measured`
likewise: an arm lags, and a delta from the lagging pose drifts. Relative to `previous` is relative
to the step before, the first to what was commanded. Positions and rotations are differences in
the base frame: p = p0 + dp, R = dR R0. All functions take any leading axes.
"""

from dataclasses import dataclass
from functools import cached_property
import itertools
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from vla_ros.core.config import require
from vla_ros.core.data import Array, BodyState, RobotState
from vla_ros.policies.encodings import (
    WIDTHS,
    Gripper,
    Rotation,
    from_quaternion,
    from_share,
    inverse,
    multiply,
    share_of,
    to_quaternion,
    unit,
)
from vla_ros.robots.body import Robot
from vla_ros.robots.loading import named_limbs


Kind = Literal['pose', 'joint', 'twist', 'gripper']
RelativeTo = Literal['commanded', 'measured', 'previous', 'nothing']
State = NDArray | RobotState | BodyState
POSE = ('ee.x', 'ee.y', 'ee.z', 'ee.qx', 'ee.qy', 'ee.qz', 'ee.qw')
TWIST = ('vx', 'vy', 'wz')
_NAMES: dict[Kind, tuple[str, ...]] = {'pose': POSE, 'gripper': ('gripper',), 'twist': TWIST}
_ARM_STATE = 16  # numbers of an arm in a state: pose and opening, measured, then commanded
# What a number of a policy's action is, by kind; rotation: of whichever encoding.
Unit = Literal['position', 'rotation', 'gripper', 'joint', 'twist']
_UNITS_OF_POSES: tuple[Unit, Unit] = ('position', 'rotation')


class ActionSpaceError(ValueError):
    """A robot cannot do what an action space says, or a state lacks what it is relative to."""


@dataclass(frozen=True)
class Group:
    """Numbers of one kind of one limb."""

    kind: Kind
    limb: str = ''  # '' where the robot is one arm
    names: tuple[str, ...] = ()  # of joints; of the other kinds there is no choice
    relative_to: RelativeTo = 'nothing'
    rotation: Rotation = 'quaternion'  # how rotations are written, of poses
    # metres: the opening; the others: 0..1, 0 or 1, -1..1, with the number that means closed
    gripper: Gripper = 'metres'
    closed_is: float = 0.0
    open: float = 0.0  # m, opening that counts as open, of grippers in other units than metres
    closed: float = 0.0  # m, opening that counts as closed, likewise

    def __post_init__(self) -> None:
        fixed = _NAMES.get(self.kind, ())
        known = self.names in ((), fixed) if fixed else bool(self.names)
        require(known, f'names: expected {fixed or "those of the joints"}, got {self.names}')
        if self.kind in ('twist', 'gripper'):
            require(self.relative_to == 'nothing', f'relative_to: a {self.kind} is absolute')
        if self.kind == 'gripper' and self.gripper != 'metres':
            require(0 <= self.closed < self.open < 1, 'gripper: 0 <= closed < open, in metres')
            ends = (-1.0, 1.0) if self.gripper == 'signed' else (0.0, 1.0)
            require(self.closed_is in ends, f'closed_is: expected one of {ends}')

    @property
    def parts(self) -> tuple[str, ...]:
        """Names of its absolute numbers, without the limb."""
        return self.names or _NAMES[self.kind]

    @property
    def width(self) -> int:
        """How many numbers a policy gives for it."""
        return 3 + WIDTHS[self.rotation] if self.kind == 'pose' else len(self.parts)

    @property
    def units(self) -> tuple[Unit, ...]:
        """What each of these numbers is."""
        if self.kind == 'pose':
            place, turn = _UNITS_OF_POSES
            return (place,) * 3 + (turn,) * WIDTHS[self.rotation]
        own: dict[Kind, Unit] = {'joint': 'joint', 'twist': 'twist', 'gripper': 'gripper'}
        return (own[self.kind],) * self.width

    @property
    def channels(self) -> tuple[str, ...]:
        """Names of its absolute numbers, as chunks carry them."""
        return tuple(f'{self.limb}.{name}' if self.limb else name for name in self.parts)


@dataclass(frozen=True)
class ActionSpace:
    """Groups, in the order of a policy's numbers; those of one limb stand together."""

    groups: tuple[Group, ...]

    def __post_init__(self) -> None:
        require(bool(self.groups), 'groups: expected one or more')
        twice = sorted({name for name in self.channels if self.channels.count(name) > 1})
        require(not twice, f'groups: {twice} are given twice')
        limbs = [limb for limb, _ in self._limbs]
        require(len(set(limbs)) == len(limbs), f'groups: those of a limb stand apart in {limbs}')

    @classmethod
    def commanded(cls, robot: Robot, opening: float) -> 'ActionSpace':
        """Return the space of all of a robot, relative to what is commanded.

        Rotations are rotation vectors; grippers are shares of `opening` m.
        """
        groups: list[Group] = []
        for limb, spec in named_limbs(robot):
            if spec.kind == 'arm':
                groups += [
                    Group('pose', limb, (), 'commanded', 'rotation_vector'),
                    Group('gripper', limb, gripper='fraction', open=opening),
                ]
            elif spec.kind == 'joint_group':
                groups.append(Group('joint', limb, tuple(spec.channels), 'commanded'))
            else:
                groups.append(Group('twist', limb))
        return cls(tuple(groups))

    @property
    def width(self) -> int:
        """C: how many numbers an action of the policy has."""
        return sum(group.width for group in self.groups)

    @property
    def units(self) -> tuple[Unit, ...]:
        """What each of them is (C,)."""
        return tuple(name for group in self.groups for name in group.units)

    @cached_property
    def channels(self) -> tuple[str, ...]:
        """Names of the absolute numbers (A,), as chunks carry them."""
        return tuple(name for group in self.groups for name in group.channels)

    def check(self, robot: Robot) -> None:
        """Compare with a robot.

        Raises:
            ActionSpaceError: it lacks a limb or a joint, or its chunks hold other channels.
        """
        limbs = dict(named_limbs(robot))
        kinds = {'arm': ('pose', 'gripper'), 'joint_group': ('joint',), 'mobile_base': ('twist',)}
        for group in self.groups:
            spec = limbs.get(group.limb)
            if spec is None:
                raise ActionSpaceError(
                    f'actions: {robot.name} has no limb {group.limb!r}; it has {list(limbs)}'
                )
            if group.kind not in kinds[spec.kind]:
                raise ActionSpaceError(
                    f'actions: {group.limb or robot.name} takes {kinds[spec.kind]}, '
                    f'got {group.kind!r}'
                )
        if self.channels != robot.channels:
            raise ActionSpaceError(
                f'actions: {robot.name} takes the channels {list(robot.channels)}, '
                f'got {list(self.channels)}'
            )

    def absolute(self, actions: NDArray, state: State) -> Array:
        """Return absolute actions (..., A) for those of the policy (..., C).

        `state` is that of the observation: of the robot, or its `vector()` (..., n).

        Raises:
            ActionSpaceError: the state lacks what a group is relative to.
        """
        actions = np.asarray(actions, np.float64)
        origins, start = self._origins(state), 0
        parts = []
        for group, origin in zip(self.groups, origins, strict=True):
            own = actions[..., start : start + group.width]
            parts.append(_absolute(group, own, origin))
            start += group.width
        return np.concatenate(parts, -1)

    def relative(self, actions: NDArray, state: State) -> Array:
        """Return the policy's actions (..., C) for absolute ones (..., A); see `absolute`."""
        actions = np.asarray(actions, np.float64)
        origins, start = self._origins(state), 0
        parts = []
        for group, origin in zip(self.groups, origins, strict=True):
            own = actions[..., start : start + len(group.parts)]
            parts.append(_relative(group, own, origin))
            start += len(group.parts)
        return np.concatenate(parts, -1)

    @cached_property
    def _limbs(self) -> tuple[tuple[str, tuple[Group, ...]], ...]:
        """The groups of each limb, in order."""
        return tuple(
            (limb, tuple(groups))
            for limb, groups in itertools.groupby(self.groups, lambda group: group.limb)
        )

    def _origins(self, state: State) -> list[Array | None]:
        """Return what each group is relative to, absolute; None where it is to nothing."""
        states: tuple[RobotState, ...] | None = None
        if isinstance(state, RobotState):
            states = (state,)
        elif isinstance(state, BodyState):
            states = state.arms
        vector = np.asarray(state if isinstance(state, np.ndarray) else state.vector(), np.float64)
        origins: list[Array | None] = []
        start = arm = 0
        for _, groups in self._limbs:
            is_arm = any(group.kind in ('pose', 'gripper') for group in groups)
            names = sum(len(group.parts) for group in groups)
            half = _ARM_STATE // 2 if is_arm else names
            for group in groups:
                origins.append(
                    _arm_joints(group, None if states is None else states[arm])
                    if is_arm and group.kind == 'joint'
                    else _origin(group, vector[..., start : start + 2 * half], half)
                )
            start, arm = start + 2 * half, arm + is_arm
        return origins


def _arm_joints(group: Group, state: RobotState | None) -> Array | None:
    if group.relative_to == 'nothing':
        return None
    if group.relative_to != 'measured' or state is None:
        raise ActionSpaceError(
            f'actions: {group.limb or "arm"}: joints can be relative to measured ones in an '
            f'observation, or to nothing; got {group.relative_to!r}'
        )
    return state.position


def _origin(group: Group, state: Array, half: int) -> Array | None:
    """Return what a group is relative to, out of its limb's share of a state (..., 2 half)."""
    if group.relative_to == 'nothing':
        return None
    measured = group.relative_to == 'measured'
    own = state[..., :half] if measured else state[..., half:]
    return own[..., : len(group.parts)]


def _absolute(group: Group, own: Array, origin: Array | None) -> Array:
    if group.kind == 'pose':
        return _absolute_pose(group, own, origin)
    if group.kind == 'gripper':
        if group.gripper == 'metres':
            return own
        share = share_of(own, group.gripper, group.closed_is)
        return group.closed + share * (group.open - group.closed)
    if origin is None:
        return own
    return (np.cumsum(own, -2) if group.relative_to == 'previous' else own) + origin


def _relative(group: Group, own: Array, origin: Array | None) -> Array:
    if group.kind == 'pose':
        return _relative_pose(group, own, origin)
    if group.kind == 'gripper':
        if group.gripper == 'metres':
            return own
        share = (own - group.closed) / (group.open - group.closed)
        return from_share(share, group.gripper, group.closed_is)
    if origin is None:
        return own
    return own - (_shifted(own, origin) if group.relative_to == 'previous' else origin)


def _absolute_pose(group: Group, own: Array, origin: Array | None) -> Array:
    turn = to_quaternion(own[..., 3:], group.rotation)
    if origin is None:
        return np.concatenate([own[..., :3], turn], -1)
    if group.relative_to != 'previous':
        place = own[..., :3] + origin[..., :3]
        return np.concatenate([place, multiply(turn, unit(origin[..., 3:7]))], -1)
    place = np.cumsum(own[..., :3], -2) + origin[..., :3]
    turned = unit(np.broadcast_to(origin[..., 3:7], turn[..., :1, :].shape))[..., 0, :]
    turns = []
    for k in range(turn.shape[-2]):
        turned = unit(multiply(turn[..., k, :], turned))
        turns.append(turned)
    return np.concatenate([place, np.stack(turns, -2)], -1)


def _relative_pose(group: Group, own: Array, origin: Array | None) -> Array:
    if origin is None:
        return np.concatenate([own[..., :3], from_quaternion(own[..., 3:], group.rotation)], -1)
    if group.relative_to == 'previous':
        origin = _shifted(own, origin)
    turn = multiply(own[..., 3:7], inverse(unit(origin[..., 3:7])))
    place = own[..., :3] - origin[..., :3]
    return np.concatenate([place, from_quaternion(turn, group.rotation)], -1)


def _shifted(own: Array, origin: Array) -> Array:
    """Return the step before each step (..., H, n), of the first the origin."""
    first = np.broadcast_to(origin, own[..., :1, :].shape)
    return np.concatenate([first, own[..., :-1, :]], -2)
