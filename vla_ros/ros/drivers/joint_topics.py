"""JointTopics: the measured joints of a limb; its gripper may have a topic of its own."""

from collections.abc import Callable

from sensor_msgs.msg import JointState

from vla_ros.observe.joint_reader import JointReader
from vla_ros.observe.joints import Joints
from vla_ros.robots.joint_group import JointGroupSpec
from vla_ros.robots.spec import ArmSpec
from vla_ros.ros.convert import ConvertError
from vla_ros.ros.qos import joint_states
from vla_ros.ros.stage_node import StageNode


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
        self._reader = JointReader(spec)
        node.listen(joint_states(spec.driver.joint_states), self._on_joints)
        if isinstance(spec, ArmSpec) and spec.driver.gripper_separate:
            node.listen(joint_states(spec.driver.gripper_states), self._on_fingers)

    def _on_joints(self, message: JointState) -> None:
        # What is refused is not passed on: to the control process the driver is silent then.
        try:
            self.refused = self._take(*self._reader.joints(message)) or ''
        except ConvertError as error:
            self.refused = str(error)
        if self.refused:
            self._say(self.refused)

    def _on_fingers(self, message: JointState) -> None:
        try:
            self._reader.fingers(message)
        except ConvertError as error:
            self._say(str(error))

    def _log(self, cause: str) -> None:
        self._node.get_logger().error(cause, throttle_duration_sec=1.0)
