"""LimbFeed: what is measured of a limb and what it is commanded, given to an Aligner."""

from collections.abc import Callable
from typing import Any

from vla_ros.observe import Aligner, JointMap
from vla_ros.robots.body import LimbSpec
from vla_ros.robots.joint_group import JointGroupSpec
from vla_ros.robots.mobile_base import MobileBaseSpec
from vla_ros.robots.spec import ArmSpec
from vla_ros.ros import convert, qos
from vla_ros.ros.convert import limbs as trunk
from vla_ros.ros.drivers.joint_topics import JointTopics
from vla_ros.ros.stage_node import StageNode


class LimbFeed:
    """The subscriptions that are of one limb."""

    def __init__(
        self,
        node: StageNode,
        aligner: Aligner,
        index: int,
        name: str,
        spec: LimbSpec,
        say: Callable[[str], None],
    ) -> None:
        """Subscribe on `node`, for limb number `index`, called `name` in topics.

        `say` is called with the cause of everything that is refused.
        """
        self._node, self._aligner, self._index, self._say = node, aligner, index, say
        if isinstance(spec, MobileBaseSpec):
            self._feed_mobile_base(name, spec)
            return
        JointTopics(
            node, spec, lambda joints, old: old or aligner.offer_joints(joints, index), say
        )
        if isinstance(spec, JointGroupSpec):
            self._feed_joint_group(name, spec)
        else:
            self._feed_arm(name, spec)

    def _feed_arm(self, name: str, spec: ArmSpec) -> None:
        self._take(
            qos.COMMANDED_STATE.of(name),
            lambda m: self._aligner.offer_command(*convert.commanded_from_msg(m), self._index),
        )

    def _feed_joint_group(self, name: str, spec: JointGroupSpec) -> None:
        joints = JointMap(spec)
        self._take(
            qos.COMMANDED_JOINTS.of(name),
            lambda m: self._aligner.offer_numbers(
                *trunk.commanded_joints_from_msg(m, joints), self._index
            ),
        )

    def _feed_mobile_base(self, name: str, spec: MobileBaseSpec) -> None:
        from vla_ros.ros.convert.odometry import odometry_from_msg

        self._take(
            qos.odom(spec.driver.odom),
            lambda m: self._aligner.offer_odom(*odometry_from_msg(m, spec), self._index),
        )
        self._take(
            qos.COMMANDED_TWIST.of(name),
            lambda m: self._aligner.offer_numbers(
                *trunk.commanded_twist_from_msg(m, spec), self._index
            ),
        )

    def _take(self, topic: qos.Topic, offer: Callable[[Any], str]) -> None:
        """Subscribe; every message is offered, and what is refused is said."""

        def receive(message: Any) -> None:
            try:
                cause = offer(message)
            except convert.ConvertError as error:
                cause = str(error)
            if cause:
                self._say(cause)

        self._node.listen(topic, receive)
