"""A point that follows any goal or velocity within bounds on speed, acceleration, jerk and place.

Why what comes out keeps the bounds, whatever goes in (N points of a tick dt, T = N dt):

1. An inner point x with velocity v changes v by at most A dt a tick and keeps |v| <= V. A step is
   taken only if the straight way on which full braking would end afterwards is free: its end lies
   in the region, and it does not enter a keep-out box grown by R = A T^2 / 24. If it is not, the
   tick brakes instead, which follows the straight way that was checked before. So everywhere on
   the inner path such a way to a stop is known to be free, at first because the point stands. The
   region is convex, so with the ends of a way the way lies inside; a keep-out box is not where one
   may be, so the whole way is tested, and nothing is tunnelled through.
2. What is given out is the mean of the last N inner points. A mean stays in the convex region; its
   velocity and acceleration are means of bounded ones; its jerk is (a[k] - a[k-N]) / (N dt), at
   most 2 A / (N dt), and N is chosen so that this is at most J.
3. The mean stays out of the boxes though a mean cuts corners. Let c be the middle one of the N
   points, or half-way between the middle two. The j-th points before and after c sum to 2 c + r,
   where r is a sum of second differences, each at most A dt^2: |r| <= j^2 A dt^2 for odd N, and
   j (j - 1) A dt^2 for even N. Averaged, |mean - c| <= A dt^2 (N^2 - 1) / 24 <= R. And c is on the
   inner path, so at least R from the box along one axis.
4. A point that starts outside the region goes no further out: its checks take the region grown to
   hold where it is. One that starts in a grown box gets no deeper: Box.clear lets pass no way that
   is deeper anywhere than at its start, and depth, the least of distances to planes, is concave
   along a straight way, so it falls all along. What is given out is deeper by at most R.

All norms are Euclidean and all statements hold for the finite differences of the sequence itself,
up to the rounding of double precision.

A point that is hindered slides: the place where the wanted motion would stop is moved back to the
face in its way, and that is approached. It does not plan a way round: where a face lies square
between it and the goal it comes to rest there.
"""

import math

from vla_ros.control.limits.regions import Box, Region
from vla_ros.core.rotations import Vector


# Part of the acceleration that the approach to a goal plans with; the rest absorbs moving goals.
_PLANNED = 0.8
# 1/s: closer than PLANNED A / GAIN^2 the inner point approaches its goal exponentially.
_GAIN = 25.0


