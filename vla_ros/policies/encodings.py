"""How rotations and gripper openings are written as numbers; all functions take (..., n).

Rotations are those of a limb in its base frame. Quaternions are xyzw; rot6d is the first two
columns of the rotation matrix, one after the other (Zhou et al., "On the continuity of rotation
representations in neural networks", CVPR 2019); euler_xyz is about the fixed axes x, then y, then
z, rad.
"""

from collections.abc import Callable
from typing import Literal

import numpy as np

from vla_ros.core.data import Array
from vla_ros.core.rotations import (
    matrix_from_quat,
    quat_from_matrix,
    quat_from_rotvec,
    quat_multiply,
    quat_unit,
    rotvec_from_quat,
)


Rotation = Literal['quaternion', 'rotation_vector', 'rot6d', 'euler_xyz']
Gripper = Literal['metres', 'fraction', 'binary', 'signed']
WIDTHS: dict[Rotation, int] = {
    'quaternion': 4, 'rotation_vector': 3, 'rot6d': 6, 'euler_xyz': 3,
}  # fmt: skip


def to_quaternion(numbers: Array, encoding: Rotation) -> Array:
    """Return quaternions (..., 4) of rotations in an encoding."""
    return _DECODE[encoding](numbers)


def from_quaternion(quaternion: Array, encoding: Rotation) -> Array:
    """Return unit quaternions (..., 4) in an encoding."""
    return _ENCODE[encoding](quaternion)


def share_of(numbers: Array, convention: Gripper, closed_is: float) -> Array:
    """Return how far grippers are open, 0..1, of numbers in a convention other than metres.

    `closed_is` is the number that means closed: 0 or 1, of signed -1 or 1.
    """
    if convention == 'signed':
        numbers, closed_is = (numbers + 1.0) / 2.0, (closed_is + 1.0) / 2.0
    share = numbers if closed_is == 0 else 1.0 - numbers
    share = np.clip(share, 0.0, 1.0)
    return np.where(share >= 0.5, 1.0, 0.0) if convention == 'binary' else share


def from_share(share: Array, convention: Gripper, closed_is: float) -> Array:
    """Return numbers in a convention other than metres for how far grippers are open."""
    if convention == 'binary':
        share = np.where(share >= 0.5, 1.0, 0.0)
    signed = convention == 'signed'
    flipped = (closed_is + 1.0) / 2.0 if signed else closed_is
    numbers = share if flipped == 0 else 1.0 - share
    return 2.0 * numbers - 1.0 if signed else numbers


def _to_6d(quaternion: Array) -> Array:
    matrix = matrix_from_quat(quaternion)
    return np.concatenate([matrix[..., 0], matrix[..., 1]], -1)


def _from_6d(numbers: Array) -> Array:
    """Return the rotation nearest to two columns, made orthonormal (Gram-Schmidt)."""
    first = quat_unit(numbers[..., :3])
    second = numbers[..., 3:]
    second = quat_unit(second - np.sum(first * second, -1, keepdims=True) * first)
    third = np.cross(first, second)
    return quat_from_matrix(np.stack([first, second, third], -1))


def _to_euler(quaternion: Array) -> Array:
    """Return roll, pitch and yaw, pitch in -pi/2..pi/2.

    By half the sum and half the difference of roll and yaw, as Bernardes and Viollet do
    ("Quaternion to Euler angles conversion", PLoS ONE, 2022): where pitch is pi/2 only one of
    them means anything, and the turn is still the same.
    """
    x, y, z, w = np.moveaxis(quaternion, -1, 0)
    plus, minus = np.arctan2(z + x, w - y), np.arctan2(z - x, w + y)
    pitch = 2.0 * np.arctan2(np.hypot(w + y, z - x), np.hypot(w - y, z + x)) - np.pi / 2
    around = np.stack([plus - minus, plus + minus], -1)
    roll, yaw = np.moveaxis(np.arctan2(np.sin(around), np.cos(around)), -1, 0)
    return np.stack([roll, pitch, yaw], -1)


def _from_euler(numbers: Array) -> Array:
    turns = [quat_from_rotvec(numbers[..., i : i + 1] * np.eye(3)[i]) for i in range(3)]
    return quat_multiply(turns[2], quat_multiply(turns[1], turns[0]))


_DECODE: dict[Rotation, Callable[[Array], Array]] = {
    'quaternion': quat_unit,
    'rotation_vector': quat_from_rotvec,
    'rot6d': _from_6d,
    'euler_xyz': _from_euler,
}
_ENCODE: dict[Rotation, Callable[[Array], Array]] = {
    'quaternion': lambda q: q,
    'rotation_vector': rotvec_from_quat,
    'rot6d': _to_6d,
    'euler_xyz': _to_euler,
}
