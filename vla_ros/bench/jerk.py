"""Jerk of a path that was sampled at uneven times."""

import numpy as np

from vla_ros.core.data import SECOND, Array


def jerk(stamps: Array, positions: Array) -> Array:
    """Return the magnitude of the third derivative, (n - 3,) m/s^3; empty below 4 samples.

    Divided differences, exact for cubics.

    Args:
        stamps: (n,) ns, rising.
        positions: (n, 3) m.
    """
    t = (np.asarray(stamps, np.int64) - stamps[0]) / SECOND if len(stamps) else np.empty(0)
    difference = np.asarray(positions, float).reshape(len(t), 3)
    for order in (1, 2, 3):
        if len(difference) < 2:
            return np.empty(0)
        span = t[order:] - t[:-order]
        difference = order * np.diff(difference, axis=0) / span[:, None]
    result: Array = np.linalg.norm(difference, axis=1)
    return result
