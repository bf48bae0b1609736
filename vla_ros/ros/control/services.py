"""The services of the control node, and its action."""

from collections.abc import Callable
import math
from typing import Any

from rclpy.action import ActionServer, CancelResponse, GoalResponse
from rclpy.action.server import ServerGoalHandle
from std_srvs.srv import Trigger

from vla_ros.control.loops.supervisor import Event
from vla_ros.core.data import ExecutionStatus
from vla_ros.ros.control.episodes import Ended, EpisodeManager
from vla_ros.ros.stage_node import StageNode
from vla_ros.runtime.realtime import RealtimeProcess
from vla_ros_msgs.action import Execute
from vla_ros_msgs.srv import EndEpisode, ResetScene, SetInstruction


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
        episodes: EpisodeManager,
        reset_scene: Callable[[str, int], tuple[str, str]],
    ) -> None:
        """Create the services on `node`.

        `reset_scene` takes family and seed, and returns (cause of refusal, instruction hint).
        """
        self._node, self._arm, self._episodes = node, arm, episodes
        self._reset_scene = reset_scene
        self._made: list[Any] = [
            node.create_service(Trigger, name, self._trigger(event))
            for name, event in _EVENTS.items()
        ]
        self._made.append(node.create_service(Trigger, 'tare', self._tare))
        self._made.append(
            node.create_service(SetInstruction, 'set_instruction', self._set_instruction)
        )
        self._made.append(node.create_service(EndEpisode, 'end_episode', self._end_episode))
        self._made.append(node.create_service(ResetScene, 'reset_scene', self._on_reset_scene))
        self._execute = ExecuteServer(node, episodes, self._begin)

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
                self._episodes.end('aborted', _ENDING[event])
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

    def _end_episode(self, request: Any, response: Any) -> Any:
        response.message = self._episodes.end_named(
            request.outcome, request.reason, request.episode_id
        )
        response.accepted = not response.message
        return response

    def _on_reset_scene(self, request: Any, response: Any) -> Any:
        self._episodes.end('aborted', 'the scene was reset')
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
        return self._episodes.begin(text, self._node.now, episode, timeout, ended)


class ExecuteServer:
    """Begins an episode for every goal, and answers with what became of it."""

    def __init__(
        self,
        node: StageNode,
        episodes: EpisodeManager,
        begin: Callable[[str, str, float, Ended], str],
    ) -> None:
        """Offer the action on `node`, for the episodes of `episodes`.

        `begin` takes instruction, id, timeout and what to call at the end, as the manager's does,
        and returns '' or why the episode cannot begin.
        """
        self._node, self._episodes, self._begin = node, episodes, begin
        self._goal: ServerGoalHandle | None = None
        self._server = ActionServer(
            node,
            Execute,
            'execute',
            execute_callback=lambda handle: _result(handle, 'failure', 'not begun'),
            goal_callback=node.guarded(self._on_goal, lambda *_: GoalResponse.REJECT),
            handle_accepted_callback=node.guarded(self._on_accepted, _not_begun),
            cancel_callback=node.guarded(self._on_cancel, lambda *_: CancelResponse.REJECT),
        )

    def destroy(self) -> None:
        """Take the action down."""
        self._server.destroy()

    def feedback(self, status: ExecutionStatus, subgoal: str, p_value: float) -> None:
        """Tell the client how it goes."""
        if self._goal is not None and self._goal.is_active:
            self._goal.publish_feedback(
                Execute.Feedback(
                    subgoal=subgoal, progress=math.nan, p_value=p_value, mode=int(status.mode)
                )
            )

    def _on_goal(self, goal: Execute.Goal) -> GoalResponse:
        # Always accepted: a result can say why it is refused, a rejection cannot.
        return GoalResponse.ACCEPT

    def _on_cancel(self, goal: ServerGoalHandle) -> CancelResponse:
        if goal is self._goal:
            # The client must first see CANCELING: end from the next callback.
            self._node.once(0.0, lambda: self._episodes.end('aborted', 'cancelled'))
        return CancelResponse.ACCEPT

    def _on_accepted(self, goal: ServerGoalHandle) -> None:
        request = goal.request

        def ended(outcome: str, reason: str) -> None:
            self._goal = None if self._goal is goal else self._goal
            # Executed only now that it is over: rclpy polls a coroutine that waits, which
            # costs a third of a core.
            goal.execute(lambda handle: _result(handle, outcome, reason))

        cause = 'timeout: expected 0 or more seconds'
        if math.isfinite(request.timeout) and request.timeout >= 0:
            cause = self._begin(request.instruction, '', request.timeout, ended)
        if cause:
            goal.execute(lambda handle: _result(handle, 'failure', cause))
        else:
            self._goal = goal


def _not_begun(cause: str, goal: ServerGoalHandle) -> None:
    goal.execute(lambda handle: _result(handle, 'failure', cause))


def _result(handle: ServerGoalHandle, outcome: str, reason: str) -> Execute.Result:
    if handle.is_cancel_requested:
        handle.canceled()
    elif outcome == 'success':
        handle.succeed()
    else:
        handle.abort()
    return Execute.Result(success=outcome == 'success', reason=reason)
