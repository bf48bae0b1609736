"""The services and the action of the control node."""

from collections.abc import Callable
import math
from typing import Any

from rclpy.action import ActionServer, CancelResponse, GoalResponse
from rclpy.action.server import ServerGoalHandle
from std_srvs.srv import Trigger

from vla_ros.control.supervisor import Event
from vla_ros.data import ExecutionStatus
from vla_ros.nodes.base import StageNode
from vla_ros.nodes.episode import EpisodeDesk
from vla_ros.pipeline.realtime import RealtimeProcess
from vla_ros_msgs.action import Execute
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
        desk: EpisodeDesk,
        reset_scene: Callable[[str, int], tuple[str, str]],
    ) -> None:
        """Create the services on `node`.

        `reset_scene` takes family and seed, and returns (cause of refusal, instruction hint).
        """
        self._node, self._arm, self._desk = node, arm, desk
        self._reset_scene = reset_scene
        self._goal: ServerGoalHandle | None = None
        self._made: list[Any] = [
            node.create_service(Trigger, name, self._trigger(event))
            for name, event in _EVENTS.items()
        ]
        self._made.append(node.create_service(Trigger, 'tare', self._tare))
        self._made.append(
            node.create_service(SetInstruction, 'set_instruction', self._set_instruction)
        )
        self._made.append(node.create_service(ResetScene, 'reset_scene', self._on_reset_scene))
        self._execute = ActionServer(
            node,
            Execute,
            'execute',
            execute_callback=lambda handle: _result(handle, 'failure', 'not begun'),
            goal_callback=self._on_goal,
            handle_accepted_callback=self._begin,
            cancel_callback=self._on_cancel,
        )

    def destroy(self) -> None:
        """Take the services down."""
        for service in self._made:
            self._node.destroy_service(service)
        self._execute.destroy()

    def feedback(self, status: ExecutionStatus, subgoal: str, p_value: float) -> None:
        """Tell the client of `execute` how it goes."""
        if self._goal is not None and self._goal.is_active:
            self._goal.publish_feedback(
                Execute.Feedback(
                    subgoal=subgoal, progress=math.nan, p_value=p_value, mode=int(status.mode)
                )
            )

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
        response.reason = self._begin_text(request.instruction, request.episode_id, 0.0, None)
        response.accepted = not response.reason
        return response

    def _on_reset_scene(self, request: Any, response: Any) -> Any:
        self._desk.end('aborted', 'the scene was reset')
        response.message, response.instruction_hint = self._reset_scene(
            request.family, request.seed
        )
        response.success = not response.message
        return response

    def _on_goal(self, goal: Execute.Goal) -> GoalResponse:
        # Always accepted: a result can say why it is refused, a rejection cannot.
        return GoalResponse.ACCEPT

    def _on_cancel(self, goal: ServerGoalHandle) -> CancelResponse:
        if goal is self._goal:
            # The client must first see CANCELING: end from the next callback.
            self._node.once(0.0, lambda: self._desk.end('aborted', 'cancelled'))
        return CancelResponse.ACCEPT

    def _begin(self, goal: ServerGoalHandle) -> None:
        request = goal.request

        def ended(outcome: str, reason: str) -> None:
            self._goal = None if self._goal is goal else self._goal
            # Executed only now that it is over: rclpy polls a coroutine that waits, which
            # costs a third of a core.
            goal.execute(lambda handle: _result(handle, outcome, reason))

        cause = 'timeout: expected 0 or more seconds'
        if math.isfinite(request.timeout) and request.timeout >= 0:
            cause = self._begin_text(request.instruction, '', request.timeout, ended)
        if cause:
            goal.execute(lambda handle: _result(handle, 'failure', cause))
        else:
            self._goal = goal

    def _begin_text(self, text: str, episode: str, timeout: float, ended: Any) -> str:
        if not self._node.active:
            return 'the control node is not active'
        return self._desk.begin(text, self._node.now, episode, timeout, ended)


def _result(handle: ServerGoalHandle, outcome: str, reason: str) -> Execute.Result:
    if handle.is_cancel_requested:
        handle.canceled()
    elif outcome == 'success':
        handle.succeed()
    else:
        handle.abort()
    return Execute.Result(success=outcome == 'success', reason=reason)
