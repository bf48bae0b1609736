"""ExecuteServer: the action `execute`, every goal of which is an episode."""

from collections.abc import Callable
import math

from rclpy.action import ActionServer, CancelResponse, GoalResponse
from rclpy.action.server import ServerGoalHandle

from vla_ros.core.data import ExecutionStatus
from vla_ros.ros.control.episodes import Ended, EpisodeManager
from vla_ros.ros.stage_node import StageNode
from vla_ros_msgs.action import Execute


class ExecuteServer:
    """Begins an episode for every goal, and answers with what became of it."""

    def __init__(
        self,
        node: StageNode,
        desk: EpisodeManager,
        begin: Callable[[str, str, float, Ended], str],
    ) -> None:
        """Offer the action on `node`, for episodes of `desk`.

        `begin` takes instruction, id, timeout and what to call at the end, as the desk's does,
        and returns '' or why the episode cannot begin.
        """
        self._node, self._desk, self._begin = node, desk, begin
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
            self._node.once(0.0, lambda: self._desk.end('aborted', 'cancelled'))
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