class PointTracker:
    """Follows a goal in three dimensions; see the module for the bounds and their proof.

    Attributes:
        position: what is given out, in the unit of the region.
        velocity: its backward difference, per s.
        acceleration: the backward difference of the velocity, per s^2.
    """

    def __init__(
        self,
        region: Region,
        velocity: float,
        acceleration: float,
        jerk: float,
        dt: float,
        keep_out: tuple[Box, ...] = (),
    ) -> None:
        """Start at the origin of the region; `reset` before the first step."""
        self._region = region
        self._speed, self._step, self._dt = velocity, acceleration * dt, dt
        self._planned = _PLANNED * acceleration
        self._near = self._planned / _GAIN**2
        self._length = max(1, math.ceil(2 * acceleration / (jerk * dt)))
        margin = acceleration * (self._length * dt) ** 2 / 24
        self._keep_out = tuple(box.grown(margin) for box in keep_out)
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

    def step(self, goal: Vector | None, scale: float = 1.0) -> Vector:
        """Advance one tick towards `goal`, or brake to rest for None; return the position.

        The wanted speed is multiplied by `scale`, 0..1. What is not a number counts as None.
        """
        here = (self._x, self._y, self._z)
        if goal is None:
            return self._advance(here, None)
        (u, v, w), k = self._towards(here, self._region.project(goal)), share(scale)
        return self._advance(here, (k * u, k * v, k * w))

    def follow(self, velocity: Vector, scale: float = 1.0) -> Vector:
        """Advance one tick at `velocity` times `scale`, 0..1; return the position.

        Slows down before the region ends and slides along its edge. Brakes for what is not finite.
        """
        here = (self._x, self._y, self._z)
        speed = math.hypot(*velocity)
        if not 0.0 < speed < math.inf:
            return self._advance(here, None)
        wanted = min(speed, self._speed) * share(scale)
        # Divided first: the components of an absurd velocity overflow otherwise.
        u, v, w = velocity[0] / speed, velocity[1] / speed, velocity[2] / speed
        k = self._lead(wanted)
        end = (here[0] + k * u, here[1] + k * v, here[2] + k * w)
        inside = self._region.project(end, here)
        if inside is end:
            return self._advance(here, (wanted * u, wanted * v, wanted * w))
        return self._advance(here, self._towards(here, inside))

    def _advance(self, here: Vector, wanted: Vector | None) -> Vector:
        """Take one tick at the wanted velocity, as far as it is free; brake for None."""
        moved = None
        if wanted is not None:
            if self._keep_out:
                wanted = self._slide(here, wanted)
            moved = self._take(here, wanted)
        if moved is None:
            moved = self._brake(here)
        (self._x, self._y, self._z), self._v = moved
        return self._average((self._x, self._y, self._z))

    def _towards(self, here: Vector, goal: Vector) -> Vector:
        """Return the velocity from which the planned deceleration stops at the goal."""
        ex, ey, ez = goal[0] - here[0], goal[1] - here[1], goal[2] - here[2]
        distance = math.sqrt(ex * ex + ey * ey + ez * ez)
        # Near the goal a line takes over where the slopes agree, for the root's slope grows
        # without bound.
        if distance < self._near:
            k = _GAIN
        else:
            speed = math.sqrt(2 * self._planned * (distance - self._near / 2))
            k = min(speed, self._speed) / distance
        k = min(k, self._speed / distance) if distance > 0 else k
        return k * ex, k * ey, k * ez

    def _lead(self, speed: float) -> float:
        """Return the distance at which `_towards` wants `speed`."""
        if speed < _GAIN * self._near:
            return speed / _GAIN
        return speed * speed / (2 * self._planned) + self._near / 2

    def _slide(self, here: Vector, wanted: Vector) -> Vector:
        """Return the wanted velocity, or one that stops at the keep-out boxes in its way."""
        speed = _norm(wanted)
        if not speed > 0.0:
            return wanted
        k = self._lead(speed) / speed
        end = free = (here[0] + k * wanted[0], here[1] + k * wanted[1], here[2] + k * wanted[2])
        for box in self._keep_out:
            free = box.clear(here, free)
        if free is end:
            return wanted
        # Once more, for a later box may have turned the motion into an earlier one.
        for box in self._keep_out:
            free = box.clear(here, free)
        return self._towards(here, free)

    def _take(self, here: Vector, wanted: Vector) -> tuple[Vector, Vector] | None:
        """Return the next inner point and velocity, or None when it could not stop in time.

        None for what is not a number, too.
        """
        u, v, w = self._v
        du, dv, dw = wanted[0] - u, wanted[1] - v, wanted[2] - w
        change = math.sqrt(du * du + dv * dv + dw * dw)
        if change > self._step:
            k = self._step / change
            du, dv, dw = k * du, k * dv, k * dw
        elif math.isnan(change):
            return None
        u, v, w = u + du, v + dv, w + dw
        dt = self._dt
        there = (here[0] + u * dt, here[1] + v * dt, here[2] + w * dt)
        velocity = (u, v, w)
        k = self._stopping_time(velocity)
        end = (there[0] + k * u, there[1] + k * v, there[2] + k * w)
        if self._region.project(end, here) is not end:
            return None
        for box in self._keep_out:
            if box.clear(here, end) is not end:
                return None
        return there, velocity

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


def share(scale: float) -> float:
    """Return `scale` within 0..1; 0 when it is not a number."""
    if scale >= 1.0:
        return 1.0
    return scale if scale > 0.0 else 0.0
