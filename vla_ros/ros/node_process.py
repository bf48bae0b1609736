"""A node as a process: it joins the graph, spins, and ends without orphans."""

from collections.abc import Callable
import contextlib
import ctypes
import os
from pathlib import Path
import signal
import sys
import time
from types import FrameType

import rclpy
from rclpy.executors import Executor, ExternalShutdownException, SingleThreadedExecutor
from rclpy.node import Node
from rclpy.signals import SignalHandlerOptions

from vla_ros.ros import twins
from vla_ros.ros.fastdds import adopt_profile
from vla_ros.ros.guard import spin_once
from vla_ros.ros.stage_node import StageNode


PARENT = 'VLA_ROS_PARENT'  # process id of the local runner, in its children's environment
WAIT = 'VLA_ROS_WAIT'  # likewise: set where they join the graph only at a line on stdin
# Niceness, where it is permitted: what is on the way from camera to command, or may not lose a
# message, comes before whatever else the machine does, and before what takes its time to think.
PROMPT, SLOW = -10, 0
_PR_SET_PDEATHSIG = 1


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
    """Take this niceness, if that is permitted.

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
