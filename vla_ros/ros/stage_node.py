"""What the nodes have in common: lifecycle with causes, one executor, an end without orphans."""

from abc import ABC, abstractmethod
from collections.abc import Callable
import contextlib
import ctypes
import os
from pathlib import Path
import signal
import sys
import time
from types import FrameType
from typing import Any, TypeVar

from rcl_interfaces.msg import SetParametersResult
import rclpy
from rclpy.clock import Clock, ClockType
from rclpy.executors import Executor, ExternalShutdownException, SingleThreadedExecutor
from rclpy.lifecycle import LifecycleState, TransitionCallbackReturn
from rclpy.node import Node
from rclpy.parameter import Parameter
from rclpy.signals import SignalHandlerOptions
from rclpy.subscription import Subscription
from rclpy.timer import Timer

from vla_ros.ros import twins
from vla_ros.ros.fastdds import adopt_profile
from vla_ros.ros.guard import GuardedLifecycle, spin_once
from vla_ros.ros.params import Parameters
from vla_ros.ros.qos import Topic


T = TypeVar('T')
_Return = TransitionCallbackReturn
PARENT = 'VLA_ROS_PARENT'  # process id of the local runner, in its children's environment
WAIT = 'VLA_ROS_WAIT'  # likewise: set where they join the graph only at a line on stdin
# Niceness, where it is permitted: what is on the way from camera to command, or may not lose a
# message, comes before whatever else the machine does, and before what takes its time to think.
PROMPT, SLOW = -10, 0
_PR_SET_PDEATHSIG = 1


