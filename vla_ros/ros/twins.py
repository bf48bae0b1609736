"""Nodes of the same full name: a second stack in one domain and namespace.

Both would obey every request and publish on every topic, so the second is not to begin. A process
that was killed leaves its name behind until its lease is over: whoever has a name and lives
answers, and only who neither answers nor disappears in that time is believed to live.
"""

from collections.abc import Callable, Iterable
import os
import time
from typing import Any, Self

from rcl_interfaces.srv import GetParameters
import rclpy
from rclpy.context import Context
from rclpy.node import Node

from vla_ros.ros.fastdds import discovery_time


_PATIENCE = 1.0  # s in which the others answer once one has
_LEASE = 22.0  # s; Fast DDS forgets who died without a word 20 s after it was last heard of
_ASK = 0.25  # s between two requests


def twin_of(node: Node) -> str:
    """Return '' or that another process has the name of this node, and what to do.

    Waits while one of that name has died and is not forgotten yet. Not to be called while another
    thread spins the node: only others may answer.
    """
    own = _full(node.get_namespace(), node.get_name())
    if _names(node).count(own) < 2:
        return ''
    say = node.get_logger().warning
    found = _living(node.context, [own], lambda name: _names(node).count(name) > 1, say)
    return words(found) if found else ''


class Neighbours:
    """The nodes that run already, seen by one who joins the graph; use as a context manager."""

    def __init__(self) -> None:
        """Join."""
        self._context = Context()
        rclpy.init(context=self._context)
        self._node, self._born = _probe(self._context), time.monotonic()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._node.destroy_node()
        rclpy.shutdown(context=self._context)

    def living(
        self, names: Iterable[str], namespace: str, say: Callable[[str], None]
    ) -> list[str]:
        """Return the full names of those of the nodes that run; `say` is told of a wait.

        `names` are relative to the namespace.
        """
        settle(self._born)
        wanted = [_full(namespace, name) for name in names]
        there = _names(self._node)
        found = [name for name in wanted if name in there]
        return _living(self._context, found, lambda name: name in _names(self._node), say)


def words(found: list[str]) -> str:
    """Return that nodes run already, for people, and what to do."""
    domain = os.environ.get('ROS_DOMAIN_ID', '0')
    return (
        f'already running in ROS domain {domain}, and left alone: {", ".join(found)}; '
        'start this one with another ROS_DOMAIN_ID or another namespace, or end the other first'
    )


def settle(born: float) -> None:
    """Wait until a node that joined the graph at `born` (s, monotonic) knows who else is there."""
    time.sleep(max(0.0, born + discovery_time() - time.monotonic()))


def _living(
    context: Context,
    found: list[str],
    present: Callable[[str], bool],
    say: Callable[[str], None],
) -> list[str]:
    """Return which of the nodes that are `present` live."""
    probe = _probe(context)
    clients: dict[str, Any] = {
        name: probe.create_client(GetParameters, f'{name}/get_parameters') for name in found
    }
    living: set[str] = set()
    begin, said = time.monotonic(), False
    try:
        while pending := [name for name in found if name not in living and present(name)]:
            elapsed = time.monotonic() - begin
            if elapsed > _LEASE:
                living.update(pending)  # in doubt it does
            if elapsed > _LEASE or living and elapsed > _PATIENCE:
                break
            if elapsed > _PATIENCE and not said:
                said = True
                say(f'{" and ".join(pending)} of before is silent: waiting until it is forgotten')
            for name in pending:
                clients[name].call_async(GetParameters.Request())
            time.sleep(_ASK)
            living.update(name for name in pending if _answered(clients[name]))
        return [name for name in found if name in living]
    finally:
        probe.destroy_node()


def _answered(client: Any) -> bool:
    # Taken by hand: this may be called from a callback, when nothing spins.
    header, _ = client.handle.take_response(client.srv_type.Response) or (None, None)
    return header is not None


def _probe(context: Context) -> Node:
    """Return a hidden node; it takes no names from the command line."""
    return Node(
        f'_probe_{os.getpid()}', context=context, use_global_arguments=False,
        start_parameter_services=False, enable_rosout=False,
    )  # fmt: skip


def _names(node: Node) -> list[str]:
    return [_full(space, name) for name, space in node.get_node_names_and_namespaces()]


def _full(namespace: str, name: str) -> str:
    return f'/{namespace.strip("/")}/{name}'.replace('//', '/')
