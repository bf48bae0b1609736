"""A steady push of 20 N from the side: a spring yields by F / K."""

import numpy as np

from vla_ros.bench.laws.rig import Conditions, Trace
from vla_ros.bench.laws.trial import Trial, stand


_FORCE = 20.0  # N


def _measure(trace: Trace, stiffness: float) -> dict[str, float]:
    last = trace.position[-200:].mean(axis=0) - trace.wanted[-1]
    expected = _FORCE / stiffness
    return {
        'deflection': float(last[1]),  # m
        'expected': expected,  # m
        'relative_error': float(abs(last[1] / expected - 1)),
        'sideways': float(np.hypot(last[0], last[2])),  # m
    }


TRIAL = Trial(
    'push', '20 N from the side', stand, 3.0, _measure, Conditions(push=(0.0, _FORCE, 0.0))
)
