"""Operational-space control: the tcp moves like the same mass in every direction."""

from dataclasses import dataclass

import numpy as np

from vla_ros.control.laws import terms
from vla_ros.control.laws.cartesian_impedance import CartesianImpedance, CartesianImpedanceConfig
from vla_ros.control.laws.law import CartesianTarget
from vla_ros.control.laws.task_inertia import DampedTaskInertia
from vla_ros.core.config import require
from vla_ros.core.data import Array
from vla_ros.robots.model import RobotModel
from vla_ros.robots.spec import ArmSpec


@dataclass(frozen=True, kw_only=True)
class OperationalSpaceConfig(CartesianImpedanceConfig):
    """As the impedance's; K is what `mass` and `inertia` are held with, were the tcp these."""

    k_pos: float = 2000.0  # N/m
    k_rot: float = 80.0  # Nm/rad
    singularity_damping: float = 0.02  # 1/kg; directions of less mobility are given up gently
    feedforward_clip_pos: float = 150.0  # N, of the whole task, per axis
    feedforward_clip_rot: float = 40.0  # Nm, likewise

    def __post_init__(self) -> None:
        super().__post_init__()
        require(0.001 <= self.singularity_damping <= 1, 'singularity_damping: expected 0.001..1')


class OperationalSpace(CartesianImpedance):
    """tau = J^T (L (M^-1 (K e + D (v_d - v)) + a_d - J' q') + F_d) + N tau_posture + the arm's.

    L is the apparent mass at the tcp, M the mass it is to behave as: the same gains give the same
    motion everywhere, and the stiffness against a push is L M^-1 K. Khatib (1987).
    """

    config: OperationalSpaceConfig

    def __init__(self, config: OperationalSpaceConfig, spec: ArmSpec) -> None:
        """Prepare the gains for a robot.

        Raises:
            ValueError: a list of gains without one per joint.
        """
        super().__init__(config, spec)
        self.stiffness = float('nan')  # depends on the direction and the posture
        self._inertia = DampedTaskInertia(config.singularity_damping, spec.n)
        self._weighs = True

    def set_stiffness(self, stiffness: Array) -> None:
        """Take a stiffness (6, 6) in the axes of `frame`; the damping follows.

        Raises:
            ValueError: not symmetric, positive semi-definite and within the configured bounds.
        """
        super().set_stiffness(stiffness)
        self.stiffness = float('nan')

    def _task(self, model: RobotModel, target: CartesianTarget) -> Array:
        """Return the wrench (6,) N and Nm on the tcp, base axes."""
        wanted = self._spring.wrench(model, target, self._wrench)
        np.multiply(wanted, self._spring.mobility, out=wanted)
        if self._pushes:
            np.add(wanted, target.acceleration, out=wanted)
        np.subtract(wanted, model.drift, out=wanted)
        wrench = self._inertia.times(wanted)
        return terms.clamp(wrench, self._push_low, self._push_high, wrench)
