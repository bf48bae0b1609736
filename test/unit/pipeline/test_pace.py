"""Cycles as the time of a simulator passes, at whatever speed."""

import time

import pytest

from vla_ros.pipeline import pace as module
from vla_ros.pipeline.mailbox import Mailbox
from vla_ros.pipeline.pace import SimPace


PERIOD, MILLISECOND = 1_000_000, 1_000_000


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
