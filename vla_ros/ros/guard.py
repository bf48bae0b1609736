"""Guarded: a node that no exception of a callback ends."""

from collections.abc import Callable
import functools
import time
import traceback
from typing import Any

from rcl_interfaces.msg import SetParametersResult
from rclpy.executors import Executor, ExternalShutdownException
from rclpy.lifecycle import LifecycleNode, TransitionCallbackReturn
from rclpy.node import Node


_AGAIN = 1.0  # s between two reports of the same place
_LONGEST = 300  # characters of a cause


class NodeEnd(RuntimeError):
    """Raised on purpose by a callback: the node has nothing to live for, and ends with it."""


class Guarded(Node):
    """Wraps every callback that is made through the node.

    What a callback raises is logged with its traceback, and told to `doubt`; the caller of a
    service, and whoever sets a parameter, is refused with the cause. The node lives on.
    """

    def doubt(self, cause: str) -> None:
        """Do what the node does when it cannot trust itself; called with every such exception."""

    def caught(self, error: Exception, where: str) -> str:
        """Say what happened, and doubt; return the cause."""
        cause = f'{where}: {type(error).__name__}: {error}'[:_LONGEST]
        said: dict[str, float] = self.__dict__.setdefault('_said_of', {})
        now = time.monotonic()
        if now - said.get(where, -_AGAIN) >= _AGAIN:
            said[where] = now
            trace = ''.join(traceback.format_exception(error))
            self.get_logger().error(f'unexpected: {cause}\n{trace}')
        try:
            self.doubt(cause)
        except Exception as doubtful:
            self.get_logger().error(f'and {type(doubtful).__name__}: {doubtful}')
        return cause

    def guarded(
        self, callback: Callable[..., Any], refuse: Callable[..., Any] | None = None
    ) -> Callable[..., Any]:
        """Return a callback that raises nothing but NodeEnd.

        `refuse` is called with the cause and the callback's arguments, to return what it cannot.
        """
        where = getattr(callback, '__qualname__', type(callback).__name__)

        @functools.wraps(callback)
        def call(*arguments: Any) -> Any:
            try:
                return callback(*arguments)
            except NodeEnd:
                raise
            except Exception as error:
                cause = self.caught(error, where)
                return None if refuse is None else refuse(cause, *arguments)

        return call

    def create_subscription(
        self, msg_type: Any, topic: str, callback: Any, *arguments: Any, **options: Any
    ) -> Any:
        """Subscribe; see `Node`."""
        callback = self.guarded(callback)
        return super().create_subscription(msg_type, topic, callback, *arguments, **options)

    def create_timer(
        self, timer_period_sec: float, callback: Any, *arguments: Any, **options: Any
    ) -> Any:
        """Call back periodically; see `Node`."""
        return super().create_timer(
            timer_period_sec, self.guarded(callback), *arguments, **options
        )

    def create_service(
        self, srv_type: Any, srv_name: str, callback: Any, *arguments: Any, **options: Any
    ) -> Any:
        """Offer a service; see `Node`."""
        callback = self.guarded(callback, _refused)
        return super().create_service(srv_type, srv_name, callback, *arguments, **options)

    def add_on_set_parameters_callback(self, callback: Any) -> None:
        """Be asked before parameters change; see `Node`."""
        made: list[tuple[Any, Any]] = self.__dict__.setdefault('_asked_of_parameters', [])
        made.append((callback, self.guarded(callback, _not_set)))
        super().add_on_set_parameters_callback(made[-1][1])

    def remove_on_set_parameters_callback(self, callback: Any) -> None:
        """Be asked no more; see `Node`."""
        made: list[tuple[Any, Any]] = self.__dict__.setdefault('_asked_of_parameters', [])
        for pair in made:
            if pair[0] == callback:
                made.remove(pair)
                super().remove_on_set_parameters_callback(pair[1])
                return
        super().remove_on_set_parameters_callback(callback)


class GuardedLifecycle(Guarded, LifecycleNode):
    """A lifecycle node that no request ends: rclpy's own dies of one that its state refuses."""

    def __init__(self, name: str, **options: Any) -> None:
        """Offer the services of a lifecycle."""
        super().__init__(name, **options)
        self._change = self._service_change_state.callback
        self._service_change_state.callback = self._on_change_state

    def failed(self, error: Exception, what: str) -> TransitionCallbackReturn:
        """Say why it cannot do `what`; return that the transition fails.

        ValueError, OSError and KeyError are causes for people; all else has its traceback with it.
        """
        if isinstance(error, ValueError | OSError | KeyError):
            self.get_logger().error(f'cannot {what}: {error}')
        else:
            self.caught(error, f'cannot {what}')
        return TransitionCallbackReturn.FAILURE

    def _on_change_state(self, request: Any, response: Any) -> Any:
        try:
            return self._change(request, response)
        except Exception as error:  # rclpy's own kind is not public
            wanted = request.transition.label or request.transition.id
            here = self._state_machine.current_state[1]
            self.get_logger().warning(f'transition {wanted!r} refused in {here}: {error}')
            response.success = False
            return response


def spin_once(executor: Executor, node: Node) -> None:
    """Wait for something to do, and do it; what a guarded node raises all the same is told.

    Raises:
        NodeEnd: on purpose. ExternalShutdownException: ROS is shut down.
    """
    try:
        executor.spin_once(timeout_sec=0.1)
    except (ExternalShutdownException, NodeEnd):
        raise
    except Exception as error:
        if not isinstance(node, Guarded):
            raise
        node.caught(error, 'executor')
        time.sleep(0.01)  # whatever it is, it must not take a processor for itself


def _refused(cause: str, request: Any, response: Any) -> Any:
    """Return the answer of a service that could not do what it was asked to, and why."""
    for name, value in (
        ('success', False), ('accepted', False), ('message', cause), ('reason', cause)
    ):  # fmt: skip
        if hasattr(response, name):
            setattr(response, name, value)
    return response


def _not_set(cause: str, parameters: Any) -> SetParametersResult:
    return SetParametersResult(successful=False, reason=cause)
