"""The control node in front of a real robot's driver, whose side of the topics the test plays."""

import math
import time

from control_bench import ControlBench
from geometry_msgs.msg import WrenchStamped
import numpy as np
from sensor_msgs.msg import JointState
from std_msgs.msg import Float64MultiArray

from vla_ros.robots import ArmSpec
from vla_ros.robots.model import RobotModel
from vla_ros.ros import convert, qos


class DriverBench(ControlBench):
    """The node, the driver's side of its topics, and what came back.

    The joints stand still at home; the force sensor, where there is one, feels the tool's weight.
    """

    def __init__(self, bench, spec: ArmSpec, robot: str = ''):
        """Start the node for `robot`, a name or path; empty: the spec's."""
        self.spec, sensor = spec, spec.force_sensor
        command = qos.Topic(spec.driver.command, Float64MultiArray, qos.COMMAND)
        self.commands = bench.listen(command)
        super().__init__(bench, sim='none', robot=robot or spec.name)
        self.model = RobotModel(spec)  # at home
        names = (*spec.joint_names, *spec.gripper.joints)
        fingers = [spec.gripper.open / 2] * len(spec.gripper.joints)
        self.position = dict(zip(names, [*spec.home, *fingers], strict=True))
        self._joints = qos.Topic(spec.driver.joint_states, JointState, qos.SENSOR)
        self._heard = 0
        self.effort = {}  # Nm, by joint; empty: the driver does not say
        self.reading = None  # (6,) N and Nm, sensor frame; None: silent
        if sensor is not None:
            self._wrench = qos.Topic(sensor.topic, WrenchStamped, qos.SENSOR)
            self.reading = self.weight()

    def weight(self, force=(0.0, 0.0, 0.0)):
        """Return what the force sensor reads with a force (3,) N, base axes, on the tcp."""
        sensor, model = self.spec.force_sensor, self.model
        axes, origin = model.tool_frame(sensor.frame)
        turn = model.rotation @ axes
        push, down = turn.T @ np.array(force), turn.T @ (sensor.tool_mass * model.free_fall)
        tcp, centre = -axes.T @ origin, np.array(sensor.tool_centre)
        return np.r_[push + down, np.cross(tcp, push) + np.cross(centre, down)]

    def joints(self, names=None):
        """Publish the joints, at rest, in any order, and the wrench."""
        stamp = convert.to_time(time.time_ns())
        if self.reading is not None:
            message = WrenchStamped()
            message.header.stamp = stamp
            parts = message.wrench.force, message.wrench.torque
            for part, values in zip(parts, self.reading.reshape(2, 3).tolist(), strict=True):
                part.x, part.y, part.z = values
            self.bench.send(self._wrench, message)
        message = JointState(name=list(names or self.position))
        message.header.stamp = stamp
        message.position = [float(self.position[name]) for name in message.name]
        message.velocity = [0.0] * len(message.name)
        if self.effort:
            message.effort = [self.effort.get(name, math.nan) for name in message.name]
        self.bench.send(self._joints, message)

    def feed(self, done, words, names=None, timeout=10.0):
        """Publish joint states at 100 Hz until done."""
        self.repeat(lambda: self.joints(names), 0.01, done, words, timeout)

    def quiet(self):
        """Return whether no command has come since the last call."""
        before, self._heard = self._heard, len(self.commands)
        return before == self._heard
