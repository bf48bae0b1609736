"""Gravity compensation: the arm carries itself and resists motion; the target is ignored."""

from dataclasses import dataclass

import numpy as np

from vla_ros.control.laws.arm_terms import ArmTerms, ArmTermsConfig
from vla_ros.control.laws.gains import Gains, per_joint, require_gains
from vla_ros.control.laws.law import CartesianTarget, ControlLaw
from vla_ros.core.data import Array
from vla_ros.robots.model import RobotModel
from vla_ros.robots.spec import ArmSpec


@dataclass(frozen=True, kw_only=True)
class GravityCompensationConfig(ArmTermsConfig):
    """Gains of the gravity compensation: heavy for STOP, light for guiding by hand."""

    damping: Gains  # Nms/rad

    def __post_init__(self) -> None:
        super().__post_init__()
        require_gains(self, 'damping', 0.0, 500.0, 'Nms/rad')


class GravityCompensation(ControlLaw):
    """tau = -D q' + what the arm takes, which is in arm_terms.py.

    All motion is taken as wanted, so D has to exceed what the spec might claim too much friction.
    """

    tracks = 'hand'

    def __init__(self, config: GravityCompensationConfig, spec: ArmSpec) -> None:
        """Prepare the gains for a robot.

        Raises:
            ValueError: a list of gains without one per joint.
        """
        self.config = config
        self._gain = -per_joint('damping', config.damping, spec)
        self._arm = ArmTerms(config, spec)
        self.carries_gravity = config.gravity

    def torque(self, model: RobotModel, target: CartesianTarget, out: Array) -> Array:
        """Write the joint torque (n,) Nm into out."""
        np.multiply(self._gain, model.dq, out=out)
        return self._arm.add(model, model.dq, out)
