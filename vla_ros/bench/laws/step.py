"""A step of the target: how soon and how calmly is it reached?"""

import numpy as np

from vla_ros.bench.laws.rig import Goal, Trace
from vla_ros.bench.laws.trial import Trial


_SIZE = 0.1  # m, to the left
_NEAR = 0.002  # m, settled


def _motion(now: float) -> Goal:
    return Goal(np.array([0.0, _SIZE, 0.0]) if now > 0 else np.zeros(3))


def _measure(trace: Trace, stiffness: float) -> dict[str, float]:
    along = trace.position[:, 1] - trace.position[0, 1]
    away = np.flatnonzero(trace.error > _NEAR)
    settled = trace.time[away[-1]] if away[-1] + 1 < len(trace.time) else float('nan')
    return {
        'overshoot': float(max(along.max() / _SIZE - 1, 0.0)),  # share of the step
        'settling': float(settled),  # s until the error stays below 2 mm
        'final_error': float(trace.error[-1]),  # m
    }


TRIAL = Trial('step', '10 cm step', _motion, 2.0, _measure)
