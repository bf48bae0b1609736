"""JointTopics: the measured joints of a limb; its gripper may have a topic of its own."""

from collections.abc import Callable
from dataclasses import replace

from sensor_msgs.msg import JointState

from vla_ros.core.data import SECOND
from vla_ros.observe.joints import FingerMap, JointError, JointMap, Joints
from vla_ros.robots.joint_group import JointGroupSpec
from vla_ros.robots.spec import ArmSpec
from vla_ros.ros import convert
from vla_ros.ros.convert.fields import from_time
from vla_ros.ros.qos import joint_states
from vla_ros.ros.stage_node import StageNode


_SILENT = 0.5  # s for which what a gripper has said is believed: its driver may be slow (30 Hz)


class JointTopics:
    """Hears of a limb's joints, by name, and of its opening.

    Attributes:
        refused: why the newest sample was refused; '' when it was not.
    """

    def __init__(
        self,
        node: StageNode,
        spec: ArmSpec | JointGroupSpec,
        take: Callable[[Joints, str], str | None],
        say: Callable[[str], None] | None = None,
    ) -> None:
        """Subscribe on `node`.

        Args:
            node: configures.
            spec: of the limb.
            take: called with every sample, and with why its opening is old, if it is; it may
                return why the sample is refused.
            say: called with the cause of all that is refused; None: it is logged as an error.
        """
        self._node, self._take, self.refused = node, take, ''
        self._say = say or self._log
        self._joints = JointMap(spec)
        self._fingers: FingerMap | None = None
        self._opening: tuple[int, float] | None = None  # ns and m, newest
        node.listen(joint_states(spec.driver.joint_states), self._on_joints)
        if isinstance(spec, ArmSpec) and spec.driver.gripper_apart:
            self._fingers = FingerMap(spec)
            node.listen(joint_states(spec.driver.gripper_states), self._on_fingers)

    def _on_joints(self, message: JointState) -> None:
        # What is refused is not passed on: to the control process the driver is silent then.
        try:
            joints, doubt = convert.joints_from_msg(message, self._joints), ''
            if self._fingers is not None:
                joints, doubt = self._with_opening(joints)
            self.refused = self._take(joints, doubt) or ''
        except convert.ConvertError as error:
            self.refused = str(error)
        if self.refused:
            self._say(self.refused)

    def _on_fingers(self, message: JointState) -> None:
        assert self._fingers is not None  # it is subscribed to with them
        try:
            opening = self._fingers.read(message.name, message.position)
            self._opening = from_time(message.header.stamp), opening
        except JointError as error:
            self._say(str(error))

    def _with_opening(self, joints: Joints) -> tuple[Joints, str]:
        """Return the sample with the newest opening, and why that is old; '' when it is not."""
        if self._opening is None:
            raise convert.ConvertError('gripper_states: not heard of yet')
        stamp, opening = self._opening
        apart = abs(joints.stamp - stamp) / SECOND
        old = f'gripper_states: {apart:.2f} s from joint_states, expected at most {_SILENT} s'
        return replace(joints, gripper=opening), old if apart > _SILENT else ''

    def _log(self, cause: str) -> None:
        self._node.get_logger().error(cause, throttle_duration_sec=1.0)
