"""LimbPlayback: where one arm is wanted to be, and how fast that moves, while chunks play."""

from typing import NamedTuple

from vla_ros.act.splice import PoseTrack
from vla_ros.robots.spec import RobotSpec


class Seam(NamedTuple):
    """What lies between where an arm is wanted and where a new chunk wants it."""

    distance: float  # m
    seconds: float  # that the blend takes at least


class LimbPlayback:
    """One arm of the chunk queue.

    Attributes:
        pose: (8,) what is wanted of it. velocity: (3,) m/s, of that position.
    """

    def __init__(self, spec: RobotSpec, latch_closed: float, latch_open: float) -> None:
        """Begin anywhere; the latches are shares of the opening, between which it stays."""
        gripper, self._limits = spec.gripper, spec.cartesian
        self.pose = [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0, gripper.open]
        self.velocity = [0.0, 0.0, 0.0]
        self._open, self._closed = gripper.open, gripper.closed
        span = gripper.open - gripper.closed
        self._open_above = gripper.closed + latch_open * span
        self._closed_below = gripper.closed + latch_closed * span

    def stand(self, pose: list[float]) -> None:
        """Stand still at `pose` (8,)."""
        self.pose = pose
        self.velocity = [0.0, 0.0, 0.0]

    def move(self, pose: list[float], seconds: float) -> None:
        """Be at `pose` (8,), so many seconds after the last."""
        if seconds > 0:
            inverse, old, velocity = 1 / seconds, self.pose, self.velocity
            velocity[0] = (pose[0] - old[0]) * inverse
            velocity[1] = (pose[1] - old[1]) * inverse
            velocity[2] = (pose[2] - old[2]) * inverse
        self.pose = pose

    def latched(self, opening: float) -> float:
        """Return open or closed, m, for an opening that is clearly either; else what it is."""
        if opening > self._open_above:
            return self._open
        if opening < self._closed_below:
            return self._closed
        return self.pose[7]

    def seam(self, track: PoseTrack, clock: float) -> Seam:
        """Return how far the track is at `clock`, and how long it takes to get there.

        A far chunk is approached at no more than half the speed limit, which leaves the other half
        to the chunk's own motion; 1.5 is the cubic's peak rate.
        """
        distance, turn = track.seam(clock, self.pose)
        limits = self._limits
        seconds = 3.0 * max(distance / limits.velocity, turn / limits.angular_velocity)
        return Seam(distance, seconds)
