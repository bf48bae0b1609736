"""Stamped: what was said on a topic in the last seconds, by its stamps."""

from bisect import bisect_left
from collections import deque
from typing import Generic, TypeVar

from vla_ros.core.data import SECOND


T = TypeVar('T')

KEPT = 2.0  # s that are kept where no longer history is wanted
_MOST = 20_000  # samples, whatever their rate


class Stamped(Generic[T]):
    """The newest values of one topic."""

    def __init__(self, name: str, kept: float = KEPT) -> None:
        """Begin with none; `name` is what causes begin with, `kept` s are kept."""
        self._name, self._kept = name, round(kept * SECOND)
        self._stamps: deque[int] = deque(maxlen=_MOST)
        self._values: deque[T] = deque(maxlen=_MOST)

    @property
    def newest(self) -> T | None:
        """The last value; None before the first."""
        return self._values[-1] if self._values else None

    def offer(self, stamp: int, value: T) -> str:
        """Take a value of `stamp` (ns); return why it is refused, or ''."""
        if self._stamps and stamp <= self._stamps[-1]:
            if self._stamps[-1] - stamp < SECOND:
                return f'{self._name}: stamp repeated or older than the last'
            self._stamps.clear()  # the clock was set back
            self._values.clear()
        self._stamps.append(stamp)
        self._values.append(value)
        while self._stamps[0] < stamp - self._kept:
            self._stamps.popleft()
            self._values.popleft()
        return ''

    def problem(self, stamp: int, skew: float) -> str:
        """Return why the value at `stamp` is not known to `skew` s, or ''."""
        if not self._stamps:
            return f'{self._name}: nothing received yet'
        away = abs(self._stamps[self._nearest(stamp)] - stamp) / SECOND
        if away > skew:
            return f'{self._name}: nearest sample is {away:.3f} s away from the newest image'
        return ''

    def at(self, stamp: int, since: int = 0) -> tuple[int, T]:
        """Return the stamp and the value nearest to `stamp`; there must be one.

        None from before `since` (ns), unless there is none after it.
        """
        i = self._nearest(stamp)
        if self._stamps[i] < since <= self._stamps[-1]:
            i = bisect_left(self._stamps, since)
        return self._stamps[i], self._values[i]

    def _nearest(self, stamp: int) -> int:
        """Return the index of the stamp nearest to `stamp`; they ascend."""
        times = self._stamps
        i = bisect_left(times, stamp)
        if i == 0:
            return 0
        if i == len(times):
            return i - 1
        return i if times[i] - stamp < stamp - times[i - 1] else i - 1
