"""How long ticks take and how many come late, without allocating in the tick."""

import numpy as np


class TickStatistics:
    """A ring of the last durations.

    Attributes:
        ticks: ticks since the start.
        misses: ticks since the start that ended after their deadline.
    """

    def __init__(self, size: int = 1000) -> None:
        """Keep the last `size` ticks, a second's worth at 1 kHz."""
        self.ticks = 0
        self.misses = 0
        self._size = size
        self._seconds = np.zeros(size)

    def add(self, seconds: float, missed: int = 0) -> None:
        """Count a tick that took `seconds` of computation, and the deadlines it missed."""
        self._seconds[self.ticks % self._size] = seconds
        self.ticks += 1
        self.misses += missed

    def percentiles(self) -> tuple[float, float]:
        """Return p50 and p99 of the ticks in the ring, s; zeros before the first."""
        count = min(self.ticks, self._size)
        if not count:
            return 0.0, 0.0
        ordered = np.sort(self._seconds[:count])
        return float(ordered[count // 2]), float(ordered[min(count * 99 // 100, count - 1)])
