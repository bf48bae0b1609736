"""Pressing on the table with a force that was asked for, from just above it."""

import numpy as np

from vla_ros.bench.laws.rig import Conditions, Goal, Trace
from vla_ros.bench.laws.trial import Trial


_FORCE, _RAMP = 10.0, 0.3  # N, s in which it sets in
_ABOVE = 0.005  # m, of the tcp over the table at the start
_NEAR = 0.05  # share of the force, settled


def _motion(now: float) -> Goal:
    return Goal(np.zeros(3), force=np.array([0.0, 0.0, -_FORCE * min(now / _RAMP, 1.0)]))


def _measure(trace: Trace, stiffness: float) -> dict[str, float]:
    last = trace.force[-300:]
    away = np.flatnonzero(np.abs(trace.force - _FORCE) > _NEAR * _FORCE)
    settled = trace.time[away[-1]] if away[-1] + 1 < len(trace.time) else float('nan')
    return {
        'peak': float(trace.force.max()),  # N
        'settling': float(settled),  # s until the force stays within 5 %
        'steady': float(last.mean()),  # N
        'relative_error': float(abs(last.mean() / _FORCE - 1)),
        'ripple': float(np.ptp(last)),  # N, oscillation in the last 0.3 s
    }


TRIAL = Trial(
    'press', '10 N on the table', _motion, 3.0, _measure, Conditions(start=(0.5, 0.0, _ABOVE)),
    force=True,
)  # fmt: skip
