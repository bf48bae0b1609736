"""Where a point may be: convex regions to stay in, boxes to stay out of."""

from dataclasses import dataclass
import math
from typing import Protocol

from vla_ros.core.rotations import Vector


class Region(Protocol):
    """A convex set. A point that starts outside may stay there, but not go further out."""

    def project(self, point: Vector, start: Vector | None = None) -> Vector:
        """Return the nearest point of the region; `point` itself when it is inside.

        With `start`, of the region grown so far that it holds `start`.
        """


@dataclass(frozen=True)
class Box:
    """lower <= x <= upper in each axis; as a place to stay out of, without its faces."""

    lower: Vector
    upper: Vector

    def project(self, point: Vector, start: Vector | None = None) -> Vector:
        """Return the nearest point of the box, or of the box that reaches to `start`."""
        (a, b, c), (d, e, f), (x, y, z) = self.lower, self.upper, point
        if a <= x <= d and b <= y <= e and c <= z <= f:
            return point
        if start is not None:
            u, v, w = start
            a, b, c, d, e, f = min(a, u), min(b, v), min(c, w), max(d, u), max(e, v), max(f, w)
            if a <= x <= d and b <= y <= e and c <= z <= f:
                return point
        return min(max(x, a), d), min(max(y, b), e), min(max(z, c), f)

    def grown(self, margin: float) -> 'Box':
        """Return the box with every face moved outwards by `margin`."""
        (a, b, c), (d, e, f), m = self.lower, self.upper, margin
        return Box((a - m, b - m, c - m), (d + m, e + m, f + m))

    def clear(self, start: Vector, end: Vector) -> Vector:
        """Return `end`; moved back to the face where start -> end enters the inside, if it does.

        From a start inside, the box counts as cut back at its nearest face until the start lies on
        that face: whoever is inside may not get deeper.
        """
        enter, leave, axis = -math.inf, 1.0, 0
        for i in range(3):
            here, way = start[i], end[i] - start[i]
            near, far = self.lower[i], self.upper[i]
            if way == 0.0:
                if near < here < far:
                    continue
                return end
            if way < 0.0:
                near, far = far, near
            first, last = (near - here) / way, (far - here) / way
            if first > enter:
                enter, axis = first, i
            if last < leave:
                leave = last
            if enter >= leave or leave <= 0.0:
                return end
        if enter < 0.0:
            return self._no_deeper(start, end)
        return _moved(end, axis, (self.lower if end[axis] > start[axis] else self.upper)[axis])

    def _no_deeper(self, start: Vector, end: Vector) -> Vector:
        """Return what `clear` does for a start inside."""
        depths = [start[i] - self.lower[i] for i in range(3)]
        depths += [self.upper[i] - start[i] for i in range(3)]
        nearest = depths.index(min(depths))
        axis = nearest % 3
        inwards = end[axis] - start[axis] if nearest < 3 else start[axis] - end[axis]
        return _moved(end, axis, start[axis]) if inwards > 0.0 else end


@dataclass(frozen=True)
class Ball:
    """|x| <= radius."""

    radius: float

    def project(self, point: Vector, start: Vector | None = None) -> Vector:
        """Return the nearest point of the ball, or of the ball that reaches to `start`."""
        norm = math.hypot(*point)
        if norm <= self.radius:
            return point
        radius = self.radius if start is None else max(self.radius, math.hypot(*start))
        if norm <= radius:
            return point
        k = radius / norm
        return point[0] * k, point[1] * k, point[2] * k


def _moved(point: Vector, axis: int, coordinate: float) -> Vector:
    x, y, z = point
    if axis == 0:
        return coordinate, y, z
    return (x, coordinate, z) if axis == 1 else (x, y, coordinate)
