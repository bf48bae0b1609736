"""The services of the control node, and its action."""

from collections.abc import Callable
from typing import Any

from std_srvs.srv import Trigger

from vla_ros.control.loops.supervisor import Event
from vla_ros.core.data import ExecutionStatus
from vla_ros.ros.control.episodes import Ended, EpisodeManager
from vla_ros.ros.control.execute import ExecuteServer
from vla_ros.ros.stage_node import StageNode
from vla_ros.runtime.realtime import RealtimeProcess
from vla_ros_msgs.srv import ResetScene, SetInstruction


# Service name -> event. `release` gives the arm back after `takeover`.
_EVENTS = {
    'hold': Event.HOLD,
    'resume': Event.RESUME,
    'estop': Event.ESTOP,
    'reset': Event.RESET,
    'takeover': Event.TAKEOVER,
    'release': Event.RELEASE,
}
_ENDING = {Event.ESTOP: 'emergency stop', Event.RESET: 'reset'}


class ControlServices:
    """Offers the services; every answer says what became of the request."""

    def __init__(
        self,
        node: StageNode,
        arm: RealtimeProcess,
        desk: EpisodeManager,
        reset_scene: Callable[[str, int], tuple[str, str]],
    ) -> None:
        """Create the services on `node`.

        `reset_scene` takes family and seed, and returns (cause of refusal, instruction hint).
        """
        self._node, self._arm, self._desk = node, arm, desk
        self._reset_scene = reset_scene
        self._made: list[Any] = [
            node.create_service(Trigger, name, self._trigger(event))
            for name, event in _EVENTS.items()
        ]
        self._made.append(node.create_service(Trigger, 'tare', self._tare))
        self._made.append(
            node.create_service(SetInstruction, 'set_instruction', self._set_instruction)
        )
        self._made.append(node.create_service(ResetScene, 'reset_scene', self._on_reset_scene))
        self._execute = ExecuteServer(node, desk, self._begin)

    def destroy(self) -> None:
        """Take the services down."""
        for service in self._made:
            self._node.destroy_service(service)
        self._execute.destroy()

    def feedback(self, status: ExecutionStatus, subgoal: str, p_value: float) -> None:
        """Tell the client of `execute` how it goes."""
        self._execute.feedback(status, subgoal, p_value)

    def _trigger(self, event: Event) -> Callable[[Any, Any], Any]:
        def answer(request: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
            cause = self._arm.post(event)
            if not cause and event in _ENDING:
                self._desk.end('aborted', _ENDING[event])
            response.success, response.message = not cause, cause
            return response

        return answer

    def _tare(self, request: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        response.message = self._arm.tare()
        response.success = not response.message
        return response

    def _set_instruction(self, request: Any, response: Any) -> Any:
        response.reason = self._begin(request.instruction, request.episode_id)
        response.accepted = not response.reason
        return response

    def _on_reset_scene(self, request: Any, response: Any) -> Any:
        self._desk.end('aborted', 'the scene was reset')
        response.message, response.instruction_hint = self._reset_scene(
            request.family, request.seed
        )
        response.success = not response.message
        return response

    def _begin(
        self, text: str, episode: str = '', timeout: float = 0.0, ended: Ended | None = None
    ) -> str:
        if not self._node.active:
            return 'the control node is not active'
        return self._desk.begin(text, self._node.now, episode, timeout, ended)
