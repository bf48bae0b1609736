"""Cartesian impedance: the tcp is a spring and a damper between the target and the world."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from vla_ros.config import require
from vla_ros.control.laws import terms
from vla_ros.control.laws.base import CartesianTarget, ControlLaw
from vla_ros.control.laws.nullspace import KinematicProjection, TaskInertia
from vla_ros.data import Array
from vla_ros.robots.model import RobotModel
from vla_ros.robots.spec import RobotSpec


@dataclass(frozen=True)
class CartesianImpedanceConfig:
    """Gains of the Cartesian impedance; the axes are the base frame's."""

    k_pos: float = 500.0  # N/m
    k_rot: float = 30.0  # Nm/rad
    d_pos: float | None = None  # Ns/m; None: 2 sqrt(k_pos), critical at 1 kg
    d_rot: float | None = None  # Nms/rad; None: 2 sqrt(k_rot), critical at 1 kg m^2
    error_clip_pos: float = 0.1  # m, per axis: bounds the pull of a far target
    error_clip_rot: float = 0.5  # rad, per axis
    # How the posture torque is kept from the task: no acceleration of the tcp, no wrench, not
    nullspace: Literal['dynamic', 'kinematic', 'none'] = 'dynamic'
    nullspace_stiffness: float = 1.0  # Nm/rad towards the target's posture
    nullspace_damping: float | None = None  # Nms/rad; None: 2 sqrt(nullspace_stiffness)
    nullspace_max_torque: float = 5.0  # Nm per joint, before the projection
    nullspace_regularization: float = 1e-6  # added to the diagonal that is inverted
    # velocity: damp relative to the target, not to the world; acceleration: push it along as well
    feedforward: Literal['acceleration', 'velocity', 'none'] = 'velocity'
    feedforward_clip_pos: float = 60.0  # N, per axis: near singularities the arm seems heavy
    feedforward_clip_rot: float = 10.0  # Nm, per axis
    gravity: bool = True  # False where the robot's own controller compensates it
    coriolis: bool = True
    limit_range: float = 0.1  # rad from a joint limit at which the repulsion sets in
    limit_torque: float = 5.0  # Nm, of the repulsion at the limit

    def __post_init__(self) -> None:
        for name in ('k_pos', 'd_pos', 'd_rot', 'k_rot', 'limit_torque'):
            value = getattr(self, name)
            require(value is None or 0 <= value <= 5000, f'{name}: expected 0..5000, SI units')
        for name in ('nullspace_stiffness', 'nullspace_damping', 'nullspace_max_torque'):
            value = getattr(self, name)
            require(value is None or 0 <= value <= 500, f'{name}: expected 0..500, SI units')
        require(0 < self.error_clip_pos <= 1, 'error_clip_pos: expected 0..1 m')
        require(0 < self.error_clip_rot <= 3.14, 'error_clip_rot: expected 0..3.14 rad')
        for name in ('feedforward_clip_pos', 'feedforward_clip_rot'):
            require(0 <= getattr(self, name) <= 500, f'{name}: expected 0..500, SI units')
        require(0 < self.limit_range < 1, 'limit_range: expected 0..1 rad')
        require(0 < self.nullspace_regularization <= 1, 'nullspace_regularization: expected 0..1')


class CartesianImpedance(ControlLaw):
    """tau = J^T (K e + D (v_d - v) + L (a_d - J' q')) + N tau_posture + tau_limits + c + g.

    tau_posture = K_n (q_d - q) - D_n q'; L is the apparent mass at the tcp, N a projection.
    """

    def __init__(self, config: CartesianImpedanceConfig, spec: RobotSpec) -> None:
        """Prepare the gains for a robot."""
        self.config, self.stiffness = config, config.k_pos
        self._stiffness = _two(config.k_pos, config.k_rot)
        self._damping = _two(
            _critical(config.d_pos, config.k_pos), _critical(config.d_rot, config.k_rot)
        )
        self._error_high = _two(config.error_clip_pos, config.error_clip_rot)
        self._error_low = -self._error_high
        self._posture_damping = _critical(config.nullspace_damping, config.nullspace_stiffness)
        self._inertia = TaskInertia(config.nullspace_regularization, spec.n)
        self._kinematic = KinematicProjection(config.nullspace_regularization)
        self._push_high = _two(config.feedforward_clip_pos, config.feedforward_clip_rot)
        self._push_low = -self._push_high
        self._posture_high = np.full(spec.n, config.nullspace_max_torque)
        self._posture_low = -self._posture_high
        self._low = spec.joint_array('lower') + config.limit_range
        self._high = spec.joint_array('upper') - config.limit_range
        self._slope = config.limit_torque / config.limit_range
        self._rotation = np.zeros((3, 3))
        self._error, self._rate, self._wrench = np.zeros((3, 6))
        self._pull, self._term = np.zeros((2, spec.n))

    def torque(self, model: RobotModel, target: CartesianTarget, out: Array) -> Array:
        """Write the joint torque (n,) Nm into out."""
        if self.config.nullspace == 'dynamic' or self.config.feedforward == 'acceleration':
            self._inertia.update(model)
        model.jacobian.T.dot(self._task(model, target), out=out)
        np.add(out, self._posture(model, target), out=out)
        terms.joint_limit_repulsion(model.q, self._low, self._high, self._slope, self._term)
        np.add(out, self._term, out=out)
        if self.config.coriolis and self.config.gravity:
            return np.add(out, model.bias, out=out)
        if self.config.coriolis:
            return np.add(out, model.coriolis, out=out)
        return np.add(out, model.gravity, out=out) if self.config.gravity else out

    def _task(self, model: RobotModel, target: CartesianTarget) -> Array:
        """Return the wrench (6,) N and Nm on the tcp, base axes."""
        terms.pose_error(model, target, self._rotation, self._error)
        terms.clamp(self._error, self._error_low, self._error_high, self._error)
        if self.config.feedforward == 'none':
            np.negative(model.twist, out=self._rate)
        else:
            np.subtract(target.twist, model.twist, out=self._rate)
        terms.spring_damper(self._stiffness, self._damping, self._error, self._rate, self._wrench)
        if self.config.feedforward == 'acceleration':
            np.subtract(target.acceleration, model.drift, out=self._rate)
            push = self._inertia.times(self._rate)
            terms.clamp(push, self._push_low, self._push_high, push)
            np.add(self._wrench, push, out=self._wrench)
        return self._wrench

    def _posture(self, model: RobotModel, target: CartesianTarget) -> Array:
        """Return the posture torque (n,) Nm that is left beside the task."""
        pull, term = self._pull, self._term
        np.subtract(target.posture, model.q, out=pull)
        np.multiply(pull, self.config.nullspace_stiffness, out=pull)
        np.multiply(model.dq, self._posture_damping, out=term)
        np.subtract(pull, term, out=pull)
        terms.clamp(pull, self._posture_low, self._posture_high, pull)
        if self.config.nullspace == 'dynamic':
            return self._inertia.project(model, pull, term)
        if self.config.nullspace == 'kinematic':
            return self._kinematic.project(model, pull, term)
        return pull


def _critical(damping: float | None, stiffness: float) -> float:
    """Return the damping given, else that of a unit mass at critical damping."""
    return 2 * float(np.sqrt(stiffness)) if damping is None else damping


def _two(linear: float, angular: float) -> Array:
    return np.array([linear] * 3 + [angular] * 3)
