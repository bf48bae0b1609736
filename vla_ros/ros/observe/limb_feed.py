"""LimbFeed: what is measured of a limb and what it is commanded, given to an Aligner."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from vla_ros.observe import Aligner
from vla_ros.observe.feed import Source, limb_sources
from vla_ros.robots.robot import LimbSpec
from vla_ros.ros import qos
from vla_ros.ros.stage_node import StageNode


_TOPICS = {
    'image': qos.image_topic,
    'joint_states': qos.joint_states,
    'odom': qos.odom,
    'commanded_state': lambda name: replace(qos.COMMANDED_STATE, name=name),
    'external_wrench': lambda name: replace(qos.EXTERNAL_WRENCH, name=name),
    'commanded_joints': lambda name: replace(qos.COMMANDED_JOINTS, name=name),
    'commanded_twist': lambda name: replace(qos.COMMANDED_TWIST, name=name),
}


def topic_of(source: Source) -> qos.Topic:
    """Return the topic of a source, with its type and QoS."""
    return _TOPICS[source.kind](source.topic)


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
        for source in limb_sources(aligner, index, name, spec):
            subscribe(node, source, say)


def subscribe(
    node: StageNode,
    source: Source,
    say: Callable[[str], None],
    taken: Callable[[], None] | None = None,
) -> None:
    """Subscribe to a source; what is refused is said, and `taken` called after every other."""

    def receive(message: Any) -> None:
        if cause := source.take(message, node.now):
            say(cause)
        elif taken is not None:
            taken()

    node.listen(topic_of(source), receive)
