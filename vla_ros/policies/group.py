"""Group: numbers of one kind of one limb, and their way to absolute ones and back.

Origins are what they are relative to, absolute (..., n), None where they are to nothing; steps are
along the last but one axis.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from vla_ros.core.config import require
from vla_ros.core.data import Array
from vla_ros.core.rotations import quat_conjugate, quat_multiply, quat_unit
from vla_ros.policies.encodings import (
    WIDTHS,
    Gripper,
    Rotation,
    from_quaternion,
    from_share,
    share_of,
    to_quaternion,
)
from vla_ros.robots.channels import Kind


RelativeTo = Literal['commanded', 'measured', 'previous', 'nothing']
POSE = ('ee.x', 'ee.y', 'ee.z', 'ee.qx', 'ee.qy', 'ee.qz', 'ee.qw')
TWIST = ('vx', 'vy', 'wz')
_NAMES: dict[Kind, tuple[str, ...]] = {'pose': POSE, 'gripper': ('gripper',), 'twist': TWIST}
# What a number of a policy's action is, by kind; rotation: of whichever encoding.
Unit = Literal['position', 'rotation', 'gripper', 'joint', 'twist']
_UNITS_OF_POSES: tuple[Unit, Unit] = ('position', 'rotation')


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

    def absolute(self, own: Array, origin: Array | None) -> Array:
        """Return absolute numbers (..., H, n) for those of a policy (..., H, width)."""
        return _absolute(self, own, origin)

    def relative(self, own: Array, origin: Array | None) -> Array:
        """Return the numbers of a policy for absolute ones; see `absolute`."""
        return _relative(self, own, origin)


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
        return np.concatenate([place, quat_multiply(turn, quat_unit(origin[..., 3:7]))], -1)
    place = np.cumsum(own[..., :3], -2) + origin[..., :3]
    turned = quat_unit(np.broadcast_to(origin[..., 3:7], turn[..., :1, :].shape))[..., 0, :]
    turns = []
    for k in range(turn.shape[-2]):
        turned = quat_unit(quat_multiply(turn[..., k, :], turned))
        turns.append(turned)
    return np.concatenate([place, np.stack(turns, -2)], -1)


def _relative_pose(group: Group, own: Array, origin: Array | None) -> Array:
    if origin is None:
        return np.concatenate([own[..., :3], from_quaternion(own[..., 3:], group.rotation)], -1)
    if group.relative_to == 'previous':
        origin = _shifted(own, origin)
    turn = quat_multiply(own[..., 3:7], quat_conjugate(quat_unit(origin[..., 3:7])))
    place = own[..., :3] - origin[..., :3]
    return np.concatenate([place, from_quaternion(turn, group.rotation)], -1)


def _shifted(own: Array, origin: Array) -> Array:
    """Return the step before each step (..., H, n), of the first the origin."""
    first = np.broadcast_to(origin, own[..., :1, :].shape)
    return np.concatenate([first, own[..., :-1, :]], -2)
