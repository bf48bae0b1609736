"""Drives the lifecycle of a stack's nodes from one client node."""

from collections.abc import Callable, Sequence
from threading import Event, Thread
import time

from lifecycle_msgs.msg import Transition
from lifecycle_msgs.srv import ChangeState
import rclpy
from rclpy.context import Context
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node


_TRANSITIONS = {
    'configure': Transition.TRANSITION_CONFIGURE,
    'activate': Transition.TRANSITION_ACTIVATE,
    'deactivate': Transition.TRANSITION_DEACTIVATE,
    'cleanup': Transition.TRANSITION_CLEANUP,
}


class TransitionError(RuntimeError):
    """A node did not make a transition.

    Attributes:
        node: its name.
    """

    def __init__(self, node: str, words: str) -> None:
        super().__init__(f'{node}: {words}')
        self.node = node


class LifecycleClient:
    """A node on a thread of its own; use as a context manager."""

    def __init__(self, namespace: str = '') -> None:
        """Join the graph."""
        self._context = Context()
        rclpy.init(context=self._context)
        self._node = Node('bringup', namespace=namespace or None, context=self._context)
        self._executor = SingleThreadedExecutor(context=self._context)
        self._executor.add_node(self._node)
        self._thread = Thread(target=self._executor.spin, daemon=True)
        self._thread.start()

    def __enter__(self) -> 'LifecycleClient':
        return self

    def __exit__(self, *_: object) -> None:
        self._executor.shutdown()
        self._thread.join(2.0)
        self._node.destroy_node()
        rclpy.shutdown(context=self._context)

    def change(
        self,
        nodes: Sequence[str],
        transition: str,
        timeout: float,
        interrupted: Callable[[], str] = str,
    ) -> None:
        """Have every node make the transition, all at a time.

        Args:
            nodes: names, relative to the namespace.
            transition: configure, activate, deactivate or cleanup.
            timeout: s for all of them together.
            interrupted: returns the name of a node that has ended meanwhile, or ''.

        Raises:
            TransitionError: a node is not there, does not answer, refuses, or has ended.
        """
        end = time.monotonic() + timeout
        clients = {
            name: self._node.create_client(ChangeState, f'{name}/change_state') for name in nodes
        }
        try:
            futures = {}
            for name, client in clients.items():
                while not client.service_is_ready():
                    _check(name, 'it does not appear', end, interrupted)
                    time.sleep(0.02)
                request = ChangeState.Request(transition=Transition(id=_TRANSITIONS[transition]))
                futures[name] = client.call_async(request)
            for name, future in futures.items():
                answered = Event()
                future.add_done_callback(lambda _, answered=answered: answered.set())
                while not answered.wait(0.05):
                    _check(name, f'no answer to {transition}', end, interrupted)
                if not future.result().success:
                    raise TransitionError(name, f'{transition} failed')
        finally:
            for client in clients.values():
                self._node.destroy_client(client)


def _check(name: str, words: str, end: float, interrupted: Callable[[], str]) -> None:
    dead = interrupted()
    if dead:
        raise TransitionError(dead, 'ended while the stack was brought up')
    if time.monotonic() > end:
        raise TransitionError(name, words)
