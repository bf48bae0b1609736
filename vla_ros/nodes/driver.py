"""Driver: the topics of a real robot's ROS 2 driver, on both sides of the control process."""

from geometry_msgs.msg import PoseStamped
from sensor_msgs.msg import JointState
from std_msgs.msg import Float64, Float64MultiArray

from vla_ros.config import ConfigError
from vla_ros.nodes import convert
from vla_ros.nodes.base import StageNode
from vla_ros.nodes.convert.base import header, packed, to_pose
from vla_ros.nodes.qos import COMMAND, SENSOR, Topic
from vla_ros.observe.joints import JointMap
from vla_ros.pipeline.realtime import RealtimeProcess
from vla_ros.robots.spec import RobotSpec


class Driver:
    """Measured joints go in at the driver's rate; commands leave with each of them.

    The control law still runs at its own rate in the control process, and holds on stale joints.
    """

    def __init__(self, node: StageNode, spec: RobotSpec, arm: RealtimeProcess) -> None:
        """Subscribe and advertise on `node`; raises ConfigError for a command type not known."""
        driver = spec.driver
        if driver.command_type not in ('effort', 'pose'):
            raise ConfigError(
                f"driver.command_type: {driver.command_type!r} is not one of ['effort', 'pose']"
            )
        kind = Float64MultiArray if driver.command_type == 'effort' else PoseStamped
        self._node, self._spec, self._arm = node, spec, arm
        self._map = JointMap(spec)
        self._command = node.publish_on(Topic(driver.command, kind, COMMAND))
        self._gripper = node.publish_on(Topic(driver.gripper_command, Float64, COMMAND))
        self._opening = -1.0
        node.listen(Topic(driver.joint_states, JointState, SENSOR), self._on_joints)

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
        if self._spec.driver.command_type == 'effort':
            self._command.publish(Float64MultiArray(data=packed(snapshot.command.torque, 'd')))
        else:
            stamped = header(snapshot.command.stamp, self._spec.base_frame)
            pose = to_pose(snapshot.command.target)
            self._command.publish(PoseStamped(header=stamped, pose=pose))
        if snapshot.command.gripper != self._opening:
            self._opening = snapshot.command.gripper
            self._gripper.publish(Float64(data=self._opening))
