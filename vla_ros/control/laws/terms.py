"""The small sums that control laws are made of; each writes into arrays given by the caller.

As in the CRISP controllers, tau = tau_task + tau_null + tau_friction + tau_coriolis + tau_gravity
+ tau_limits + J^T F_target. What a term has to keep is its caller's.
"""

import numpy as np

from vla_ros.control.laws.law import CartesianTarget
from vla_ros.core import rotations
from vla_ros.core.data import Array
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
    stiffness: Array, damping: Array, error: Array, error_rate: Array, scratch: Array, out: Array
) -> Array:
    """Write K e + D e' (m,) into out; the gains are (m, m), scratch is (m,)."""
    damping.dot(error_rate, out=scratch)
    stiffness.dot(error, out=out)
    return np.add(out, scratch, out=out)


def joint_spring(
    model: RobotModel,
    target: CartesianTarget,
    stiffness: Array,
    damping: Array,
    scratch: Array,
    out: Array,
) -> Array:
    """Write K (q_d - q) + D (q_d' - q') (n,) Nm into out; the gains are (n,), one per joint."""
    np.subtract(target.posture, model.q, out=out)
    np.multiply(out, stiffness, out=out)
    np.subtract(target.posture_rate, model.dq, out=scratch)
    np.multiply(scratch, damping, out=scratch)
    return np.add(out, scratch, out=out)


def joint_limit_repulsion(q: Array, low: Array, high: Array, slope: float, out: Array) -> Array:
    """Write a torque (n,) Nm into out that grows by `slope` Nm/rad outside the band [low, high].

    The band is the joint range less the safe range, rad.
    """
    clamp(q, low, high, out)
    np.subtract(out, q, out=out)
    return np.multiply(out, slope, out=out)


def friction(
    dq: Array, viscous: Array, dry: Array, speed: float, scratch: Array, out: Array
) -> Array:
    """Write b q' + c tanh(q' / v) (n,) Nm into out: what friction takes at velocities dq (n,).

    Args:
        dq: (n,) rad/s.
        viscous: (n,) b, Nms/rad.
        dry: (n,) c, Nm.
        speed: v, rad/s; below it dry friction is compensated less, so that noise at rest is not
            answered with the whole of it.
        scratch: (n,).
        out: (n,) Nm.

    At every velocity it is at most the friction of these numbers.
    """
    np.divide(dq, speed, out=out)
    np.tanh(out, out=out)
    np.multiply(out, dry, out=out)
    return np.add(out, np.multiply(dq, viscous, out=scratch), out=out)


def dead_zone(value: Array, width: Array, scratch: Array, out: Array) -> Array:
    """Write `value` less what lies within +-width, element by element, into out: no jump."""
    clamp(value, -width, width, scratch)
    return np.subtract(value, scratch, out=out)
