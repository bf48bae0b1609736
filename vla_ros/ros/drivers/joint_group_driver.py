"""JointGroupDriver: the ROS 2 driver's topics of a joint group, both ways."""

from collections.abc import Callable

from vla_ros.core.data import Array
from vla_ros.observe.joints import Joints
from vla_ros.robots.driver import EACH
from vla_ros.robots.joint_group import JointGroupSpec
from vla_ros.ros.convert.limbs import OUTPUTS
from vla_ros.ros.drivers.arm_driver import each_joint
from vla_ros.ros.drivers.command_sender import CommandSender
from vla_ros.ros.drivers.joint_topics import JointTopics
from vla_ros.ros.qos import COMMAND, Topic
from vla_ros.ros.stage_node import StageNode
from vla_ros.runtime.limb_link import LimbLink
from vla_ros.runtime.shm_limb import JointGroupSnapshot


class JointGroupDriver:
    """As `Driver`, for a joint group."""

    def __init__(self, node: StageNode, spec: JointGroupSpec, limb: LimbLink) -> None:
        """Subscribe and advertise on `node`."""
        self._limb = limb
        self._publish = _sender(node, spec)
        self._sender = CommandSender(node, self._send, spec.driver.stale_after)
        self._joints = JointTopics(node, spec, self._on_joints)

    @property
    def refused(self) -> str:
        """Why the newest joint states were refused; '' when they were not."""
        return self._joints.refused

    def send_stop(self) -> None:
        """Send what stops it: nothing is sent after that."""
        self._sender.send_stop(self._velocity)

    def _velocity(self) -> Array | None:
        snapshot = self._limb.joint_group(lost=True)
        return None if snapshot is None else snapshot.velocity

    def _on_joints(self, joints: Joints, doubt: str) -> None:
        self._limb.joint_states(
            joints.stamp, joints.position, joints.velocity, joints.gripper, effort=joints.effort
        )
        self._sender.measured()

    def _send(self, lost: bool) -> bool:
        snapshot = self._limb.joint_group(lost=lost)
        if snapshot is None:
            return False
        self._publish(snapshot)
        return True


def _sender(node: StageNode, spec: JointGroupSpec) -> Callable[[JointGroupSnapshot], None]:
    """Return what publishes commands of the driver's type."""
    driver = spec.driver
    if EACH in driver.command:
        send = each_joint(node, driver.command, spec.joint_names)
        return lambda snapshot: send(snapshot.state.commanded)
    output = OUTPUTS[driver.command_type]
    publisher = node.publish_on(Topic(driver.command, output.type, COMMAND))
    return lambda snapshot: publisher.publish(output.make(snapshot, spec))
