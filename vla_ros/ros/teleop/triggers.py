"""Triggers: the services of the control node that a person's device asks for the arm with."""

from collections.abc import Callable
from typing import Any

from rclpy.task import Future
from std_srvs.srv import Trigger

from vla_ros.ros.stage_node import StageNode


class Triggers:
    """Calls services without waiting for them; only the newest question's answer counts."""

    def __init__(
        self, node: StageNode, names: tuple[str, ...], on_answer: Callable[[str], None]
    ) -> None:
        """Make the clients on `node`; `on_answer` takes '' or the cause of a refusal."""
        self._node, self._on_answer = node, on_answer
        self._clients = {name: node.create_client(Trigger, name) for name in names}
        self._asked: Future | None = None

    def destroy(self) -> None:
        """Take the clients down."""
        for client in self._clients.values():
            self._node.destroy_client(client)

    def ask(self, name: str) -> None:
        """Call a service; its answer, unless another is asked for first, goes to `on_answer`."""
        service = self._clients[name]
        if not service.service_is_ready():
            self._on_answer('no control node offers it')
            return
        self._asked = service.call_async(Trigger.Request())
        self._asked.add_done_callback(self._node.guarded(self._answered))

    def tell(self, name: str) -> None:
        """Call a service whose answer does not matter."""
        self._clients[name].call_async(Trigger.Request())

    def _answered(self, future: Future) -> None:
        if future is self._asked:
            answer: Any = future.result()
            self._on_answer('' if answer.success else answer.message or 'refused')
