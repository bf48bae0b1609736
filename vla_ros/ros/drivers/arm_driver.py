"""Driver: the topics of a real robot's ROS 2 driver, on both sides of the control process."""

from collections.abc import Callable
from dataclasses import replace
import time

from geometry_msgs.msg import WrenchStamped
import numpy as np
from std_msgs.msg import Float64, Float64MultiArray

from vla_ros.control.loops.supervisor import Event
from vla_ros.core.data import Array, Command
from vla_ros.observe.joints import Joints
from vla_ros.robots.driver import EACH
from vla_ros.robots.model import RobotModel
from vla_ros.robots.spec import ArmSpec
from vla_ros.ros.convert.command import OUTPUTS, fingers, group
from vla_ros.ros.convert.fields import from_time
from vla_ros.ros.drivers.command_sender import CommandSender
from vla_ros.ros.drivers.joint_topics import JointTopics
from vla_ros.ros.qos import COMMAND, SENSOR, Topic
from vla_ros.ros.stage_node import StageNode
from vla_ros.runtime.limb_link import LimbLink


_DOUBT = 0.5  # s between two reports of a gripper that is silent


class Driver:
    """Measured joints go in at the driver's rate; commands leave with each of them.

    The control law still runs at its own rate in the control process, and holds on stale joints:
    that leaves, too.
    """

    def __init__(self, node: StageNode, spec: ArmSpec, arm: LimbLink) -> None:
        """Subscribe and advertise on `node`, for one arm."""
        self._arm = arm
        self._publish = _sender(node, spec)
        self._grip = _gripper_sender(node, spec)
        self._opening, self._doubted = -1.0, float('-inf')
        self._carried = spec.driver.gravity == 'robot'
        effort = spec.driver.command_type == 'effort'
        self._model = RobotModel(spec) if effort else None  # for what the arm weighs
        if spec.force_sensor is not None:
            node.listen(Topic(spec.force_sensor.topic, WrenchStamped, SENSOR), self._on_wrench)
        self._sender = CommandSender(node, self._send, spec.driver.stale_after)
        self._joints = JointTopics(node, spec, self._on_joints)

    @property
    def refused(self) -> str:
        """Why the newest joint states were refused; '' when they were not."""
        return self._joints.refused

    def send_stop(self) -> None:
        """Send what stops the arm: nothing is sent after that."""
        snapshot = self._arm.state(lost=True)
        if snapshot is None:
            return
        if self._model is not None:
            # A torque that goes on for ever must not push: it carries the arm, no more.
            self._publish(self._lightened(replace(snapshot.command, torque=self._model.gravity)))
        else:
            self._sender.send_stop(self._velocity)

    def _velocity(self) -> Array | None:
        snapshot = self._arm.state(lost=True)
        return None if snapshot is None else snapshot.command.velocity

    def _on_wrench(self, message: WrenchStamped) -> None:
        # What is not finite is told apart in the control process, like silence.
        force, torque = message.wrench.force, message.wrench.torque
        reading = (force.x, force.y, force.z, torque.x, torque.y, torque.z)
        self._arm.wrench(from_time(message.header.stamp), np.array(reading))

    def _on_joints(self, joints: Joints, doubt: str) -> None:
        if doubt and time.monotonic() > self._doubted + _DOUBT:
            # The arm stays in hand, but does nothing more.
            self._doubted = time.monotonic()
            self._arm.post(Event.STALE, f'hardware: {doubt}')
        self._arm.joint_states(
            joints.stamp, joints.position, joints.velocity, joints.gripper, effort=joints.effort
        )
        if self._model is not None:
            self._model.update(joints.position, joints.velocity)
        self._sender.measured()

    def _send(self, lost: bool) -> bool:
        snapshot = self._arm.state(lost=lost)
        if snapshot is None:
            return False
        command = snapshot.command
        self._publish(self._lightened(command))
        if command.gripper != self._opening:
            self._opening = command.gripper
            self._grip(self._opening)
        return True

    def _lightened(self, command: Command) -> Command:
        """Return the command without the torque that the robot adds by itself.

        It is left out last: until here all that limits and estimates torques knows the whole.
        """
        if self._model is None or not self._carried:
            return command
        return replace(command, torque=command.torque - self._model.gravity)


def _sender(node: StageNode, spec: ArmSpec) -> Callable[[Command], None]:
    """Return what publishes commands of the driver's type."""
    driver, output = spec.driver, OUTPUTS[spec.driver.command_type]
    if EACH in driver.command and output.values is not None:
        values, send = output.values, each_joint(node, driver.command, spec.joint_names)
        return lambda command: send(values(command))
    publisher = node.publish_on(Topic(driver.command, output.type, COMMAND))
    return lambda command: publisher.publish(output.make(command, spec))


def _gripper_sender(node: StageNode, spec: ArmSpec) -> Callable[[float], None]:
    """Return what publishes openings, m, of the driver's type."""
    driver, name = spec.driver, spec.driver.gripper_command
    if driver.gripper_type == 'with_arm':
        return lambda opening: None  # it stands in the arm's commands
    if EACH in name:
        send = each_joint(node, name, spec.gripper.joints)
        return lambda opening: send(fingers(opening, spec))
    if driver.gripper_type == 'fingers':
        publisher = node.publish_on(Topic(name, Float64MultiArray, COMMAND))
        return lambda opening: publisher.publish(group(fingers(opening, spec)))
    publisher = node.publish_on(Topic(name, Float64, COMMAND))
    return lambda opening: publisher.publish(Float64(data=opening))


def each_joint(node: StageNode, name: str, joints: tuple[str, ...]) -> Callable[[Array], None]:
    """Return what publishes a number for each joint on a topic of its own."""
    topics = [Topic(name.replace(EACH, joint), Float64, COMMAND) for joint in joints]
    publishers = [node.publish_on(topic) for topic in topics]

    def send(values: Array) -> None:
        for publisher, value in zip(publishers, values.tolist(), strict=True):
            publisher.publish(Float64(data=value))

    return send
