"""When control cycles are due: in real time, or as the time of a simulator elsewhere passes."""

import ctypes
import gc
import os
import signal
import time
from typing import Protocol

from vla_ros.runtime.section import Section


_PR_SET_PDEATHSIG, _PR_SET_TIMERSLACK = 1, 29
_LATE = 5  # periods behind from which ticks are given up instead of made up for
_BEHIND = 50_000_000  # ns of simulated time, likewise: Isaac Sim's frames take 17 ms
_SET = 20_000_000  # ns of difference from which the wall clock was set, and not steered
_TORN = 1_000_000  # ns between readings of two clocks from which they tell nothing of each other
_STEER_EVERY = 20  # cycles; by 1/50 of a period at most: 1000 ppm, twice what NTP steers by
_LOOK_EVERY = 3e-4  # s between two looks at a simulator's clock
_STILL_AFTER = 500_000_000  # ns in which that clock does not move until it is said to stand still


class Pace(Protocol):
    """Says when the next cycle is due.

    Attributes:
        missed: cycles given up since the last.
        deadline: monotonic ns, by which the cycle was due.
        still: why no time passes; '' while it does.
        rewound: whether time has gone back since the last call.
        set_by: ns, by which the wall clock was set since the last call; 0 if it was not.
    """

    missed: int
    deadline: int
    still: str
    rewound: bool
    set_by: int

    def wait(self) -> int:
        """Wait for the next cycle; return the time it was due, ns, or 0 when none is due yet."""


class WallPace:
    """Absolute deadlines of the wall clock."""

    still, rewound = '', False

    def __init__(self, period: int) -> None:
        """Begin now, with a cycle every `period` ns."""
        self.missed = self.set_by = 0
        self._period, self._steer = period, period // 50
        self._offset = time.time_ns() - time.monotonic_ns()
        self.deadline = time.monotonic_ns()
        self._count = 0

    def wait(self) -> int:
        """Sleep until the next deadline; return it, so that everyone sees equal steps."""
        period = self._period
        self.deadline += period
        wait = self.deadline - time.monotonic_ns()
        self.missed = 0
        if wait > 0:
            time.sleep(wait * 1e-9)
        elif -wait > _LATE * period:
            self.missed = -wait // period
            self.deadline += self.missed * period
        self._follow()
        return self.deadline + self._offset

    def _follow(self) -> None:
        """Follow the wall clock: steered, in steps that no one notices; set, at once."""
        before, wall, after = time.monotonic_ns(), time.time_ns(), time.monotonic_ns()
        self._count += 1
        self.set_by = 0
        if after - before > _TORN:
            return
        drift = wall - before - self._offset
        if abs(drift) > _SET:
            self.set_by = drift
            self._offset += drift
        elif not self._count % _STEER_EVERY:
            self._offset += max(min(drift, self._steer), -self._steer)


class SimPace:
    """The clock of a simulator, which may be slow, fast, stand still or begin again.

    A cycle is done for every period that has passed there, so the steps are equal for whatever
    speed; no cycle is done ahead of the clock, so nothing is ever from the future.
    """

    set_by = 0

    def __init__(self, period: int, section: Section) -> None:
        """Follow the clock in `section`: its time, ns, and how often it has gone back."""
        self.missed = 0
        self.still, self.rewound = 'no /clock yet', False
        self.deadline = time.monotonic_ns()
        self._period, self._section = period, section
        self._version = -1
        self._now = self._time = self._rewinds = 0  # ns of the last cycle, and of the clock
        self._moved = 0  # monotonic ns, when the clock last did

    def wait(self) -> int:
        """Return the time of the next cycle, or wait a little if it has not come."""
        self._look()
        behind = self._time - self._now
        if behind < self._period:
            time.sleep(_LOOK_EVERY)
            return 0
        self.missed = 0
        if behind > _BEHIND:
            self.missed = behind // self._period - 1 if self._now else 0
            self._now = self._time - self._period
        self._now += self._period
        self.deadline = time.monotonic_ns()
        return self._now

    def _look(self) -> None:
        """Read the clock."""
        self.rewound = False
        entry = self._section.poll(self._version)
        monotonic = time.monotonic_ns()
        if entry is not None:
            self._version, ((clock, rewinds), _, _) = entry
            if rewinds != self._rewinds:
                self.rewound, self._rewinds, self._now = True, rewinds, 0
            if clock != self._time:
                self.still, self._moved, self._time = '', monotonic, clock
        if self._moved and monotonic - self._moved > _STILL_AFTER:
            self.still = 'the simulation stands still: no /clock'


def prepare(priority: int) -> str:
    """Ask for punctuality; return a note for people on what was not granted."""
    libc = ctypes.CDLL(None)
    # A child that outlives its parent would be a robot without a node.
    libc.prctl(_PR_SET_PDEATHSIG, signal.SIGHUP)
    libc.prctl(_PR_SET_TIMERSLACK, 1)
    gc.collect()
    gc.freeze()
    gc.disable()
    if not priority:
        return 'normal scheduling, as configured'
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(priority))
    except PermissionError:
        return 'SCHED_FIFO is not permitted: normal scheduling, deadlines may be missed'
    return f'SCHED_FIFO priority {priority}'
