"""CommandSender: when a limb's commands leave for its driver."""

from collections.abc import Callable
import time

from vla_ros.core.data import Array
from vla_ros.ros.stage_node import StageNode


_AT_REST = 1e-3  # rad/s
_PERIOD = 0.02  # s between two looks whether the driver is silent
_SILENT = 0.05  # s without a measurement after which commands leave without one
# s in which the control process brakes once it holds for want of measurements. Then commands end:
# a driver that comes back must not find what was meant for before.
_BRAKING = 1.0


class CommandSender:
    """Sends with every measurement, and, when none come, until what moves has been braked."""

    def __init__(self, node: StageNode, send: Callable[[bool], bool], stale_after: float) -> None:
        """Let `send` publish the newest command; after so many s of silence the limb is held.

        It is told whether that is to leave although the limb is lost sight of, and says whether
        one has left.
        """
        self._send, self._end, self._stale = send, stale_after + _BRAKING, stale_after
        # s, when a command left that knew where the limb is, and when a measurement came.
        self._last = self._heard = float('-inf')
        node.every(_PERIOD, self._on_timer)

    def measured(self) -> None:
        """Send: a measurement has come.

        While measurements are rejected, what brakes the limb is sent, as if none came.
        """
        now, before = time.monotonic(), self._heard
        self._heard = now
        if self._send(False):
            self._last = now
        elif now - before > self._stale:
            self._last = float('-inf')  # it comes back: what was meant for before ends here

    def send_stop(self, velocity: Callable[[], Array | None]) -> None:
        """Send until the limb is sent no velocity (n,) rad/s any more: nothing is after that."""
        end = time.monotonic() + _BRAKING
        self._send(True)
        while _moves(velocity()) and time.monotonic() < end:
            time.sleep(_PERIOD)  # in the last moments of the node there is nothing to wait for
            self._send(True)

    def _on_timer(self) -> None:
        if _SILENT < time.monotonic() - self._last < self._end:
            self._send(True)


def _moves(velocity: Array | None) -> bool:
    return velocity is not None and bool((abs(velocity) > _AT_REST).any())