class StageNode(GuardedLifecycle, ABC):
    """A lifecycle node around one stage.

    A subclass gives its parameters' dataclass, builds everything in `configure` and gives back in
    `release` what is not ROS. Whatever these raise is logged, and the transition fails.

    Attributes:
        born: s, monotonic, when it joined the graph.
    """

    Config: type
    # Timers go by the node's clock. What people watch and the control process lives on goes by
    # the real time instead: a simulation elsewhere that pauses would silence it.
    timers_in_real_time = False

    def __init__(self, name: str, **options: Any) -> None:
        """Declare the parameters."""
        super().__init__(name, **options)
        self.born = time.monotonic()
        self.parameters = Parameters(self, self.Config)
        self.active = self._configured = False
        self._timers_made: list[Timer] = []
        self._kept: set[Timer] = set()
        self._subscriptions_made: list[Subscription] = []
        self._publishers_made: list[Any] = []
        self.add_on_set_parameters_callback(self._on_parameters)

    @abstractmethod
    def configure(self, config: Any) -> None:
        """Build the stage, publishers, subscriptions and timers."""

    def activate(self) -> None:
        """Begin to work."""

    def deactivate(self) -> None:
        """Pause."""

    def release(self) -> None:
        """Give back what `configure` took; may be called when it has not run."""

    def live(self) -> tuple[str, ...]:
        """Return the parameters whose changes count at once; the others' wait for `configure`."""
        return ()

    @property
    def now(self) -> int:
        """The node's clock, ns."""
        return int(self.get_clock().now().nanoseconds)

    @property
    def sim_time(self) -> bool:
        """Whether the node's clock is that of a simulator, on /clock."""
        return bool(self.get_parameter('use_sim_time').value)

    def publish_on(self, topic: Topic) -> Any:
        """Return a publisher that is silent while the node is inactive."""
        publisher = self.create_lifecycle_publisher(topic.type, topic.name, topic.qos)
        self._publishers_made.append(publisher)
        return publisher

    def listen(
        self, topic: Topic, callback: Callable[..., None], raw: bool = False
    ) -> Subscription:
        """Subscribe until cleanup."""
        made = self.create_subscription(topic.type, topic.name, callback, topic.qos, raw=raw)
        self._subscriptions_made.append(made)
        return made

    def every(self, seconds: float, callback: Callable[[], None], always: bool = False) -> Timer:
        """Call back periodically while the node is active, or `always` until cleanup."""
        timer = self.create_timer(seconds, callback, clock=self._beat(), autostart=always)
        (self._kept.add if always else self._timers_made.append)(timer)
        return timer

    def once(self, seconds: float, callback: Callable[[], None]) -> None:
        """Call back one time, unless the node is cleaned up before."""

        def fire() -> None:
            self.destroy_timer(timer)
            self._kept.discard(timer)
            callback()

        timer = self.create_timer(seconds, fire, clock=self._beat())
        self._kept.add(timer)

    def _beat(self) -> Clock | None:
        """Return what a timer goes by: one of its own, for the executor warns of eight on one."""
        return Clock(clock_type=ClockType.STEADY_TIME) if self.timers_in_real_time else None

    def on_configure(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Build the stage from the parameters, unless another node has this one's name."""
        try:
            if cause := twins.twin_of(self):
                raise ValueError(cause)
            self.configure(self.parameters.read(self.Config))
        except Exception as error:
            failed = self.failed(error, 'configure')
            self._clean()
            return failed
        self._configured = True
        return super().on_configure(state)

    def on_activate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Begin to work."""
        try:
            result = super().on_activate(state)
            self.active = True
            self.activate()
        except Exception as error:
            self.active = False
            super().on_deactivate(state)
            return self.failed(error, 'activate')
        for timer in self._timers_made:
            timer.reset()
        return result

    def on_deactivate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Pause. The publishers are silenced last, so that a stop still gets out."""
        for timer in self._timers_made:
            timer.cancel()
        try:
            self.deactivate()
        except Exception as error:
            for timer in self._timers_made:
                timer.reset()
            return self.failed(error, 'deactivate')
        self.active = False
        return super().on_deactivate(state)

    def on_cleanup(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Give everything back."""
        self._clean()
        return super().on_cleanup(state)

    def on_shutdown(self, state: LifecycleState) -> TransitionCallbackReturn:
        """End, from whichever state."""
        self.close()
        return super().on_shutdown(state)

    def on_error(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Go back to unconfigured."""
        self.close()
        return _Return.SUCCESS

    def close(self) -> None:
        """Stop working and give everything back."""
        if self.active:
            self.active = False
            try:
                self.deactivate()
            except Exception as error:
                self.failed(error, 'deactivate')
        self._clean()

    def _on_parameters(self, parameters: list[Parameter]) -> SetParametersResult:
        """Refuse what would be accepted and not heeded."""
        fixed = set(self.parameters.names) - set(self.live()) if self._configured else set()
        wrong = [own.name for own in parameters if own.name in fixed]
        cause = f'{wrong[0]}: it is read by configure; clean the node up first' if wrong else ''
        return SetParametersResult(successful=not wrong, reason=cause)

    def _clean(self) -> None:
        self._configured = False
        for timer in [*self._timers_made, *self._kept]:
            self.destroy_timer(timer)
        self._kept.clear()
        for subscription in self._subscriptions_made:
            self.destroy_subscription(subscription)
        for publisher in self._publishers_made:
            self.destroy_lifecycle_publisher(publisher)
        self._timers_made, self._subscriptions_made, self._publishers_made = [], [], []
        try:
            self.release()
        except Exception as error:
            self.failed(error, 'release')


def die_with_parent() -> None:
    """When the local runner started this process, end with it, however it ends."""
    parent = os.environ.pop(PARENT, '')
    if not parent:
        return
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != int(parent):
        sys.exit('the runner is gone')


def _wait_for_go() -> bool:
    """Wait until the local runner lets us join the graph; return whether it started us."""
    if not os.environ.pop(WAIT, ''):
        return False
    if not sys.stdin.readline():
        sys.exit('the runner is gone')
    return True


def prioritise(niceness: int) -> None:
    """Take this niceness, where that is permitted.

    Where Linux groups tasks by session, niceness counts only within a session: one that is this
    process's own, as under the local runner, takes it as a whole.
    """
    with contextlib.suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, 0, niceness)
    if os.getsid(0) == os.getpid():
        with contextlib.suppress(OSError):
            Path('/proc/self/autogroup').write_text(str(niceness))


def make_executor() -> Executor:
    """Return the cheapest executor there is: the events executor takes half the processor time."""
    try:
        from rclpy.experimental import EventsExecutor
    except ImportError:  # older patch releases of Jazzy
        return SingleThreadedExecutor()
    return EventsExecutor()


def run(factory: Callable[[], Node], niceness: int = PROMPT) -> None:
    """Run a node as a process until SIGINT or SIGTERM; `close` is called while ROS still works."""
    prioritise(niceness)
    die_with_parent()
    waited = _wait_for_go()
    adopt_profile()
    rclpy.init(signal_handler_options=SignalHandlerOptions.NO)
    asked: list[int] = []

    def ask(number: int, frame: FrameType | None) -> None:
        asked.append(number)

    # A program started in the background of a script inherits an ignored SIGINT: set both.
    signal.signal(signal.SIGINT, ask)
    signal.signal(signal.SIGTERM, ask)
    executor = make_executor()
    node = factory()
    if not waited:
        twins.settle(getattr(node, 'born', time.monotonic()))
    if not isinstance(node, StageNode) and (cause := twins.twin_of(node)):
        sys.exit(cause)  # there is no transition that it could refuse
    executor.add_node(node)
    try:
        while not asked and rclpy.ok():
            spin_once(executor, node)
    except ExternalShutdownException:
        pass
    finally:
        # Ctrl-C reaches a node twice, from the terminal and from its launcher.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        close = getattr(node, 'close', None)
        if close is not None:
            close()
        executor.remove_node(node)
        executor.shutdown()
        node.destroy_node()
        rclpy.try_shutdown()
    sys.exit(0)
