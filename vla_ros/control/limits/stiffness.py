"""Cartesian stiffness: what may be set, and the damping that follows it."""

from collections.abc import Sequence
import math

import numpy as np
from numpy.typing import NDArray

from vla_ros.core.config import require
from vla_ros.core.data import Array


_AXES = ('x', 'y', 'z', 'rx', 'ry', 'rz')
_ROUNDING = 1e-6  # relative to the greatest entry: numbers that went through a message in float32


def stiffness_matrix(values: Sequence[float] | Array) -> Array:
    """Return the stiffness (6, 6) N/m, Nm/rad, N/rad that 6 or 36 numbers stand for.

    Args:
        values: the diagonal (6,), or the matrix (36,) row by row or (6, 6).

    Raises:
        ValueError: another count, a number that is not finite, a matrix that is not symmetric or
            that would push away from the target in some direction; the message says which.
    """
    given = np.array(values, dtype=np.float64).ravel()
    require(given.size in (6, 36), f'stiffness: expected 6 or 36 numbers, got {given.size}')
    matrix = np.diag(given) if given.size == 6 else given.reshape(6, 6)
    _refuse(~np.isfinite(matrix), matrix, 'expected finite numbers')
    tolerance = _ROUNDING * float(np.abs(matrix).max())
    # Half of each: the difference itself may overflow.
    _refuse(np.abs(matrix / 2 - matrix.T / 2) > tolerance, matrix, 'expected a symmetric matrix')
    matrix = matrix / 2 + matrix.T / 2
    least = float(np.linalg.eigvalsh(matrix)[0])
    require(
        least >= -tolerance,
        f'stiffness: expected a positive semi-definite matrix, got the eigenvalue {least:.4g}',
    )
    return matrix


def require_softer(stiffness: Array, linear: float, angular: float) -> None:
    """Refuse a stiffness (6, 6) above `linear` N/m or `angular` Nm/rad in any direction.

    A positive semi-definite matrix within these cannot hold greater cross terms than their
    geometric mean.

    Raises:
        ValueError: it is above; the message says how much.
    """
    parts = (('', slice(0, 3), linear, 'N/m'), ('rotational ', slice(3, 6), angular, 'Nm/rad'))
    for name, part, bound, unit in parts:
        greatest = float(np.linalg.eigvalsh(stiffness[part, part])[-1])
        require(
            greatest <= bound * (1 + _ROUNDING),
            f'stiffness: expected a {name}stiffness of at most {bound:g} {unit}, got {greatest:g}',
        )


def damping_matrix(stiffness: Array, mass: Array, ratio: float, least: float) -> Array:
    """Return the damping (6, 6) Ns/m, Nms/rad that goes with a stiffness (6, 6).

    D = 2 z M^(1/2) W M^(1/2), W = (M^(-1/2) K M^(-1/2))^(1/2): each mode of M x'' + D x' + K x = 0
    has the damping ratio z. For diagonal K this is d = 2 z sqrt(m k).

    Args:
        stiffness: (6, 6) K.
        mass: (6,) kg and kg m^2, the diagonal of M.
        ratio: z, 1 is critical.
        least: rad/s; modes that are slower are damped as if they were this fast, so that an axis
            without stiffness does not drift off undamped.
    """
    scale = np.sqrt(np.outer(mass, mass))  # M^(1/2) A M^(1/2) is scale * A
    squares, modes = np.linalg.eigh(stiffness / scale)
    speeds = np.maximum(np.sqrt(np.maximum(squares, 0.0)), least)
    damping: Array = 2 * ratio * scale * ((modes * speeds) @ modes.T)
    return damping


def isotropic(stiffness: Array) -> float:
    """Return the N/m of a tcp with that stiffness (6, 6) against a push.

    NaN where it depends on the direction, or the push also turns the tcp.
    """
    k = float(stiffness[0, 0])
    same = np.allclose(stiffness[:3], k * np.eye(3, 6), rtol=0, atol=1e-9 * max(k, 1.0))
    return k if same else math.nan


def _refuse(wrong: NDArray[np.bool_], matrix: Array, expected: str) -> None:
    """Raise for the first entry that is wrong (6, 6), naming it."""
    if wrong.any():
        i, j = np.argwhere(wrong)[0].tolist()
        pair = f'{matrix[i, j]}' if i == j else f'{matrix[i, j]} and {matrix[j, i]}'
        raise ValueError(f'stiffness: {expected}, got {pair} for {_AXES[i]} {_AXES[j]}')
