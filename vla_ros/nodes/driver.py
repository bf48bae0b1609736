"""Driver: the topics of a real robot's ROS 2 driver, on both sides of the control process."""

from geometry_msgs.msg import WrenchStamped
import numpy as np
from sensor_msgs.msg import JointState
from std_msgs.msg import Float64

from vla_ros.nodes import convert
from vla_ros.nodes.base import StageNode
from vla_ros.nodes.convert.base import from_time
from vla_ros.nodes.convert.command import OUTPUTS
from vla_ros.nodes.qos import COMMAND, SENSOR, Topic, joint_states
from vla_ros.observe.joints import JointMap
from vla_ros.pipeline.realtime import LimbLink
from vla_ros.robots.spec import RobotSpec


class Driver:
    """Measured joints go in at the driver's rate; commands leave with each of them.

    The control law still runs at its own rate in the control process, and holds on stale joints.
    """

    def __init__(self, node: StageNode, spec: RobotSpec, arm: LimbLink) -> None:
        """Subscribe and advertise on `node`, for one arm."""
        driver = spec.driver
        self._output = OUTPUTS[driver.command_type]
        self._node, self._spec, self._arm = node, spec, arm
        self._map = JointMap(spec)
        self._command = node.publish_on(Topic(driver.command, self._output.type, COMMAND))
        self._gripper = node.publish_on(Topic(driver.gripper_command, Float64, COMMAND))
        self._opening = -1.0
        if spec.force_sensor is not None:
            node.listen(Topic(spec.force_sensor.topic, WrenchStamped, SENSOR), self._on_wrench)
        node.listen(joint_states(driver.joint_states), self._on_joints)

    def _on_wrench(self, message: WrenchStamped) -> None:
        # What is not finite is told apart in the control process, like silence.
        force, torque = message.wrench.force, message.wrench.torque
        reading = (force.x, force.y, force.z, torque.x, torque.y, torque.z)
        self._arm.wrench(from_time(message.header.stamp), np.array(reading))

    def _on_joints(self, message: JointState) -> None:
        try:
            joints = convert.joints_from_msg(message, self._map)
        except convert.ConvertError as error:
            # Not passed on: to the control process the driver is then silent, and the arm holds.
            self._node.get_logger().error(str(error), throttle_duration_sec=1.0)
            return
        self._arm.joint_states(joints.stamp, joints.position, joints.velocity, joints.gripper)
        snapshot = self._arm.state()
        if snapshot is None:
            return
        self._command.publish(self._output.make(snapshot.command, self._spec))
        if snapshot.command.gripper != self._opening:
            self._opening = snapshot.command.gripper
            self._gripper.publish(Float64(data=self._opening))
