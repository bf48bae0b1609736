"""A figure eight, 0.2 m wide, at 0.25 Hz: steady following."""

import numpy as np

from vla_ros.bench.laws.rig import Goal
from vla_ros.bench.laws.trial import Trial, tracking


_WIDTH, _RATE = 0.2, 0.25  # m, Hz
_SOFT = 1.0  # s in which the motion sets in


def _motion(now: float) -> Goal:
    # The phase starts at rest: its rate grows along a cubic, for a start without a jump.
    w, s = 2 * np.pi * _RATE, min(now / _SOFT, 1.0)
    if s < 1:
        phase, rate, change = w * _SOFT * (s**3 - s**4 / 2), w * (3 * s**2 - 2 * s**3), 0.0
        change = w * (6 * s - 6 * s**2) / _SOFT
    else:
        phase, rate, change = w * (now - _SOFT / 2), w, 0.0
    half = _WIDTH / 2
    place = np.array([0.0, half * np.sin(phase), half / 2 * np.sin(2 * phase)])
    slope = np.array([0.0, half * np.cos(phase), half * np.cos(2 * phase)])
    bend = np.array([0.0, -half * np.sin(phase), -2 * half * np.sin(2 * phase)])
    return Goal(place, rate * slope, rate**2 * bend + change * slope)


TRIAL = Trial('figure_eight', '0.2 m at 0.25 Hz', _motion, 9.0, tracking, vertical=True)
