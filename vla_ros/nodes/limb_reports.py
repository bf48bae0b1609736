"""Reports of one arm, and of the arms whose joint states share a topic; see `Reports`."""

from vla_ros.nodes import convert, qos
from vla_ros.nodes.base import StageNode
from vla_ros.pipeline.limb_link import LimbLink
from vla_ros.robots.spec import RobotSpec


class LimbReports:
    """What one arm is commanded and feels; see `Reports`."""

    def __init__(self, node: StageNode, spec: RobotSpec, arm: LimbLink, limb: str) -> None:
        """Advertise on `node`."""
        self._frame, self._spec, self._arm = spec.base_frame, spec, arm
        self._stamp = 0  # ns, of what was published last
        self._commanded = node.publish_on(qos.COMMANDED_STATE.of(limb))
        self._measured = [
            (node.publish_on(topic.of(limb)), make)
            for topic, make in (
                (qos.CURRENT_POSE, convert.current_pose),
                (qos.CURRENT_TWIST, convert.current_twist),
                (qos.EXTERNAL_WRENCH, convert.external_wrench),
                (qos.TRACKING_ERROR, convert.tracking_error),
            )
        ]

    def restart(self) -> None:
        """Forget when the last was."""
        self._stamp = 0

    def publish(self) -> None:
        """Publish what is newer than the last."""
        snapshot = self._arm.state()
        # A timer that is late and then early would see the same tick twice.
        if snapshot is None or snapshot.state.stamp <= self._stamp:
            return
        self._stamp = snapshot.state.stamp
        self._commanded.publish(convert.commanded_to_msg(self._spec, snapshot.state))
        for publisher, make in self._measured:
            if publisher.get_subscription_count():
                publisher.publish(make(snapshot, self._frame))


class JointReports:
    """The joint states of the arms that share a topic, in place of their driver's."""

    def __init__(
        self, node: StageNode, topic: str, limbs: list[tuple[RobotSpec, LimbLink]]
    ) -> None:
        """Advertise on `node`."""
        self._limbs, self._stamp = limbs, 0  # ns, of what was published last
        self._publisher = node.publish_on(qos.joint_states(topic))

    def publish(self) -> None:
        """Publish what is newer than the last."""
        found = [(spec, arm.state()) for spec, arm in self._limbs]
        states = [(spec, snapshot.state) for spec, snapshot in found if snapshot is not None]
        if len(states) == len(found) and states[0][1].stamp > self._stamp:
            self._stamp = states[0][1].stamp
            self._publisher.publish(convert.joints_to_msg(states))
