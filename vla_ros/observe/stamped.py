"""Stamped: what was said on a topic in the last seconds, by its stamps."""

from bisect import bisect_left
from collections import deque
from typing import Generic, TypeVar

from vla_ros.core.data import SECOND


T = TypeVar('T')

_KEPT = 400  # samples, 2 s of joint_states at 200 Hz


class Stamped(Generic[T]):
    """The newest values of one topic."""

    def __init__(self, name: str) -> None:
        """Begin with none; `name` is what causes begin with."""
        self._name = name
        self._stamps: deque[int] = deque(maxlen=_KEPT)
        self._values: deque[T] = deque(maxlen=_KEPT)

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
        return ''

    def problem(self, stamp: int, skew: float) -> str:
        """Return why the value at `stamp` is not known to `skew` s, or ''."""
        if not self._stamps:
            return f'{self._name}: nothing received yet'
        away = abs(self._stamps[self._nearest(stamp)] - stamp) / SECOND
        if away > skew:
            return f'{self._name}: nearest sample is {away:.3f} s away from the newest image'
        return ''

    def at(self, stamp: int) -> tuple[int, T]:
        """Return the stamp and the value nearest to `stamp`; there must be one."""
        i = self._nearest(stamp)
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
