"""Joint impedance: every joint is a spring and a damper towards the target's posture."""

from dataclasses import dataclass

import numpy as np

from vla_ros.control.laws import terms
from vla_ros.control.laws.arm_terms import ArmTerms, ArmTermsConfig
from vla_ros.control.laws.gains import Gains, per_joint, require_gains
from vla_ros.control.laws.law import CartesianTarget, ControlLaw
from vla_ros.core.config import require
from vla_ros.core.data import Array
from vla_ros.robots.model import RobotModel
from vla_ros.robots.spec import ArmSpec


@dataclass(frozen=True, kw_only=True)
class JointImpedanceConfig(ArmTermsConfig):
    """Gains of the joint impedance; the damping follows the stiffness."""

    stiffness: Gains  # Nm/rad
    inertia: Gains = 1.0  # kg m^2 of a joint, for which the damping is meant
    damping_ratio: float = 1.0  # 1: critical for that inertia

    def __post_init__(self) -> None:
        super().__post_init__()
        require_gains(self, 'stiffness', 0.0, 5000.0, 'Nm/rad')
        require_gains(self, 'inertia', 0.001, 10.0, 'kg m^2')
        require(0 < self.damping_ratio <= 3, 'damping_ratio: expected 0..3')


class JointImpedance(ControlLaw):
    """tau = K (q_d - q) + D (q_d' - q') + J^T F_d + what the arm takes.

    q_d is the target's posture, F_d its wrench; the rest is in arm_terms.py.
    """

    tracks = 'joints'

    def __init__(self, config: JointImpedanceConfig, spec: ArmSpec) -> None:
        """Prepare the gains for a robot.

        Raises:
            ValueError: a list of gains without one per joint.
        """
        self.config = config
        self._stiffness = per_joint('stiffness', config.stiffness, spec)
        inertia = per_joint('inertia', config.inertia, spec)
        self._damping = 2 * config.damping_ratio * np.sqrt(self._stiffness * inertia)
        self._arm = ArmTerms(config, spec)
        self.carries_gravity = config.gravity
        self._term = np.zeros(spec.n)

    def torque(self, model: RobotModel, target: CartesianTarget, out: Array) -> Array:
        """Write the joint torque (n,) Nm into out."""
        terms.joint_spring(model, target, self._stiffness, self._damping, self._term, out)
        np.add(out, model.jacobian.T.dot(target.wrench, out=self._term), out=out)
        return self._arm.add(model, target.posture_rate, out)
