"""Tick statistics are of the last ticks only."""

import pytest

from vla_ros.control.loops.timing import TickStatistics


def test_percentiles_of_the_ring():
    statistics = TickStatistics(100)
    assert statistics.percentiles() == (0.0, 0.0)
    for _ in range(50):
        statistics.add(1.0)
    for k in range(100):
        statistics.add(k * 1e-6, missed=k % 2)
    assert statistics.percentiles() == pytest.approx((50e-6, 99e-6))
    assert (statistics.ticks, statistics.misses) == (150, 50)
