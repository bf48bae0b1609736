"""Coming down on the table and pressing: peak and steady force against K x penetration."""

from functools import partial

import numpy as np

from vla_ros.pipeline.law_bench.rig import Conditions, Goal, Trace
from vla_ros.pipeline.law_bench.trial import Trial


_ABOVE, _BELOW = 0.03, 0.02  # m, of the target over the table's top at the start, below at the end
_TOUCH = 0.5  # N, less is no contact


def _motion(speed: float, now: float) -> Goal:
    way = min(speed * now, _ABOVE + _BELOW)
    moving = way < _ABOVE + _BELOW
    return Goal(np.array([0.0, 0.0, -way]), np.array([0.0, 0.0, -speed if moving else 0.0]))


def _measure(trace: Trace, stiffness: float) -> dict[str, float]:
    last = slice(-300, None)
    pressed = trace.position[last, 2].mean() - trace.wanted[-1, 2]  # m, of the spring
    steady, expected = float(trace.force[last].mean()), stiffness * pressed
    touched = np.flatnonzero(trace.force > _TOUCH)
    bounces = np.diff(touched) > 1 if len(touched) else np.ones(1)
    return {
        'peak': float(trace.force.max()),  # N
        'steady': steady,  # N
        'expected': float(expected),  # N
        'relative_error': float(abs(steady / expected - 1)) if expected > 0 else float('nan'),
        'ripple': float(np.ptp(trace.force[last])),  # N, oscillation in the last 0.3 s
        'bounces': float(np.count_nonzero(bounces)),  # times that contact was lost
    }


def _trial(speed: float) -> Trial:
    centimetres = f'{100 * speed:.0f}'
    return Trial(
        f'contact_{centimetres}', f'contact at {speed} m/s', partial(_motion, speed),
        (_ABOVE + _BELOW) / speed + 1.5, _measure, Conditions(start=(0.5, 0.0, _ABOVE)),
    )  # fmt: skip


SLOW, FAST = _trial(0.03), _trial(0.15)
