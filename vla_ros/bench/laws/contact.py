"""Coming down on the table and pressing: peak and steady force against K x penetration."""

from functools import partial

import numpy as np

from vla_ros.bench.laws.rig import Conditions, Goal, Trace
from vla_ros.bench.laws.trial import Trial


_ABOVE, _BELOW = 0.05, 0.02  # m, of the target over the table's top at the start, below at the end
_RAMP = 0.2  # s in which the target gathers its speed, and loses it: it touches at full speed
_TOUCH = 0.5  # N, less is no contact


def _motion(speed: float, now: float) -> Goal:
    even = (_ABOVE + _BELOW) / speed - _RAMP  # s at full speed
    a, va, ra = _ramp(now / _RAMP)
    b, vb, rb = _ramp((now - _RAMP - even) / _RAMP)
    cruise = min(max(now - _RAMP, 0.0), even) / _RAMP
    way = speed * _RAMP * (a + cruise + min(max((now - _RAMP - even) / _RAMP, 0.0), 1.0) - b)
    down = np.array([0.0, 0.0, -1.0])
    return Goal(way * down, speed * (va - vb) * down, speed / _RAMP * (ra - rb) * down)


def _ramp(share: float) -> tuple[float, float, float]:
    """Return way, speed and its rate at a share of a smooth gain of speed, each without unit."""
    u = min(max(share, 0.0), 1.0)
    return u**3 - u**4 / 2, 3 * u**2 - 2 * u**3, 6 * u - 6 * u**2


def _measure(trace: Trace, stiffness: float) -> dict[str, float]:
    last = slice(-300, None)
    pressed = trace.position[last, 2].mean() - trace.wanted[-1, 2]  # m, of the spring
    steady, expected = float(trace.force[last].mean()), stiffness * pressed
    touched = np.flatnonzero(trace.force > _TOUCH)
    bounces = np.diff(touched) > 1 if len(touched) else np.ones(1)
    speed = np.gradient(trace.position[:, 2], trace.time)
    return {
        'peak': float(trace.force.max()),  # N
        'impact_speed': float(-speed[touched[0] - 2]) if len(touched) else float('nan'),  # m/s
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
        vertical=True,
    )  # fmt: skip


SLOW, FAST = _trial(0.03), _trial(0.15)
