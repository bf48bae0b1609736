"""Actuator: one tick of a law, and what is between it and the motors: torques or positions."""

from abc import ABC, abstractmethod
import time

import numpy as np

from vla_ros.control.laws.inverse_kinematics import InverseKinematicsConfig, make_kinematics
from vla_ros.control.laws.law import CartesianTarget, ControlLaw, MotionLaw
from vla_ros.control.limits.joint_limits import JointTracker
from vla_ros.control.limits.limiter import Limiter
from vla_ros.core.data import Array
from vla_ros.robots.model import RobotModel
from vla_ros.robots.spec import ArmSpec
from vla_ros.tabletop.world.hardware import SimHardware


class Actuator(ABC):
    """Sends what the law makes of a tick.

    Attributes:
        spent: s of processor time in the law, of each tick.
    """

    def __init__(self, hardware: SimHardware) -> None:
        """Drive the simulation's motors."""
        self._hardware = hardware
        self.spent: list[float] = []

    @abstractmethod
    def tick(self, model: RobotModel, target: CartesianTarget) -> None:
        """Do one tick at the model's last update."""


class EffortActuator(Actuator):
    """Torques, within the robot's limits."""

    def __init__(self, law: ControlLaw, model: RobotModel, hardware: SimHardware) -> None:
        """Start from the torque of gravity."""
        super().__init__(hardware)
        self._law = law
        self._limiter = Limiter(model.spec, 1 / model.spec.control_rate)
        self._limiter.reset(model)
        self._asked, self._sent = np.zeros((2, model.spec.n))

    def tick(self, model: RobotModel, target: CartesianTarget) -> None:
        """Do one tick at the model's last update."""
        begin = time.perf_counter()
        self._law.torque(model, target, self._asked)
        self.spent.append(time.perf_counter() - begin)
        self._limiter.torque(self._asked, model, self._sent)
        self._hardware.write(self._sent, 0.0)


class MotionActuator(Actuator):
    """Joint positions, within the joints' limits, for the robot's own servo."""

    def __init__(self, law: MotionLaw, model: RobotModel, hardware: SimHardware) -> None:
        """Start where the arm is."""
        super().__init__(hardware)
        self._law, self._asked = law, np.zeros(model.spec.n)
        self._joints = JointTracker(model.spec, 1 / model.spec.control_rate)
        self._joints.reset(model.q)

    def tick(self, model: RobotModel, target: CartesianTarget) -> None:
        """Do one tick at the model's last update."""
        begin = time.perf_counter()
        self._law.motion(model, target, self._joints.position, self._asked)
        self.spent.append(time.perf_counter() - begin)
        self._joints.step(self._asked)
        self._hardware.move(self._joints.position, self._joints.velocity, 0.0)


def make_actuator(law: ControlLaw, model: RobotModel, hardware: SimHardware) -> Actuator:
    """Return the actuator for what the law makes."""
    if isinstance(law, MotionLaw):
        return MotionActuator(law, model, hardware)
    return EffortActuator(law, model, hardware)


class PostureLeader:
    """The joint positions of a moving tcp, for laws that follow joints instead of a pose."""

    def __init__(self, spec: ArmSpec, start: Array) -> None:
        """Start at joint positions (n,) rad."""
        self._kinematics = make_kinematics(InverseKinematicsConfig(rate=1000.0), spec)
        self._kinematics.reset(start)
        self._path, self._rate = CartesianTarget(start), spec.control_rate

    def lead(self, target: CartesianTarget) -> None:
        """Write the posture of the target's pose, and its rate, into the target."""
        path, kinematics = self._path, self._kinematics
        path.set(tuple(target.position), tuple(target.quaternion), target.twist.tolist())
        np.negative(kinematics.q, out=target.posture_rate)
        target.posture[:] = kinematics.step(path, kinematics.q)
        target.posture_rate += target.posture
        target.posture_rate *= self._rate
        if not target.twist.any():
            # A step has no velocity, however fast the kinematics go there.
            target.posture_rate[:] = 0.0
