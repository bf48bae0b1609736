"""Rotations in arrays: every function takes (..., 4), (..., 3) or (..., 3, 3) and broadcasts."""

import numpy as np

from vla_ros.core.data import Array


def quat_unit(q: Array) -> Array:
    """Return quaternions (..., 4), or vectors (..., n), brought to unit length."""
    result: Array = q / np.linalg.norm(q, axis=-1, keepdims=True)
    return result


def quat_conjugate(q: Array) -> Array:
    """Return the inverse of unit quaternions (..., 4)."""
    result: Array = q * np.array([-1.0, -1.0, -1.0, 1.0])
    return result


def quat_multiply(a: Array, b: Array) -> Array:
    """Return the Hamilton product a * b (..., 4): the rotation b followed by a."""
    ax, ay, az, aw = _parts(a)
    bx, by, bz, bw = _parts(b)
    product = (
        aw * bx + bw * ax + (ay * bz - az * by),
        aw * by + bw * ay + (az * bx - ax * bz),
        aw * bz + bw * az + (ax * by - ay * bx),
        aw * bw - (ax * bx + ay * by + az * bz),
    )
    return _last(np.array(product), 1)


def quat_angle(a: Array, b: Array) -> Array:
    """Return the angles (...) between rotations (..., 4), rad, in [0, pi]."""
    cosine = np.abs(np.sum(a * b, axis=-1))
    result: Array = 2.0 * np.arccos(np.minimum(cosine, 1.0))
    return result


def quat_slerp(a: Array, b: Array, fraction: float) -> Array:
    """Return the rotations `fraction` of the way from a to b along the shorter arc."""
    step = rotvec_from_quat(quat_multiply(b, quat_conjugate(a)))
    return quat_multiply(quat_from_rotvec(step * fraction), a)


def quat_from_rotvec(rotvec: Array) -> Array:
    """Return exp(rotvec) (..., 4) of rotation vectors (..., 3)."""
    angle = np.linalg.norm(rotvec, axis=-1, keepdims=True)
    # np.sinc(x) is sin(pi x) / (pi x), and is exact at zero.
    vector = rotvec * 0.5 * np.sinc(angle / (2 * np.pi))
    return np.concatenate([vector, np.cos(angle / 2)], axis=-1)


def rotvec_from_quat(q: Array) -> Array:
    """Return log(q) (..., 3), the shorter of the two rotation vectors, norm in [0, pi]."""
    q = np.where(q[..., 3:] < 0, -q, q)
    norm = np.linalg.norm(q[..., :3], axis=-1, keepdims=True)
    angle = 2.0 * np.arctan2(norm, q[..., 3:])
    return q[..., :3] * np.where(norm < 1e-9, 2.0, angle / np.maximum(norm, 1e-9))


def quat_from_matrix(r: Array) -> Array:
    """Return the quaternions (..., 4) of rotation matrices (..., 3, 3), w >= 0.

    The symmetric 4 by 4 matrix of Bar-Itzhack, "New method for extracting the quaternion from a
    rotation matrix" (2000), is q q^T up to scale and a shift: its longest row is q, and the
    largest element of its diagonal tells which one that is (Shepperd's choice).
    """
    xx, yy, zz = r[..., 0, 0], r[..., 1, 1], r[..., 2, 2]
    xy, xz, yz = (r[..., j, i] + r[..., i, j] for i, j in ((0, 1), (0, 2), (1, 2)))
    xw, yw, zw = (r[..., i, j] - r[..., j, i] for i, j in ((2, 1), (0, 2), (1, 0)))
    rows = (
        (1 + xx - yy - zz, xy, xz, xw),
        (xy, 1 + yy - zz - xx, yz, yw),
        (xz, yz, 1 + zz - xx - yy, zw),
        (xw, yw, zw, 1 + (xx + yy + zz)),
    )
    outer = _last(np.array(rows), 2).reshape(-1, 4, 4)
    best = np.argmax(np.diagonal(outer, axis1=1, axis2=2), -1)
    q = quat_unit(outer[np.arange(len(outer)), best]).reshape(*r.shape[:-2], 4)
    return np.where(q[..., 3:] < 0, -q, q)


def matrix_from_quat(q: Array) -> Array:
    """Return the rotation matrices (..., 3, 3) of unit quaternions (..., 4)."""
    x, y, z, w = _parts(q)
    rows = (
        (1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)),
        (2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)),
        (2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)),
    )
    return _last(np.array(rows), 2)


def _parts(q: Array) -> tuple[Array, Array, Array, Array]:
    return q[..., 0], q[..., 1], q[..., 2], q[..., 3]


def _last(stacked: Array, axes: int) -> Array:
    """Return an array whose first axes have become the last ones."""
    if stacked.ndim == axes:
        return stacked
    return np.ascontiguousarray(np.moveaxis(stacked, range(axes), range(-axes, 0)))
