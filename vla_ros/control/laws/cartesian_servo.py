"""Cartesian servo: the tcp follows the target, as stiffly as the robot's own servo."""

from vla_ros.control.laws.inverse_kinematics import InverseKinematicsConfig, make_kinematics
from vla_ros.control.laws.law import CartesianTarget, MotionLaw
from vla_ros.core.data import Array
from vla_ros.robots.model import RobotModel
from vla_ros.robots.spec import ArmSpec


class CartesianServo(MotionLaw):
    """The inverse kinematics of the target and nothing else."""

    def __init__(self, config: InverseKinematicsConfig, spec: ArmSpec) -> None:
        """Prepare for a robot."""
        self.config = config
        self._kinematics = make_kinematics(config, spec)

    def reset(self, model: RobotModel, target: CartesianTarget) -> None:
        """Begin where the arm is."""
        self._kinematics.reset(model.q)

    def motion(self, model: RobotModel, target: CartesianTarget, sent: Array, out: Array) -> Array:
        """Write the joint positions (n,) rad into out."""
        out[:] = self._kinematics.step(target, sent)
        return out
