"""Which topics of a robot are recorded, and how the recorder listens to them."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy

from vla_ros.dataset import Topic, offered_qos
from vla_ros.robots import ArmSpec, MobileBaseSpec, Robot, named_limbs
from vla_ros.ros import qos


@dataclass(frozen=True)
class Recorded:
    """A topic that goes into the bag."""

    topic: qos.Topic
    profile: QoSProfile  # with which the recorder listens
    jpeg: bool = False  # whether it is compressed on its way into the bag
    kept: bool = False  # whether a bag begins with what was the newest before it

    @property
    def listened(self) -> qos.Topic:
        """The topic as the recorder subscribes to it."""
        return replace(self.topic, qos=self.profile)

    def in_bag(self, node: Node) -> Topic:
        """Return the topic as the bag has it, under the full name that it has for `node`."""
        name, offer = node.resolve_topic_name(self.topic.name), self.topic.qos
        profile = offered_qos(
            offer.depth,
            offer.reliability is ReliabilityPolicy.RELIABLE,
            offer.durability is DurabilityPolicy.TRANSIENT_LOCAL,
        )
        return Topic(name, self.topic.kind, self.jpeg, profile)


def recorded_topics(robot: Robot, sim: bool) -> Iterator[Recorded]:
    """Yield what is recorded of a robot, beside its episodes; of the simulation too with `sim`."""
    for topic in (qos.STATUS, qos.FAILURE):
        yield Recorded(topic, qos.RECORD_LATCHED, kept=True)
    for topic in (qos.LATENT, qos.INTERVENTION):
        yield Recorded(topic, qos.RECORD_LATCHED)
    drives = [limb for limb in robot.limbs if isinstance(limb, MobileBaseSpec)]
    others = [limb for limb in robot.limbs if not isinstance(limb, MobileBaseSpec)]
    for name in dict.fromkeys(name for limb in others for name in limb.driver.joint_topics):
        yield Recorded(qos.joint_states(name), qos.RECORD)
    for limb in drives:
        yield Recorded(qos.odom(limb.driver.odom), qos.RECORD)
    yield Recorded(qos.ACTION_CHUNK, qos.RECORD)
    for name, own in named_limbs(robot):
        for topic in (qos.COMMANDED[own.kind], *qos.TARGETS[own.kind]):
            yield Recorded(topic.of(name), qos.RECORD)
        if isinstance(own, ArmSpec) and own.feels:
            yield Recorded(qos.EXTERNAL_WRENCH.of(name), qos.RECORD)
    if sim:
        yield Recorded(qos.SIM_STATE, qos.RECORD)
    for camera in robot.cameras:
        yield Recorded(qos.image_topic(camera.topic), qos.RECORD, jpeg=True)
