"""StackClient: what a program outside the stack uses to give instructions and to watch.

The demo, the graph evaluation and the benchmarks are its users; so may anyone's script be.
"""

from collections.abc import Callable
import math
from queue import Empty, SimpleQueue
from threading import Thread
import time
from types import TracebackType
from typing import Any, Self

import rclpy
from rclpy.action import ActionClient
from rclpy.context import Context
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from rclpy.task import Future

from vla_ros.ros.qos import Topic
from vla_ros_msgs.action import Execute
from vla_ros_msgs.srv import EndEpisode, ResetScene


_ASK_EVERY = 0.2  # s
_ACCEPTED = 5.0  # s within which an instruction is accepted


class StackError(RuntimeError):
    """The stack did not answer, or refused; the message says what was asked of it."""


class StackClient:
    """A node of its own on a thread of its own; every call waits for its answer.

    Use as a context manager. `subscribe` before the first call: callbacks run on the client's
    thread.
    """

    def __init__(self, namespace: str = '', name: str = 'vla_ros_client') -> None:
        """Join the graph in `namespace`."""
        self._context = Context()
        rclpy.init(context=self._context)
        self.node = Node(name, namespace=namespace or None, context=self._context)
        self._executor = SingleThreadedExecutor(context=self._context)
        self._executor.add_node(self.node)
        self._execute = ActionClient(self.node, Execute, 'execute')
        self._reset = self.node.create_client(ResetScene, 'reset_scene')
        self._end = self.node.create_client(EndEpisode, 'end_episode')
        self._thread, self._ended = Thread(target=self._spin, daemon=True), False
        self.lost: Callable[[], str] = lambda: ''  # asked while waiting: why it is in vain

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        # In this order: what the thread still waits for must not be destroyed.
        self._ended = True
        self._executor.wake()
        self._thread.join(timeout=2.0)
        self._executor.shutdown(timeout_sec=0)
        self._execute.destroy()
        self.node.destroy_node()
        rclpy.shutdown(context=self._context)

    @property
    def now(self) -> int:
        """The graph's clock, ns."""
        return int(self.node.get_clock().now().nanoseconds)

    def subscribe(self, topic: Topic, callback: Callable[[Any], None], raw: bool = False) -> None:
        """Call `callback` with every message of a topic, serialised bytes when `raw`."""
        self.node.create_subscription(topic.type, topic.name, callback, topic.qos, raw=raw)

    def wait_ready(self, timeout: float) -> None:
        """Wait until instructions can be given.

        Raises:
            StackError: the control node's action did not appear in `timeout` s.
        """
        if not self._execute.wait_for_server(timeout_sec=timeout):
            words = f'no control node offers the action `execute` after {timeout:.0f} s'
            raise StackError(self.lost() or words)

    def reset_scene(self, family: str, seed: int, timeout: float = 10.0) -> str:
        """Lay out a fresh simulated scene; return an instruction that suits it.

        Raises:
            StackError: no simulation answers, or it refuses.
        """
        if not self._reset.wait_for_service(timeout_sec=timeout):
            raise StackError('no simulation offers the service `reset_scene`')
        request = ResetScene.Request(family=family, seed=seed)
        answer = self._answer(
            lambda: self._reset.call_async(request), timeout, f'reset_scene {family}'
        )
        if not answer.success:
            raise StackError(f'reset_scene {family} {seed}: {answer.message}')
        return str(answer.instruction_hint)

    def execute(self, instruction: str, timeout: float) -> tuple[bool, str]:
        """Carry out an instruction; return whether it succeeded, and why it ended.

        A `timeout` of 0 is none: it ends when someone says so, with `end_episode` or otherwise.

        Raises:
            StackError: there is no control node, or it went silent.
        """
        self.wait_ready(_ACCEPTED)
        what = f'execute {instruction!r}'
        goal = Execute.Goal(instruction=instruction, timeout=timeout)
        handle = self._answer(lambda: self._execute.send_goal_async(goal), _ACCEPTED, what)
        if not handle.accepted:
            return False, 'refused by the control node'
        patience = timeout + 10.0 if timeout else math.inf
        answer = self._answer(handle.get_result_async, patience, what)
        return bool(answer.result.success), str(answer.result.reason)

    def end_episode(
        self, outcome: str, reason: str = '', episode_id: str = '', timeout: float = 5.0
    ) -> str:
        """End an episode, '' being the current one; return '' or why that is refused.

        Args:
            outcome: 'success', 'failure' or 'aborted'.
            reason: for people and recordings.
            episode_id: of the episode that is meant.
            timeout: s.

        Raises:
            StackError: there is no control node, or it went silent.
        """
        if not self._end.wait_for_service(timeout_sec=timeout):
            raise StackError('no control node offers the service `end_episode`')
        request = EndEpisode.Request(outcome=outcome, reason=reason, episode_id=episode_id)
        answer = self._answer(lambda: self._end.call_async(request), timeout, 'end_episode')
        return str(answer.message)

    def _spin(self) -> None:
        while not self._ended:
            self._executor.spin_once(timeout_sec=0.1)

    def _answer(self, ask: Callable[[], Future], timeout: float, what: str) -> Any:
        """Ask on the client's thread, and wait here for the answer.

        An action client notes what it waits for once the request is sent. Were it sent from here,
        the client's thread could take the answer before that, and would throw it away.
        """
        answers: SimpleQueue[Future] = SimpleQueue()
        self._executor.create_task(lambda: ask().add_done_callback(answers.put))
        end = time.monotonic() + timeout
        while True:
            try:
                return answers.get(timeout=_ASK_EVERY).result()
            except Empty:
                if cause := self.lost():
                    raise StackError(f'{what}: {cause}') from None
                if time.monotonic() > end:
                    raise StackError(f'{what}: no answer within {timeout:.0f} s') from None
