"""What every torque law adds to its own: friction, Coriolis, gravity, joint-limit repulsion."""

from dataclasses import dataclass

import numpy as np

from vla_ros.control.laws import terms
from vla_ros.core.config import require
from vla_ros.core.data import Array
from vla_ros.robots.model import RobotModel
from vla_ros.robots.spec import ArmSpec


@dataclass(frozen=True, kw_only=True)
class ArmTermsConfig:
    """Which of the arm's own torques a law compensates."""

    gravity: bool = True  # False: another holds the weight, and not the robot by its driver
    coriolis: bool = True
    friction: bool = True  # as the spec gives it, of the wanted motion
    friction_speed: float = 0.05  # rad/s at which three quarters of dry friction are compensated
    limit_range: float = 0.1  # rad from a joint limit at which the repulsion sets in
    limit_torque: float = 5.0  # Nm, of the repulsion at the limit

    def __post_init__(self) -> None:
        require(0.001 <= self.friction_speed <= 1, 'friction_speed: expected 0.001..1 rad/s')
        require(0 < self.limit_range < 1, 'limit_range: expected 0..1 rad')
        require(0 <= self.limit_torque <= 5000, 'limit_torque: expected 0..5000 Nm')


class ArmTerms:
    """tau_friction + tau_limits + c + g, as far as they are asked for.

    Attributes:
        viscous: (n,) Nms/rad. dry: (n,) Nm. What is compensated; zero if nothing is.
        rubs: whether any is.
        low: (n,) rad. high: (n,) rad. Beyond these the joints are repelled, by
        slope: Nm/rad.
    """

    def __init__(self, config: ArmTermsConfig, spec: ArmSpec) -> None:
        """Prepare for a robot."""
        self.config = config
        share = 1.0 if config.friction else 0.0
        self.viscous = share * spec.joint_array('damping')
        self.dry = share * spec.joint_array('friction')
        self.low = spec.joint_array('lower') + config.limit_range
        self.high = spec.joint_array('upper') - config.limit_range
        self.slope = config.limit_torque / config.limit_range
        self.rubs = bool(self.viscous.any() or self.dry.any())
        self._term, self._speed, self._low, self._high = np.zeros((4, spec.n))

    def add(self, model: RobotModel, wanted: Array, out: Array) -> Array:
        """Add the terms at the model's last update to out (n,) Nm; return out.

        Friction is that of the `wanted` joint velocity (n,) rad/s, as far as the joint has it. So
        friction goes on damping, for nothing, all motion that is not wanted; and the arm is given
        no more power than friction takes: it stays passive as long as the spec is not too high.
        """
        term, config = self._term, self.config
        if self.slope:
            terms.joint_limit_repulsion(model.q, self.low, self.high, self.slope, term)
            np.add(out, term, out=out)
        if self.rubs:
            np.minimum(model.dq, 0.0, out=self._low)
            np.maximum(model.dq, 0.0, out=self._high)
            speed = terms.clamp(wanted, self._low, self._high, self._speed)
            terms.friction(speed, self.viscous, self.dry, config.friction_speed, self._low, term)
            np.add(out, term, out=out)
        if config.coriolis and config.gravity:
            return np.add(out, model.bias, out=out)
        if config.coriolis:
            return np.add(out, model.coriolis, out=out)
        return np.add(out, model.gravity, out=out) if config.gravity else out
