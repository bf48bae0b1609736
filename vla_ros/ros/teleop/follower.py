"""ArmWatch: what the teleoperation node knows of the arm that it moves."""

import math

from sensor_msgs.msg import JointState

from vla_ros.core.data import SECOND, Array, Mode
from vla_ros.observe.joints import JointMap
from vla_ros.robots.spec import ArmSpec
from vla_ros.ros import convert, qos
from vla_ros.ros.stage_node import StageNode
from vla_ros.teleop import Follower
from vla_ros_msgs.msg import CommandedState, ExecutionStatus


_SILENT = 1.5  # s without a status after which the control node is called silent
_OLD = 0.5  # s after which the arm's joints are not known any more


class ArmWatch:
    """Listens to the control node's status and commands, and to the joints if they are needed.

    Attributes:
        cause: why the arm is in its mode, for people.
    """

    def __init__(self, node: StageNode, spec: ArmSpec, joints: bool, limb: str = '') -> None:
        """Subscribe on `node`; `joints`: whether to know the joints too.

        `limb` is the arm's name where the robot has several.
        """
        self.cause = ''
        self._node, self._spec = node, spec
        self._mode, self._opening = Mode.IDLE, spec.gripper.open
        self._heard: int | None = None  # ns, of the last status
        self._joints: tuple[int, Array] | None = None
        self._map = JointMap(spec)
        node.listen(qos.STATUS, self._on_status)
        node.listen(qos.COMMANDED_STATE.of(limb), self._on_commanded)
        if joints:
            node.listen(qos.joint_states(spec.driver.joint_states), self._on_joints)

    def mode(self, now: int) -> Mode | None:
        """Return the mode, or None while the control node is silent."""
        if self._heard is None or now - self._heard > _SILENT * SECOND:
            return None
        return self._mode

    def follower(self, now: int) -> Follower:
        """Return where the arm is."""
        limits, joints = self._spec.gripper, None
        if self._joints is not None and now - self._joints[0] <= _OLD * SECOND:
            joints = self._joints[1]
        part = (self._opening - limits.closed) / (limits.open - limits.closed)
        return Follower(joints, min(max(part, 0.0), 1.0))

    def _on_status(self, message: ExecutionStatus) -> None:
        try:
            status = convert.status_from_msg(message)
        except convert.ConvertError as error:
            self._node.get_logger().error(str(error), throttle_duration_sec=2.0)
            return
        self._heard = self._node.now
        self._mode, self.cause = status.mode, status.cause

    def _on_commanded(self, message: CommandedState) -> None:
        if math.isfinite(message.gripper):
            self._opening = message.gripper

    def _on_joints(self, message: JointState) -> None:
        try:
            joints = convert.joints_from_msg(message, self._map)
        except convert.ConvertError as error:
            self._node.get_logger().error(str(error), throttle_duration_sec=2.0)
            return
        self._joints = self._node.now, joints.position
