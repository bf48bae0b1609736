"""Who publishes a topic: two that speak for one limb, or of one, are named."""

from rclpy.node import Node


def rivals(node: Node, topic: str) -> str:
    """Return the nodes that publish `topic`, as '/a and /b'; '' where it is one, or none."""
    found = node.get_publishers_info_by_topic(node.resolve_topic_name(topic))
    if len(found) < 2:
        return ''
    return ' and '.join(sorted(f'{i.node_namespace.rstrip("/")}/{i.node_name}' for i in found))
