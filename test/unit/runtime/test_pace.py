"""Cycles in real time, or as the time of a simulator passes, at whatever speed."""

import time

import pytest

from vla_ros.runtime import pace as module
from vla_ros.runtime.mailbox import Mailbox
from vla_ros.runtime.pace import SimPace, WallPace


PERIOD, MILLISECOND = 1_000_000, 1_000_000


class FakeTime:
    """Two clocks: one that only passes, and the wall's, which people and daemons change."""

    def __init__(self):
        self.monotonic = 10**12  # ns
        self.offset = 17 * 10**17  # ns
        self.pace = 1.0  # of the wall clock
        self.kept = 0  # ns that pass once, unseen, when the wall clock is read next

    def sleep(self, seconds):
        self._pass(round(seconds * 1e9))

    def monotonic_ns(self):
        return self.monotonic

    def time_ns(self):
        kept, self.kept = self.kept, 0
        self._pass(kept)
        return self.monotonic + self.offset

    def _pass(self, ns):
        self.monotonic += ns
        self.offset += round(ns * (self.pace - 1))


@pytest.fixture
def clock():
    return Mailbox().clock


def cycles(pace):
    """Return the times of the cycles that are due now."""
    result = []
    while now := pace.wait():
        result.append(now)
    return result


def test_before_the_first_clock_there_are_no_cycles(clock):
    pace = SimPace(PERIOD, clock)
    assert not cycles(pace) and 'no /clock' in pace.still


def test_every_period_that_has_passed_has_its_cycle_and_none_is_ahead(clock):
    pace = SimPace(PERIOD, clock)
    clock.write((10**10, 0))
    assert cycles(pace) == [10**10] and not pace.still
    clock.write((10**10 + 4 * MILLISECOND + 300, 0))
    assert cycles(pace) == [10**10 + k * PERIOD for k in (1, 2, 3, 4)]
    assert pace.missed == 0


def test_a_leap_is_not_made_up_for(clock):
    pace = SimPace(PERIOD, clock)
    clock.write((10**10, 0))
    cycles(pace)
    clock.write((2 * 10**10, 0))
    assert pace.wait() == 2 * 10**10 and pace.missed == 9999


def test_a_clock_that_stands_still_is_said_to(clock, monkeypatch):
    pace = SimPace(PERIOD, clock)
    clock.write((10**10, 0))
    cycles(pace)
    later = time.monotonic_ns() + 10**9
    monkeypatch.setattr(module.time, 'monotonic_ns', lambda: later)
    clock.write((10**10, 0))  # it is published all the same
    assert not pace.wait() and 'stands still' in pace.still
    clock.write((10**10 + PERIOD, 0))
    assert pace.wait() and not pace.still


def test_a_clock_that_has_gone_back_begins_again(clock):
    pace = SimPace(PERIOD, clock)
    clock.write((10**10, 0))
    cycles(pace)
    clock.write((10**9, 1))
    assert pace.wait() == 10**9 and pace.rewound
    assert not pace.wait() and not pace.rewound


@pytest.fixture
def wall(monkeypatch):
    fake = FakeTime()
    monkeypatch.setattr(module, 'time', fake)
    return fake


def differences(wall, pace, count):
    """Return by how much the times of the next cycles differ from the wall clock, ns."""
    result = []
    for _ in range(count):
        now = pace.wait()
        result.append(now - wall.time_ns())
    return result


@pytest.mark.parametrize('step', [-300 * MILLISECOND, 21 * MILLISECOND, 3600 * 10**9])
def test_a_wall_clock_that_is_set_is_followed_at_once_and_told(wall, step):
    pace = WallPace(PERIOD)
    differences(wall, pace, 50)
    assert pace.set_by == 0
    wall.offset += step
    assert differences(wall, pace, 1) == [0] and pace.set_by == step
    assert differences(wall, pace, 50) == [0] * 50 and pace.set_by == 0


@pytest.mark.parametrize('share', [5e-4, -5e-4, 5e-5])
def test_a_wall_clock_that_is_steered_is_followed_in_steps_that_nobody_notices(wall, share):
    """NTP's daemons change its pace by up to 500 ppm for as long as it is off."""
    pace, last = WallPace(PERIOD), 0
    wall.pace = 1 + share
    for _ in range(20_000):
        now = pace.wait()
        assert abs(now - wall.time_ns()) < 50_000 and pace.set_by == 0
        assert not last or abs(now - last - PERIOD) <= PERIOD // 50
        last = now


def test_a_process_kept_from_running_between_two_clocks_sees_no_step(wall):
    pace = WallPace(PERIOD)
    differences(wall, pace, 5)
    for late in (30 * MILLISECOND, 3 * MILLISECOND, 9 * MILLISECOND // 10):
        wall.kept = late
        for _ in range(50):
            off = pace.wait() - pace.deadline - wall.offset
            assert pace.set_by == 0 and abs(off) <= PERIOD // 50
