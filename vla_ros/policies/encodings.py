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


Rotation = Literal['quaternion', 'rotation_vector', 'rot6d', 'euler_xyz']
Gripper = Literal['metres', 'fraction', 'binary', 'signed']
WIDTHS: dict[Rotation, int] = {
    'quaternion': 4, 'rotation_vector': 3, 'rot6d': 6, 'euler_xyz': 3,
}  # fmt: skip


def unit(quaternion: Array) -> Array:
    """Return quaternions (..., 4) brought to unit length."""
    result: Array = quaternion / np.linalg.norm(quaternion, axis=-1, keepdims=True)
    return result


def inverse(quaternion: Array) -> Array:
    """Return the inverse of unit quaternions (..., 4)."""
    result: Array = quaternion * np.array([-1.0, -1.0, -1.0, 1.0])
    return result


def multiply(a: Array, b: Array) -> Array:
    """Return the quaternion of first turning by b, then by a, both (..., 4)."""
    av, aw, bv, bw = a[..., :3], a[..., 3:], b[..., :3], b[..., 3:]
    vector = aw * bv + bw * av + np.cross(av, bv)
    scalar = aw * bw - np.sum(av * bv, axis=-1, keepdims=True)
    return np.concatenate([vector, scalar], axis=-1)


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


def _exp(rotvec: Array) -> Array:
    angle = np.linalg.norm(rotvec, axis=-1, keepdims=True)
    # np.sinc(x) is sin(pi x) / (pi x), and is exact at zero.
    vector = rotvec * 0.5 * np.sinc(angle / (2 * np.pi))
    return np.concatenate([vector, np.cos(angle / 2)], axis=-1)


def _log(quaternion: Array) -> Array:
    q = np.where(quaternion[..., 3:] < 0, -quaternion, quaternion)
    norm = np.linalg.norm(q[..., :3], axis=-1, keepdims=True)
    angle = 2.0 * np.arctan2(norm, q[..., 3:])
    return q[..., :3] * np.where(norm < 1e-9, 2.0, angle / np.maximum(norm, 1e-9))


def _columns(quaternion: Array) -> tuple[Array, Array]:
    """Return the first two columns (..., 3) of the rotation matrices."""
    x, y, z, w = np.moveaxis(quaternion, -1, 0)
    first = (1 - 2 * (y * y + z * z), 2 * (x * y + z * w), 2 * (x * z - y * w))
    second = (2 * (x * y - z * w), 1 - 2 * (x * x + z * z), 2 * (y * z + x * w))
    return np.stack(first, -1), np.stack(second, -1)


def _to_6d(quaternion: Array) -> Array:
    return np.concatenate(_columns(quaternion), -1)


def _from_6d(numbers: Array) -> Array:
    """Return the rotation nearest to two columns, made orthonormal (Gram-Schmidt)."""
    first = unit(numbers[..., :3])
    second = numbers[..., 3:]
    second = unit(second - np.sum(first * second, -1, keepdims=True) * first)
    third = np.cross(first, second)
    return _from_matrix(np.stack([first, second, third], -1))


def _from_matrix(m: Array) -> Array:
    """Return the quaternions of rotation matrices (..., 3, 3).

    The symmetric 4 by 4 matrix of Bar-Itzhack, "New method for extracting the quaternion from a
    rotation matrix" (2000), is q q^T up to scale and a shift: its longest row is q.
    """
    xx, yy, zz = m[..., 0, 0], m[..., 1, 1], m[..., 2, 2]
    xy, xz, yz = (m[..., i, j] + m[..., j, i] for i, j in ((0, 1), (0, 2), (1, 2)))
    xw, yw, zw = (m[..., i, j] - m[..., j, i] for i, j in ((2, 1), (0, 2), (1, 0)))
    rows = (
        (1 + xx - yy - zz, xy, xz, xw),
        (xy, 1 - xx + yy - zz, yz, yw),
        (xz, yz, 1 - xx - yy + zz, zw),
        (xw, yw, zw, 1 + xx + yy + zz),
    )
    outer = np.stack([np.stack(row, -1) for row in rows], -2)
    best = np.argmax(np.diagonal(outer, axis1=-2, axis2=-1), -1)
    return unit(np.take_along_axis(outer, best[..., None, None], -2)[..., 0, :])


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
    turns = [_exp(numbers[..., i : i + 1] * np.eye(3)[i]) for i in range(3)]
    return multiply(turns[2], multiply(turns[1], turns[0]))


_DECODE: dict[Rotation, Callable[[Array], Array]] = {
    'quaternion': unit, 'rotation_vector': _exp, 'rot6d': _from_6d, 'euler_xyz': _from_euler,
}  # fmt: skip
_ENCODE: dict[Rotation, Callable[[Array], Array]] = {
    'quaternion': lambda q: q, 'rotation_vector': _log, 'rot6d': _to_6d, 'euler_xyz': _to_euler,
}  # fmt: skip
