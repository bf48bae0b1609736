"""Poses: the tcp of an arm in its base frame, (7,) m and quaternion xyzw."""

import math

import numpy as np

from vla_ros.chunks.kinds.kind import GroupCheck, GroupPlayback, Latch, Seam, outside
from vla_ros.chunks.queue_config import CheckConfig
from vla_ros.chunks.splice import PoseTrack
from vla_ros.core.data import Array
from vla_ros.robots.spec import ArmSpec


class PoseCheck(GroupCheck):
    """Checks poses, (horizon, 7)."""

    def __init__(self, spec: ArmSpec, config: CheckConfig) -> None:
        """Prepare the bounds of an arm."""
        self.config, self._limits = config, spec.cartesian
        margin = config.workspace_margin
        self._lower = np.array(spec.cartesian.lower) - margin
        self._upper = np.array(spec.cartesian.upper) + margin
        self._names = tuple((name, 'm') for name in spec.channels[:3])

    def jump(self, action: list[float], wanted: list[float], step: int) -> str:
        """Return why the pose (7,) of a step is too far from the pose wanted (7,), or ''."""
        distance = math.dist(action[:3], wanted[:3])
        if distance > self.config.max_jump:
            return (
                f'actions: expected step {step} within {self.config.max_jump} m of the commanded '
                f'pose, got {distance:.3f} m'
            )
        dot = abs(sum(a * b for a, b in zip(action[3:7], wanted[3:7], strict=True)))
        turn = 2 * math.acos(min(dot, 1.0))
        if turn > self.config.max_turn:
            return (
                f'actions: expected step {step} within {self.config.max_turn} rad of the '
                f'commanded rotation, got {turn:.3f} rad'
            )
        return ''

    def values(self, actions: Array) -> str:
        """Return what is wrong with the poses, or ''."""
        worst = float(np.abs(np.linalg.norm(actions[:, 3:7], axis=1) - 1).max())
        if not worst <= self.config.quaternion_tolerance:
            return f'actions: expected unit quaternions, got a norm that is {worst:.2g} off'
        return outside(actions[:, :3], self._lower, self._upper, self._names)

    def motion(self, actions: Array, dt: float) -> str:
        """Return why the way from step to step, dt s apart, is too fast, or ''."""
        if len(actions) < 2:
            return ''
        speed = float(np.linalg.norm(np.diff(actions[:, :3], axis=0), axis=1).max()) / dt
        bound = self.config.max_speed * self._limits.velocity
        if speed > bound:
            return f'actions: expected steps slower than {bound:.2f} m/s, got {speed:.2f}'
        dots = np.abs(np.einsum('ij,ij->i', actions[1:, 3:7], actions[:-1, 3:7]))
        turn = 2 * math.acos(min(float(dots.min()), 1.0)) / dt
        bound = self.config.max_speed * self._limits.angular_velocity
        if turn > bound:
            return f'actions: expected steps slower than {bound:.2f} rad/s, got {turn:.2f}'
        return ''


class PosePlayback(GroupPlayback[PoseTrack]):
    """Plays poses (7,).

    Attributes:
        velocity: (3,) m/s, of the position.
    """

    def __init__(self, spec: ArmSpec, latch: Latch) -> None:
        """Begin anywhere."""
        self._limits = spec.cartesian
        self.wanted = [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0]
        self.velocity = [0.0, 0.0, 0.0]

    def track(self, knots: Array, anchor: float, dt: float) -> PoseTrack:
        """Return poses (horizon, 7), dt s apart, on the clock."""
        return PoseTrack(knots, anchor, dt)

    def stand(self, values: list[float]) -> None:
        """Stand still at a pose (7,)."""
        self.wanted = values
        self.velocity = [0.0, 0.0, 0.0]

    def move(self, values: list[float], seconds: float) -> None:
        """Be at a pose (7,), so many seconds after the last."""
        if seconds > 0:
            inverse, old, velocity = 1 / seconds, self.wanted, self.velocity
            velocity[0] = (values[0] - old[0]) * inverse
            velocity[1] = (values[1] - old[1]) * inverse
            velocity[2] = (values[2] - old[2]) * inverse
        self.wanted = values

    def play(self, track: PoseTrack, clock: float, rate: float) -> list[float]:
        """Return the pose (7,) wanted at `clock`."""
        return track.at(clock)

    def seam(self, track: PoseTrack, clock: float) -> Seam:
        """Return how far the track is at `clock`, and how long it takes to get there.

        A far chunk is approached at no more than half the speed limit, which leaves the other half
        to the chunk's own motion; 1.5 is the cubic's peak rate.
        """
        distance, turn = track.seam(clock, self.wanted)
        limits = self._limits
        seconds = 3.0 * max(distance / limits.velocity, turn / limits.angular_velocity)
        return Seam(distance, seconds)

    def lead_in(self, track: PoseTrack, clock: float, blend: float) -> None:
        """Let the track begin at `clock` from this pose, moving as it moves."""
        track.lead_in(clock, blend, self.wanted, self.velocity)
