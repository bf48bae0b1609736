"""A point that follows any goal within bounds on speed, acceleration, jerk and place.

Why what comes out keeps the bounds, whatever goes in:

1. An inner point x with velocity v changes v by at most A dt a tick and keeps |v| <= V. A step is
   taken only if the place where full braking would end afterwards lies in the region. If it does
   not, the tick brakes instead, which follows the straight path whose end was checked before.
   The region is convex, so with both its ends the path lies inside.
2. What is given out is the mean of the last N inner points. A mean stays in the convex region; its
   velocity and acceleration are means of bounded ones; its jerk is (a[k] - a[k-N]) / (N dt), at
   most 2 A / (N dt), and N is chosen so that this is at most J.

All norms are Euclidean and all statements hold for the finite differences of the sequence itself.
"""

from dataclasses import dataclass
import math
from typing import Protocol

from vla_ros.control.rotations import Vector


# Part of the acceleration that the approach to a goal plans with; the rest absorbs moving goals.
_PLANNED = 0.8
# 1/s: closer than PLANNED A / GAIN^2 the inner point approaches its goal exponentially.
_GAIN = 25.0


class Region(Protocol):
    """A convex set. A point that starts outside may stay there, but not go further out."""

    def contains(self, point: Vector, start: Vector) -> bool:
        """Whether the region, grown so far that it holds `start`, holds `point`."""

    def project(self, point: Vector) -> Vector:
        """Return the nearest point of the region."""


@dataclass(frozen=True)
class Box:
    """lower <= x <= upper in each axis."""

    lower: Vector
    upper: Vector

    def contains(self, point: Vector, start: Vector) -> bool:
        """Whether the box, grown so far that it holds `start`, holds `point`."""
        if self.project(point) is point:
            return True
        lo, hi = self.lower, self.upper
        return all(min(lo[i], start[i]) <= point[i] <= max(hi[i], start[i]) for i in range(3))

    def project(self, point: Vector) -> Vector:
        """Return the nearest point of the box; `point` itself when it is inside."""
        (a, b, c), (d, e, f), (x, y, z) = self.lower, self.upper, point
        if a <= x <= d and b <= y <= e and c <= z <= f:
            return point
        return min(max(x, a), d), min(max(y, b), e), min(max(z, c), f)


@dataclass(frozen=True)
class Ball:
    """|x| <= radius."""

    radius: float

    def contains(self, point: Vector, start: Vector) -> bool:
        """Whether the ball, grown so far that it holds `start`, holds `point`."""
        return _norm(point) <= max(self.radius, _norm(start))

    def project(self, point: Vector) -> Vector:
        """Return the nearest point of the ball."""
        norm = _norm(point)
        if norm <= self.radius:
            return point
        k = self.radius / norm
        return point[0] * k, point[1] * k, point[2] * k


class PointTracker:
    """Follows a goal in three dimensions; see the module for the bounds and their proof.

    Attributes:
        position: what is given out, in the unit of the region.
        velocity: its backward difference, per s.
        acceleration: the backward difference of the velocity, per s^2.
    """

    def __init__(
        self, region: Region, velocity: float, acceleration: float, jerk: float, dt: float
    ) -> None:
        """Start at the origin of the region; `reset` before the first step."""
        self._region = region
        self._speed, self._step, self._dt = velocity, acceleration * dt, dt
        self._planned = _PLANNED * acceleration
        self._near = self._planned / _GAIN**2
        self._length = max(1, math.ceil(2 * acceleration / (jerk * dt)))
        self.reset((0.0, 0.0, 0.0))

    def reset(self, position: Vector) -> None:
        """Stand still at `position`."""
        self._x = self._y = self._z = 0.0
        self._x, self._y, self._z = position
        self._v: Vector = (0.0, 0.0, 0.0)
        self._ring = [(position, self._v)] * self._length
        self._next = 0
        self.position = position
        self.velocity: Vector = (0.0, 0.0, 0.0)
        self.acceleration: Vector = (0.0, 0.0, 0.0)

    def step(self, goal: Vector | None) -> Vector:
        """Advance one tick towards `goal`, or brake to rest for None; return the position."""
        here = (self._x, self._y, self._z)
        moved = None if goal is None else self._approach(here, self._region.project(goal))
        if moved is None:
            moved = self._brake(here)
        (self._x, self._y, self._z), self._v = moved
        return self._average((self._x, self._y, self._z))

    def _approach(self, here: Vector, goal: Vector) -> tuple[Vector, Vector] | None:
        """Return the next inner point and velocity, or None when it could not stop inside."""
        ex, ey, ez = goal[0] - here[0], goal[1] - here[1], goal[2] - here[2]
        distance = math.sqrt(ex * ex + ey * ey + ez * ez)
        # The wanted speed is the one from which the planned deceleration stops at the goal. Near
        # it a line takes over where the slopes agree, for the root's slope grows without bound.
        if distance < self._near:
            k = _GAIN
        else:
            speed = math.sqrt(2 * self._planned * (distance - self._near / 2))
            k = min(speed, self._speed) / distance
        k = min(k, self._speed / distance) if distance > 0 else k
        u, v, w = self._v
        du, dv, dw = k * ex - u, k * ey - v, k * ez - w
        change = math.sqrt(du * du + dv * dv + dw * dw)
        if change > self._step:
            k = self._step / change
            du, dv, dw = k * du, k * dv, k * dw
        u, v, w = u + du, v + dv, w + dw
        dt = self._dt
        there = (here[0] + u * dt, here[1] + v * dt, here[2] + w * dt)
        velocity = (u, v, w)
        k = self._stopping_time(velocity)
        end = (there[0] + k * u, there[1] + k * v, there[2] + k * w)
        return (there, velocity) if self._region.contains(end, here) else None

    def _brake(self, here: Vector) -> tuple[Vector, Vector]:
        """Return the next inner point and velocity of the straight stop."""
        u, v, w = self._v
        speed = math.sqrt(u * u + v * v + w * w)
        k = max(0.0, 1 - self._step / speed) if speed > 0 else 0.0
        u, v, w = k * u, k * v, k * w
        dt = self._dt
        return (here[0] + u * dt, here[1] + v * dt, here[2] + w * dt), (u, v, w)

    def _stopping_time(self, velocity: Vector) -> float:
        """Return the stopping distance of `_brake` divided by the speed, s; exact in ticks."""
        speed = _norm(velocity)
        if speed <= self._step:
            return 0.0
        n = int(speed / self._step)
        return self._dt * (n - self._step * n * (n + 1) / (2 * speed))

    def _average(self, newest: Vector) -> Vector:
        """Put the newest inner point into the ring; update position and velocity."""
        n = self._length
        oldest, before = self._ring[self._next]
        self._ring[self._next] = (newest, self._v)
        self._next = self._next + 1 if self._next + 1 < n else 0
        mx, my, mz = newest[0] - oldest[0], newest[1] - oldest[1], newest[2] - oldest[2]
        x, y, z = self.position
        if self._next == 0:
            # The exact mean once a round, so that rounding does not pile up over days.
            x, y, z = (math.fsum(p[i] for p, _ in self._ring) / n for i in range(3))
        else:
            x, y, z = x + mx / n, y + my / n, z + mz / n
        k = 1 / (n * self._dt)
        self.velocity = (mx * k, my * k, mz * k)
        (a, b, c), (d, e, f) = self._v, before
        self.acceleration = ((a - d) * k, (b - e) * k, (c - f) * k)
        self.position = (x, y, z)
        return self.position


def _norm(v: Vector) -> float:
    return math.sqrt(v[0] * v[0] + v[1] * v[1] + v[2] * v[2])
