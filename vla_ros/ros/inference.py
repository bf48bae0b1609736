"""InferenceWorker: a model's calls on a thread of their own, so that the executor's only converts.

A model may block for seconds; whoever asks the node something meanwhile is answered at once. What
is rclpy's stays on the executor's thread: results are handed over to it as tasks, which both the
events executor and the single-threaded one take from any thread and wake up for.
"""

from collections import deque
from collections.abc import Callable
import contextlib
from dataclasses import dataclass
import threading
import time
from typing import Any, Generic, TypeVar

from rclpy.exceptions import InvalidHandle
from rclpy.node import Node


Request = TypeVar('Request')
Result = TypeVar('Result')
_PATIENCE = 0.02  # s that `stop` waits for a call: who asks for a cleanup is to be answered soon


@dataclass(frozen=True)
class Timing:
    """How long a request took."""

    waited: float  # s, from its offer until its call began
    took: float  # s, the call


@dataclass(frozen=True)
class _Job(Generic[Request]):
    request: Request
    asked: float  # s, monotonic
    era: int  # what is of an era that is over counts no more


class InferenceWorker(Generic[Request, Result]):
    """Calls a model with the newest request; a newer one replaces the one that waits.

    All methods but `pause` are for the executor's thread.
    """

    def __init__(
        self,
        node: Node,
        name: str,
        call: Callable[[Request], Result],
        done: Callable[[Result, Timing], None],
        close: Callable[[], None] = lambda: None,
    ) -> None:
        """Start the thread.

        Args:
            node: spins on the executor that results are handed over to, and logs.
            name: of what is called, for the log.
            call: runs on the worker's thread; whatever it raises is logged.
            done: called on the executor's thread with each result that still counts.
            close: gives back what the model took; runs last, on the worker's thread.
        """
        self._node, self._name, self._call, self._done = node, name, call, done
        self._close = close
        self._waiting: _Job[Request] | None = None
        self._calling = False
        self._era = 0
        self._outcomes: deque[tuple[int, Any, str, Timing]] = deque()
        self._change = threading.Condition()
        self._stopped = threading.Event()
        # A daemon: a call that never returns must not keep the process from ending.
        self._thread = threading.Thread(target=self._work, name=name, daemon=True)
        self._thread.start()

    @property
    def busy(self) -> bool:
        """Whether a call is going on or a request waits for its own."""
        with self._change:
            return self._calling or self._waiting is not None

    def offer(self, request: Request) -> None:
        """Call with `request` after the call in progress, unless a newer one comes."""
        with self._change:
            self._waiting = _Job(request, time.monotonic(), self._era)
            self._change.notify()

    def forget(self) -> None:
        """Drop what waits, and the result of the call in progress."""
        with self._change:
            self._waiting = None
            self._era += 1

    def pause(self, seconds: float) -> None:
        """Block the call in progress for `seconds` s, or until `stop`; for the worker's thread."""
        self._stopped.wait(seconds)

    def stop(self) -> None:
        """End the thread; a call that blocks is not waited for, and its result is dropped."""
        self._stopped.set()
        self.forget()
        with self._change:
            self._change.notify()
        self._thread.join(_PATIENCE)

    def _work(self) -> None:
        while (job := self._take()) is not None:
            begin = time.monotonic()
            result: Result | None = None
            cause = ''
            try:
                result = self._call(job.request)
            except BaseException as error:  # a backend may raise anything, even SystemExit
                cause = f'{type(error).__name__}: {error}'
            timing = Timing(begin - job.asked, time.monotonic() - begin)
            with self._change:
                self._calling = False
            self._outcomes.append((job.era, result, cause, timing))
            self._wake()
        try:
            self._close()
        except Exception as error:
            self._node.get_logger().warning(f'{self._name}: not closed: {error!r}')

    def _take(self) -> _Job[Request] | None:
        """Wait for a request and return it; None at the end."""
        with self._change:
            while self._waiting is None and not self._stopped.is_set():
                self._change.wait()
            job, self._waiting = self._waiting, None
            self._calling = job is not None
            return job

    def _wake(self) -> None:
        executor = self._node.executor
        if self._stopped.is_set() or executor is None:
            return
        with contextlib.suppress(InvalidHandle):  # the executor has been shut down
            executor.create_task(self._deliver)

    def _deliver(self) -> None:
        # In the order of the calls, which is not always that of the tasks.
        era, result, cause, timing = self._outcomes.popleft()
        if era != self._era:
            return
        if cause:
            self._node.get_logger().error(
                f'{self._name}: {cause} (after {timing.took:.2f} s)', throttle_duration_sec=2.0
            )
        else:
            self._done(result, timing)
