"""The small sums that control laws are made of; each writes into arrays given by the caller.

As in the CRISP controllers, tau = tau_task + tau_null + tau_coriolis + tau_gravity + tau_limits.
"""

import numpy as np

from vla_ros.control import rotations
from vla_ros.control.laws.base import CartesianTarget
from vla_ros.data import Array
from vla_ros.robots.model import RobotModel


def pose_error(model: RobotModel, target: CartesianTarget, scratch: Array, out: Array) -> Array:
    """Write [p_d - p; log(R_d R^T)] (6,), m and rad in base axes, into out; scratch is (3, 3)."""
    np.subtract(target.position, model.position, out=out[:3])
    target.rotation.dot(model.rotation.T, out=scratch)
    out[3:] = rotations.log(scratch)
    return out


def clamp(value: Array, low: Array, high: Array, out: Array) -> Array:
    """Write `value` limited to [low, high], element by element, into out.

    Two ufuncs: np.clip spends most of its time before it reaches them.
    """
    np.minimum(value, high, out=out)
    return np.maximum(out, low, out=out)


def spring_damper(
    stiffness: Array, damping: Array, error: Array, error_rate: Array, out: Array
) -> Array:
    """Write K e + D e' into out; the gains are diagonals. error_rate is overwritten."""
    np.multiply(stiffness, error, out=out)
    np.multiply(damping, error_rate, out=error_rate)
    return np.add(out, error_rate, out=out)


def joint_limit_repulsion(q: Array, low: Array, high: Array, slope: float, out: Array) -> Array:
    """Write a torque (n,) Nm into out that grows by `slope` Nm/rad outside the band [low, high].

    The band is the joint range less the safe range, rad.
    """
    clamp(q, low, high, out)
    np.subtract(out, q, out=out)
    return np.multiply(out, slope, out=out)
