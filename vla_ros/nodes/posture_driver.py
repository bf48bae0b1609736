"""PostureDriver: the topics of a posture's ROS 2 driver, on both sides of the control process."""

from collections.abc import Callable

from vla_ros.nodes.base import StageNode
from vla_ros.nodes.convert.trunk import OUTPUTS
from vla_ros.nodes.driver import JointStates, each_joint
from vla_ros.nodes.qos import COMMAND, Topic
from vla_ros.observe.joints import Joints
from vla_ros.pipeline.limb_link import LimbLink
from vla_ros.pipeline.wire_limb import PostureSnapshot
from vla_ros.robots.driver import EACH
from vla_ros.robots.posture import PostureSpec


class PostureDriver:
    """Measured joints go in at the driver's rate; commands leave with each of them."""

    def __init__(self, node: StageNode, spec: PostureSpec, limb: LimbLink) -> None:
        """Subscribe and advertise on `node`."""
        self._limb = limb
        self._send = _sender(node, spec)
        self._joints = JointStates(node, spec.driver.joint_states, spec, self._on_joints)

    @property
    def refused(self) -> str:
        """Why the newest joint states were refused; '' when they were not."""
        return self._joints.refused

    def stand(self) -> None:
        """Do nothing: a posture holds what it was sent last."""

    def _on_joints(self, joints: Joints) -> None:
        self._limb.joint_states(joints.stamp, joints.position, joints.velocity, joints.gripper)
        snapshot = self._limb.posture()
        if snapshot is not None:
            self._send(snapshot)


def _sender(node: StageNode, spec: PostureSpec) -> Callable[[PostureSnapshot], None]:
    """Return what publishes commands of the driver's type."""
    driver = spec.driver
    if EACH in driver.command:
        send = each_joint(node, driver.command, spec.joint_names)
        return lambda snapshot: send(snapshot.state.commanded)
    output = OUTPUTS[driver.command_type]
    publisher = node.publish_on(Topic(driver.command, output.type, COMMAND))
    return lambda snapshot: publisher.publish(output.make(snapshot, spec))
