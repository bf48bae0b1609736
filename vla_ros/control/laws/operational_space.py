"""Operational-space control: the tcp moves like a unit mass in every direction."""

from dataclasses import dataclass

import numpy as np

from vla_ros.control.laws import terms
from vla_ros.control.laws.base import CartesianTarget
from vla_ros.control.laws.cartesian_impedance import CartesianImpedance, CartesianImpedanceConfig
from vla_ros.data import Array
from vla_ros.robots.model import RobotModel
from vla_ros.robots.spec import RobotSpec


@dataclass(frozen=True)
class OperationalSpaceConfig(CartesianImpedanceConfig):
    """As the impedance's, but k in 1/s^2 and d in 1/s: the gains of a unit mass."""

    k_pos: float = 400.0  # 1/s^2
    k_rot: float = 400.0  # 1/s^2
    # 1/kg: the task's mass is damped where the arm cannot move, near singularities
    nullspace_regularization: float = 1e-3
    feedforward_clip_pos: float = 150.0  # N, of the whole task, per axis
    feedforward_clip_rot: float = 40.0  # Nm, likewise


class OperationalSpace(CartesianImpedance):
    """tau = J^T L (K e + D (v_d - v) + a_d - J' q') + N tau_posture + tau_limits + c + g.

    L is the apparent mass at the tcp: it decouples the axes, so the same gains give the same
    motion everywhere, and the stiffness against a push is L K. Khatib (1987).
    """

    config: OperationalSpaceConfig

    def __init__(self, config: OperationalSpaceConfig, spec: RobotSpec) -> None:
        """Prepare the gains for a robot."""
        super().__init__(config, spec)
        self.stiffness = float('nan')  # depends on the direction and the posture

    def _task(self, model: RobotModel, target: CartesianTarget) -> Array:
        """Return the wrench (6,) N and Nm on the tcp, base axes."""
        self._inertia.update(model)
        terms.pose_error(model, target, self._rotation, self._error)
        terms.clamp(self._error, self._error_low, self._error_high, self._error)
        if self.config.feedforward == 'none':
            np.negative(model.twist, out=self._rate)
        else:
            np.subtract(target.twist, model.twist, out=self._rate)
        terms.spring_damper(self._stiffness, self._damping, self._error, self._rate, self._wrench)
        if self.config.feedforward == 'acceleration':
            np.add(self._wrench, target.acceleration, out=self._wrench)
        np.subtract(self._wrench, model.drift, out=self._wrench)
        wrench = self._inertia.times(self._wrench)
        return terms.clamp(wrench, self._push_low, self._push_high, wrench)
