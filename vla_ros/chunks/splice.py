"""How an arm's part of a chunk becomes motion and gives way to the next.

Positions blend, rotations slerp. Written in plain floats: `PoseTrack.at` runs in every control
tick, where numpy's call overhead would cost more than the arithmetic. A pose is a list
[x, y, z, qx, qy, qz, qw], m.
"""

import math

import numpy as np

from vla_ros.core import rotations
from vla_ros.core.data import Array


def _unit(poses: Array) -> list[list[float]]:
    """Return poses (horizon, 7) whose rotations are of unit length."""
    x, y, z, w = poses[:, 3:7].T
    scale = 1 / np.sqrt(x * x + y * y + z * z + w * w)
    result = poses.copy()
    result[:, 3:7] *= scale[:, None]
    return result.tolist()


_IDENTITY: rotations.Quaternion = (0.0, 0.0, 0.0, 1.0)


class PoseTrack:
    """One arm's part of a chunk on the playback clock, with the blend that leads into it.

    Step k is reached at `anchor + (k + 1) * dt`. What was commanded when the chunk took over, and
    how fast, fades out over the blend as a cubic Hermite: position and velocity are continuous at
    the seam, and the chunk is followed exactly once the blend is over. Before its first step the
    chunk is extended backwards along its first segment, so the blend aims at where it is going.
    """

    __slots__ = (
        '_anchor', '_blend', '_dt', '_knots', '_last', '_offset', '_slope', '_start', '_turn',
    )  # fmt: skip

    def __init__(self, knots: Array, anchor: float, dt: float) -> None:
        """Put `knots`, poses (horizon, 7) dt s apart, on the clock; observed at anchor, s.

        Rotations that are a little off unit length, as nets make them, are brought to it.
        """
        self._knots, self._anchor, self._dt = _unit(knots), anchor, dt
        self._start = anchor
        self._last = len(knots) - 1
        self._blend = 0.0
        self._offset = self._slope = (0.0, 0.0, 0.0)
        self._turn: rotations.Quaternion = _IDENTITY

    def seam(self, clock: float, pose: list[float]) -> tuple[float, float]:
        """Return how far `pose` is from the unblended chunk at `clock`: m and rad."""
        here = self.raw(clock)
        dot = abs(sum(a * b for a, b in zip(pose[3:7], here[3:7], strict=True)))
        return math.dist(pose[:3], here[:3]), 2 * math.acos(min(dot, 1.0))

    def lead_in(
        self, clock: float, blend: float, pose: list[float], velocity: list[float]
    ) -> None:
        """Begin at `clock` from `pose`, moving at `velocity` (3,) m/s; join within `blend` s."""
        here, ahead = self.raw(clock), self.raw(clock + 1e-3)
        self._start = clock
        self._blend = max(blend, self._anchor + self._dt - clock)
        self._offset = (pose[0] - here[0], pose[1] - here[1], pose[2] - here[2])
        slope = [(velocity[i] - (ahead[i] - here[i]) / 1e-3) * self._blend for i in range(3)]
        self._slope = (slope[0], slope[1], slope[2])
        x, y, z, w = pose[3:7]
        u, v, t, s = here[3:7]
        self._turn = rotations.multiply((x, y, z, w), (-u, -v, -t, s))

    def raw(self, clock: float) -> list[float]:
        """Return the chunk itself at `clock`, (7,), without the blend."""
        s = (clock - self._anchor) / self._dt - 1
        if s >= self._last or self._last == 0:
            return self._knots[self._last].copy()
        k = max(math.floor(s), 0)
        f = s - k
        a, b = self._knots[k], self._knots[k + 1]
        q = rotations.slerp(a[3:7], b[3:7], f)
        return [
            a[0] + f * (b[0] - a[0]), a[1] + f * (b[1] - a[1]), a[2] + f * (b[2] - a[2]), *q,
        ]  # fmt: skip

    def at(self, clock: float) -> list[float]:
        """Return the pose (7,) wanted at `clock`."""
        pose = self.raw(clock)
        if clock >= self._start + self._blend:
            return pose
        w = (clock - self._start) / self._blend
        u = 1 - w
        fade, push = u * u * (1 + 2 * w), w * u * u
        e, v = self._offset, self._slope
        pose[0] += fade * e[0] + push * v[0]
        pose[1] += fade * e[1] + push * v[1]
        pose[2] += fade * e[2] + push * v[2]
        x, y, z, r = pose[3:7]
        turn = rotations.slerp(_IDENTITY, self._turn, fade)
        pose[3:7] = rotations.multiply(turn, (x, y, z, r))
        return pose
