"""Which topics of a robot are recorded, and how the recorder listens to them."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy

from vla_ros.nodes import qos
from vla_ros.record import Topic, offered_qos
from vla_ros.robots import Robot, named_arms


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
    for name in dict.fromkeys(limb.driver.joint_states for limb in robot.arms):
        yield Recorded(qos.joint_states(name), qos.RECORD)
    yield Recorded(qos.ACTION_CHUNK, qos.RECORD)
    for limb, _ in named_arms(robot):
        for topic in (qos.COMMANDED_STATE, *qos.TARGETS):
            yield Recorded(topic.of(limb), qos.RECORD)
    if sim:
        yield Recorded(qos.SIM_STATE, qos.RECORD)
    for camera in robot.cameras:
        yield Recorded(qos.image_topic(camera.topic), qos.RECORD, jpeg=True)
