"""What a compliant tcp is to feel like, shared by the laws that have a Cartesian stiffness."""

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from vla_ros.control.limits.stiffness import damping_matrix, require_softer
from vla_ros.core.config import require
from vla_ros.core.data import Array


@dataclass(frozen=True, kw_only=True)
class ComplianceConfig:
    """A spring and the damping that follows it, also when another spring is set later."""

    damping_ratio_max: ClassVar[float] = 3.0  # that may be configured

    k_pos: float = 500.0  # N/m
    k_rot: float = 30.0  # Nm/rad
    mass: float = 5.0  # kg of the tcp, for which the damping is meant
    inertia: float = 0.2  # kg m^2, likewise
    damping_ratio: float = 1.0  # of the oscillation in every direction; 1: critical
    least_speed: float = 1.0  # rad/s; softer axes are damped as if sqrt(k / mass) were this much
    frame: Literal['base', 'tool'] = 'base'  # whose axes stiffness and damping are along
    k_pos_max: float = 5000.0  # N/m that may be set, in any direction
    k_rot_max: float = 300.0  # Nm/rad, likewise

    def __post_init__(self) -> None:
        require(0 < self.k_pos_max <= 5000, 'k_pos_max: expected 0..5000 N/m')
        require(0 < self.k_rot_max <= 300, 'k_rot_max: expected 0..300 Nm/rad')
        require(0 <= self.k_pos <= self.k_pos_max, f'k_pos: expected 0..{self.k_pos_max:g} N/m')
        require(0 <= self.k_rot <= self.k_rot_max, f'k_rot: expected 0..{self.k_rot_max:g} Nm/rad')
        require(0.1 <= self.mass <= 100, 'mass: expected 0.1..100 kg')
        require(0.001 <= self.inertia <= 10, 'inertia: expected 0.001..10 kg m^2')
        most = self.damping_ratio_max
        require(0 < self.damping_ratio <= most, f'damping_ratio: expected 0..{most:g}')
        require(0 <= self.least_speed <= 10, 'least_speed: expected 0..10 rad/s')

    @property
    def stiffness(self) -> Array:
        """(6, 6) N/m and Nm/rad: the configured one."""
        return np.diag(six(self.k_pos, self.k_rot))

    @property
    def masses(self) -> Array:
        """(6,) kg and kg m^2."""
        return six(self.mass, self.inertia)

    def damping(self, stiffness: Array) -> Array:
        """Return the damping (6, 6) that goes with a stiffness (6, 6), positive semi-definite.

        Raises:
            ValueError: it is above the greatest that may be set.
        """
        require_softer(stiffness, self.k_pos_max, self.k_rot_max)
        return damping_matrix(stiffness, self.masses, self.damping_ratio, self.least_speed)


def six(linear: float, angular: float) -> Array:
    """Return (6,): one number for the linear axes, one for the angular ones."""
    return np.array([linear] * 3 + [angular] * 3)
