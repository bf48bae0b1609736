"""Rotations without surprises: quaternions are xyzw and unit, rotation vectors are in radians.

Formulas: Sola, "Quaternion kinematics for the error-state Kalman filter" (2017), chapter 1.
"""

import math

import numpy as np

from vla_ros.core.data import Array


def quat_multiply(a: Array, b: Array) -> Array:
    """Return the Hamilton product a * b, xyzw: the rotation b followed by a."""
    ax, ay, az, aw = a
    bx, by, bz, bw = b
    return np.array(
        [
            aw * bx + ax * bw + ay * bz - az * by,
            aw * by - ax * bz + ay * bw + az * bx,
            aw * bz + ax * by - ay * bx + az * bw,
            aw * bw - ax * bx - ay * by - az * bz,
        ]
    )


def quat_conjugate(q: Array) -> Array:
    """Return the inverse of a unit quaternion."""
    return np.array([-q[0], -q[1], -q[2], q[3]])


def quat_from_rotvec(rotvec: Array) -> Array:
    """Return exp(rotvec) as a unit quaternion."""
    x, y, z = rotvec
    angle = math.sqrt(x * x + y * y + z * z)
    # sin(a/2)/a tends to 1/2: the series keeps it exact near zero.
    scale = 0.5 - angle * angle / 48.0 if angle < 1e-4 else math.sin(angle / 2) / angle
    return np.array([x * scale, y * scale, z * scale, math.cos(angle / 2)])


def rotvec_from_quat(q: Array) -> Array:
    """Return log(q), the shorter of the two rotation vectors, norm in [0, pi]."""
    x, y, z, w = q if q[3] >= 0 else -np.asarray(q)
    norm = math.sqrt(x * x + y * y + z * z)
    scale = 2.0 if norm < 1e-9 else 2.0 * math.atan2(norm, w) / norm
    return np.array([x * scale, y * scale, z * scale])


def quat_from_matrix(r: Array) -> Array:
    """Return the unit quaternion of a rotation matrix (3, 3) (Shepperd's method)."""
    trace = r[0, 0] + r[1, 1] + r[2, 2]
    diagonal = (r[0, 0], r[1, 1], r[2, 2])
    if trace >= max(diagonal):
        q = [r[2, 1] - r[1, 2], r[0, 2] - r[2, 0], r[1, 0] - r[0, 1], 1 + trace]
    else:
        i = int(np.argmax(diagonal))
        j, k = (i + 1) % 3, (i + 2) % 3
        q = [0.0, 0.0, 0.0, r[k, j] - r[j, k]]
        q[i] = 1 + r[i, i] - r[j, j] - r[k, k]
        q[j] = r[j, i] + r[i, j]
        q[k] = r[k, i] + r[i, k]
    result = np.array(q)
    result /= math.sqrt(float(result @ result))
    return result if result[3] >= 0 else -result


def matrix_from_quat(q: Array) -> Array:
    """Return the rotation matrix (3, 3) of a unit quaternion."""
    x, y, z, w = q
    return np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
            [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
            [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
        ]
    )


def slerp(a: Array, b: Array, fraction: float) -> Array:
    """Return the rotation `fraction` of the way from a to b along the shorter arc."""
    step = rotvec_from_quat(quat_multiply(b, quat_conjugate(a)))
    return quat_multiply(quat_from_rotvec(step * fraction), a)
