"""Rotations in plain floats, for the control tick."""

from collections.abc import Sequence
import math

from vla_ros.core.data import Array


Vector = tuple[float, float, float]
Quaternion = tuple[float, float, float, float]

_SMALL = 1e-7  # rad; below it the series is exact to double precision


def log(rotation: Array) -> Vector:
    """Return the rotation vector of a rotation matrix (3, 3), angle in [0, pi].

    Goes through the quaternion (Shepperd's choice of the largest component), which keeps its
    precision near pi, where the antisymmetric part of the matrix vanishes.
    """
    return quaternion_log(from_matrix(rotation))


def from_matrix(rotation: Array) -> Quaternion:
    """Return the unit quaternion of a rotation matrix (3, 3)."""
    (a, b, c), (d, e, f), (g, h, i) = rotation.tolist()
    if a + e + i > 0:
        x, y, z, w = h - f, c - g, d - b, 1 + a + e + i
    elif a > e and a > i:
        x, y, z, w = 1 + a - e - i, b + d, c + g, h - f
    elif e > i:
        x, y, z, w = b + d, 1 - a + e - i, f + h, c - g
    else:
        x, y, z, w = c + g, f + h, 1 - a - e + i, d - b
    scale = 1 / math.sqrt(x * x + y * y + z * z + w * w)
    return x * scale, y * scale, z * scale, w * scale


def to_matrix(q: Quaternion) -> tuple[float, ...]:
    """Return the rotation matrix of a unit quaternion, row by row (9,)."""
    x, y, z, w = q
    xx, yy, zz, xy, xz, yz = x * x, y * y, z * z, x * y, x * z, y * z
    xw, yw, zw = x * w, y * w, z * w
    return (
        *(1 - 2 * (yy + zz), 2 * (xy - zw), 2 * (xz + yw)),
        *(2 * (xy + zw), 1 - 2 * (xx + zz), 2 * (yz - xw)),
        *(2 * (xz - yw), 2 * (yz + xw), 1 - 2 * (xx + yy)),
    )


def quaternion_log(q: Quaternion) -> Vector:
    """Return the shortest rotation vector of a unit quaternion."""
    x, y, z, w = q
    if w < 0:  # q and -q are the same rotation; take the one below half a turn
        x, y, z, w = -x, -y, -z, -w
    s = math.sqrt(x * x + y * y + z * z)
    k = 2.0 if s < _SMALL else 2 * math.atan2(s, w) / s
    return k * x, k * y, k * z


def quaternion_exp(r: Vector) -> Quaternion:
    """Return the unit quaternion of a rotation vector."""
    x, y, z = r
    angle = math.sqrt(x * x + y * y + z * z)
    k = 0.5 if angle < _SMALL else math.sin(angle / 2) / angle
    return k * x, k * y, k * z, math.cos(angle / 2)


def multiply(p: Quaternion, q: Quaternion) -> Quaternion:
    """Return p * q: the rotation q followed by the rotation p."""
    a, b, c, d = p
    x, y, z, w = q
    return (
        d * x + a * w + b * z - c * y,
        d * y - a * z + b * w + c * x,
        d * z + a * y - b * x + c * w,
        d * w - a * x - b * y - c * z,
    )


def conjugate(q: Quaternion) -> Quaternion:
    """Return the inverse of a unit quaternion."""
    return -q[0], -q[1], -q[2], q[3]


def slerp(a: Sequence[float], b: Sequence[float], f: float) -> Quaternion:
    """Return the rotation the fraction f of the way from a to b; f may lie outside 0..1.

    Exact where a and b are less than half a turn apart, which the caller sees to by signs.
    """
    ax, ay, az, aw = a
    bx, by, bz, bw = b
    dot = ax * bx + ay * by + az * bz + aw * bw
    if dot < 0:
        bx, by, bz, bw, dot = -bx, -by, -bz, -bw, -dot
    if dot > 0.999999:  # closer than 0.003 rad: the chord is the arc
        u, v = 1 - f, f
    else:
        angle = math.acos(dot)
        sine = math.sin(angle)
        u, v = math.sin((1 - f) * angle) / sine, math.sin(f * angle) / sine
    x, y, z, w = u * ax + v * bx, u * ay + v * by, u * az + v * bz, u * aw + v * bw
    scale = 1 / math.sqrt(x * x + y * y + z * z + w * w)
    return x * scale, y * scale, z * scale, w * scale


def angular_velocity(r: Vector, rate: Vector) -> Vector:
    """Return the angular velocity (space frame) of exp(r) when r changes at `rate`.

    The left Jacobian of SO(3): w = r' + (1 - cos a)/a^2 r x r' + (a - sin a)/a^3 r x (r x r').
    Its singular values are at most 1, so |w| <= |r'|: a bound on the rate bounds the velocity.
    """
    x, y, z = r
    u, v, w = rate
    square = x * x + y * y + z * z
    angle = math.sqrt(square)
    if angle < 1e-4:
        b, c = 0.5, 1 / 6
    else:
        b, c = (1 - math.cos(angle)) / square, (angle - math.sin(angle)) / (square * angle)
    i, j, k = y * w - z * v, z * u - x * w, x * v - y * u
    return (
        u + b * i + c * (y * k - z * j),
        v + b * j + c * (z * i - x * k),
        w + b * k + c * (x * j - y * i),
    )


def vector_rate(r: Vector, w: Vector) -> Vector:
    """Return the rate of the rotation vector r at the angular velocity w (space frame).

    The inverse of `angular_velocity`, for angles below 2 pi:
    r' = w - r x w / 2 + (1 / a^2 - cot(a / 2) / (2 a)) r x (r x w).
    """
    x, y, z = r
    u, v, t = w
    square = x * x + y * y + z * z
    angle = math.sqrt(square)
    if angle < 1e-3:
        c = 1 / 12 + square / 720
    else:
        c = 1 / square - 1 / (2 * angle * math.tan(angle / 2))
    i, j, k = y * t - z * v, z * u - x * t, x * v - y * u
    return (
        u - 0.5 * i + c * (y * k - z * j),
        v - 0.5 * j + c * (z * i - x * k),
        t - 0.5 * k + c * (x * j - y * i),
    )
