"""The small sums that control laws are made of; each writes into arrays given by the caller.

As in the CRISP controllers, tau = tau_task + tau_null + tau_coriolis + tau_gravity + tau_limits.
"""

import numpy as np

from vla_ros.control import rotations
from vla_ros.control.laws.base import CartesianTarget
from vla_ros.data import Array
from vla_ros.robots.model import RobotModel


def pose_error(
    model: RobotModel, target: CartesianTarget, scratch: Array, out: Array
) -> Array:
    """Write [p_d - p; log(R_d R^T)] (6,), m and rad in base axes, into out; scratch is (3, 3)."""
    np.subtract(target.position, model.position, out=out[:3])
    target.rotation.dot(model.rotation.T, out=scratch)
    out[3:] = rotations.log(scratch)
    return out


def clamp(value: Array, bound: Array, out: Array) -> Array:
    """Write `value` limited to +-bound, element by element, into out.

    Two ufuncs: np.clip spends most of its time before it reaches them.
    """
    np.minimum(value, bound, out=out)
    return np.maximum(out, -bound, out=out)


def spring_damper(
    stiffness: Array, damping: Array, error: Array, error_rate: Array, out: Array
) -> Array:
    """Write K e + D e' into out; the gains are diagonals. error_rate is overwritten."""
    np.multiply(stiffness, error, out=out)
    np.multiply(damping, error_rate, out=error_rate)
    return np.add(out, error_rate, out=out)


def project_kinematic(
    jacobian: Array, torque: Array, regularization: float, out: Array
) -> Array:
    """Write (I - J^T (J J^T + r I)^-1 J) torque into out.

    The torque keeps only what causes no task-space motion of a robot with unit inertia; in
    equilibrium, what puts no wrench on the tcp.
    """
    gram = jacobian.dot(jacobian.T)
    gram.flat[:: gram.shape[0] + 1] += regularization
    wrench = np.linalg.solve(gram, jacobian.dot(torque))
    jacobian.T.dot(wrench, out=out)
    return np.subtract(torque, out, out=out)


def project_dynamic(
    jacobian: Array, mass_inverse: Array, torque: Array, regularization: float, out: Array
) -> Array:
    """Write (I - J^T Jbar^T) torque into out, Jbar = M^-1 J^T L, L = (J M^-1 J^T + r I)^-1.

    Khatib (1987), the dynamically consistent projection: no acceleration of the tcp.
    """
    weighted = jacobian.dot(mass_inverse)
    mobility = weighted.dot(jacobian.T)
    mobility.flat[:: mobility.shape[0] + 1] += regularization
    wrench = np.linalg.solve(mobility, weighted.dot(torque))
    jacobian.T.dot(wrench, out=out)
    return np.subtract(torque, out, out=out)


def joint_limit_repulsion(
    q: Array, low: Array, high: Array, slope: Array, peak: Array, out: Array
) -> Array:
    """Write a torque into out that grows by `slope` beyond the band [low, high], up to `peak`.

    q, low, high: (n,) rad, the band being the joint range less a safe range; slope: Nm/rad.
    """
    np.maximum(q, low, out=out)
    np.minimum(out, high, out=out)
    np.subtract(out, q, out=out)
    np.multiply(out, slope, out=out)
    return clamp(out, peak, out)
