"""A minimum-jerk reach of 30 cm in 1 s (Flash and Hogan 1985), as a policy or a person moves."""

import numpy as np

from vla_ros.bench.laws.rig import Conditions, Goal
from vla_ros.bench.laws.trial import Trial, tracking


_WAY = np.array([0.0, 0.3, 0.0])  # m
_TIME = 1.0  # s


def minimum_jerk(now: float) -> Goal:
    """Return the goal of the reach, at rest before and after it."""
    s = min(max(now / _TIME, 0.0), 1.0)
    place = 10 * s**3 - 15 * s**4 + 6 * s**5
    speed = (30 * s**2 - 60 * s**3 + 30 * s**4) / _TIME
    rate = (60 * s - 180 * s**2 + 120 * s**3) / _TIME**2
    return Goal(place * _WAY, speed * _WAY, rate * _WAY)


START = Conditions(start=(0.5, -0.15, 0.3))
TRIAL = Trial('minimum_jerk', '30 cm in 1 s', minimum_jerk, 1.5, tracking, START)
