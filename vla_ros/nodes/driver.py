"""Driver: the topics of a real robot's ROS 2 driver, on both sides of the control process."""

from collections.abc import Callable

from geometry_msgs.msg import WrenchStamped
import numpy as np
from sensor_msgs.msg import JointState
from std_msgs.msg import Float64, Float64MultiArray

from vla_ros.data import Array, Command
from vla_ros.nodes import convert
from vla_ros.nodes.base import StageNode
from vla_ros.nodes.convert.base import from_time
from vla_ros.nodes.convert.command import OUTPUTS, fingers, group
from vla_ros.nodes.qos import COMMAND, SENSOR, Topic, joint_states
from vla_ros.observe.joints import JointMap, Joints
from vla_ros.pipeline.limb_link import LimbLink
from vla_ros.robots.driver import EACH
from vla_ros.robots.posture import PostureSpec
from vla_ros.robots.spec import RobotSpec


class Driver:
    """Measured joints go in at the driver's rate; commands leave with each of them.

    The control law still runs at its own rate in the control process, and holds on stale joints.
    """

    def __init__(self, node: StageNode, spec: RobotSpec, arm: LimbLink) -> None:
        """Subscribe and advertise on `node`, for one arm."""
        driver = spec.driver
        self._arm = arm
        self._send = _sender(node, spec)
        self._grip = _gripper_sender(node, spec)
        self._opening = -1.0
        if spec.force_sensor is not None:
            node.listen(Topic(spec.force_sensor.topic, WrenchStamped, SENSOR), self._on_wrench)
        self._joints = JointStates(node, driver.joint_states, spec, self._on_joints)

    @property
    def refused(self) -> str:
        """Why the newest joint states were refused; '' when they were not."""
        return self._joints.refused

    def stand(self) -> None:
        """Do nothing: the control process holds the arm as long as it is commanded."""

    def _on_wrench(self, message: WrenchStamped) -> None:
        # What is not finite is told apart in the control process, like silence.
        force, torque = message.wrench.force, message.wrench.torque
        reading = (force.x, force.y, force.z, torque.x, torque.y, torque.z)
        self._arm.wrench(from_time(message.header.stamp), np.array(reading))

    def _on_joints(self, joints: Joints) -> None:
        self._arm.joint_states(joints.stamp, joints.position, joints.velocity, joints.gripper)
        snapshot = self._arm.state()
        if snapshot is None:
            return
        self._send(snapshot.command)
        if snapshot.command.gripper != self._opening:
            self._opening = snapshot.command.gripper
            self._grip(self._opening)


def _sender(node: StageNode, spec: RobotSpec) -> Callable[[Command], None]:
    """Return what publishes commands of the driver's type."""
    driver, output = spec.driver, OUTPUTS[spec.driver.command_type]
    if EACH in driver.command and output.values is not None:
        values, send = output.values, each_joint(node, driver.command, spec.joint_names)
        return lambda command: send(values(command))
    publisher = node.publish_on(Topic(driver.command, output.type, COMMAND))
    return lambda command: publisher.publish(output.make(command, spec))


def _gripper_sender(node: StageNode, spec: RobotSpec) -> Callable[[float], None]:
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


class JointStates:
    """The joints of a limb in its driver's messages, by name.

    Attributes:
        refused: why the newest message was refused; '' when it was not.
    """

    def __init__(
        self,
        node: StageNode,
        topic: str,
        spec: RobotSpec | PostureSpec,
        take: Callable[[Joints], None],
    ) -> None:
        """Subscribe on `node`; `take` is called with the joints of every message."""
        self._node, self._take, self._known = node, take, JointMap(spec)
        self.refused = ''
        node.listen(joint_states(topic), self._heard)

    def _heard(self, message: JointState) -> None:
        try:
            joints = convert.joints_from_msg(message, self._known)
        except convert.ConvertError as error:
            # Not passed on: to the control process the driver is then silent, and all holds.
            self.refused = str(error)
            self._node.get_logger().error(self.refused, throttle_duration_sec=1.0)
            return
        self.refused = ''
        self._take(joints)


def each_joint(node: StageNode, name: str, joints: tuple[str, ...]) -> Callable[[Array], None]:
    """Return what publishes a number for each joint on a topic of its own."""
    topics = [Topic(name.replace(EACH, joint), Float64, COMMAND) for joint in joints]
    publishers = [node.publish_on(topic) for topic in topics]

    def send(values: Array) -> None:
        for publisher, value in zip(publishers, values.tolist(), strict=True):
            publisher.publish(Float64(data=value))

    return send
