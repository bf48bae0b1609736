"""A twist that follows any wanted one within velocity, acceleration and jerk.

Why what comes out keeps the bounds of each axis, whatever goes in (N points of a tick dt): an
inner speed within V changes by at most A dt a tick. What is given out is the mean of the last N:
within V, its acceleration (v[k] - v[k-N]) / (N dt) at most A, its jerk the mean's of inner
accelerations, (a[k] - a[k-N]) / (N dt), at most 2 A / (N dt), and N is chosen so that this is at
most J.

V, A and J are taken a millionth smaller than the spec's, so that all this holds for the finite
differences in double precision, too.
"""

import math

import numpy as np

from vla_ros.core.data import Array
from vla_ros.robots.limits import JointSpec
from vla_ros.robots.mobile_base import MobileBaseSpec


_ROUNDING = 1e-6  # share of the limits


class TwistTracker:
    """Follows wanted twists; see the module for the bounds and their proof.

    Attributes:
        twist: (3,) m/s, m/s, rad/s, what is given out; the next step overwrites it.
    """

    def __init__(self, spec: MobileBaseSpec, dt: float) -> None:
        """Take the limits of `spec` for ticks of `dt` s; starts at rest."""
        self._axes = [_Axis(joint, dt) for joint in spec.joints]
        self.twist = np.zeros(len(self._axes))

    def reset(self) -> None:
        """Be at rest."""
        for axis in self._axes:
            axis.reset()
        self.twist.fill(0.0)

    def step(self, wanted: Array | None) -> Array:
        """Advance one tick towards `wanted` (3,) m/s, m/s, rad/s; return `twist`.

        Brakes to rest for None and for what is not finite.
        """
        goals = None if wanted is None else wanted.tolist()
        if goals is None or not math.isfinite(sum(goals)):
            goals = [0.0] * len(self._axes)
        self.twist[:] = [axis.step(goal) for axis, goal in zip(self._axes, goals, strict=True)]
        return self.twist


class _Axis:
    """One axis, in plain floats."""

    def __init__(self, spec: JointSpec, dt: float) -> None:
        self._top = (1 - _ROUNDING) * spec.velocity
        # A speed V is gathered in V / A and the 2 A / J of the mean, and soonest at the root.
        acceleration = min(spec.acceleration, math.sqrt(spec.velocity * spec.jerk / 2))
        acceleration *= 1 - _ROUNDING
        self._step = acceleration * dt
        self._length = max(1, math.ceil(2 * acceleration / (spec.jerk * dt)))
        self.reset()

    def reset(self) -> None:
        """Be at rest."""
        self._speed = self._sum = 0.0
        self._ring = [0.0] * self._length
        self._next = 0

    def step(self, goal: float) -> float:
        """Return the next speed on the way to `goal`."""
        top, speed, step, k = self._top, self._speed, self._step, self._next
        goal = -top if goal < -top else top if goal > top else goal
        low, high = speed - step, speed + step
        speed = self._speed = low if goal < low else high if goal > high else goal
        self._sum += speed - self._ring[k]
        self._ring[k] = speed
        self._next = k + 1 if k + 1 < self._length else 0
        if self._next == 0:
            self._sum = math.fsum(
                self._ring
            )  # so that rounding does not pile up, and rest is rest
        return self._sum / self._length
