"""Torque feedback: what the world does to the joints is answered, beside a soft posture."""

from dataclasses import dataclass

import numpy as np

from vla_ros.control.laws import terms
from vla_ros.control.laws.gains import Gains, per_joint, require_gains
from vla_ros.control.laws.joint_impedance import JointImpedance, JointImpedanceConfig
from vla_ros.control.laws.law import CartesianTarget
from vla_ros.core.data import Array
from vla_ros.robots.model import RobotModel
from vla_ros.robots.spec import ArmSpec


@dataclass(frozen=True, kw_only=True)
class TorqueFeedbackConfig(JointImpedanceConfig):
    """Gains of the torque feedback; the posture's are those of the joint impedance.

    The share decides what it is. Above 0, that much of an outer torque is cancelled: the posture
    is as stiff against the world as 1 / (1 - share) times its gains, without being so in itself.
    Below 0, it is added to: a leader is made to feel what its follower feels. With the arm's own
    torque that is positive feedback; against a stiff wall it is stable only for a damping above
    |share| x inertia x bandwidth of what senses the torque.
    """

    share: Gains = 0.6
    threshold: Gains = (
        0.5  # Nm that are let pass unanswered: noise, and what the model is wrong by
    )
    max_torque: Gains = 10.0  # Nm of the answer

    def __post_init__(self) -> None:
        super().__post_init__()
        require_gains(self, 'share', -0.9, 0.9, 'of the outer torque')
        require_gains(self, 'threshold', 0.0, 50.0, 'Nm')
        require_gains(self, 'max_torque', 0.0, 100.0, 'Nm')


class TorqueFeedback(JointImpedance):
    """tau = tau_joint_impedance - clip(s tau_ext), tau_ext less the threshold."""

    config: TorqueFeedbackConfig

    def __init__(self, config: TorqueFeedbackConfig, spec: ArmSpec) -> None:
        """Prepare the gains for a robot.

        Raises:
            ValueError: a list of gains without one per joint.
        """
        super().__init__(config, spec)
        self._share = per_joint('share', config.share, spec)
        self._threshold = per_joint('threshold', config.threshold, spec)
        self._most = per_joint('max_torque', config.max_torque, spec)
        self._least = -self._most
        self._answer = np.zeros(spec.n)

    def torque(self, model: RobotModel, target: CartesianTarget, out: Array) -> Array:
        """Write the joint torque (n,) Nm into out."""
        super().torque(model, target, out)
        answer = self._answer
        terms.dead_zone(model.external_torque, self._threshold, self._term, answer)
        np.multiply(answer, self._share, out=answer)
        terms.clamp(answer, self._least, self._most, answer)
        return np.subtract(out, answer, out=out)
