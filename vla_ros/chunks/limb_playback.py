"""What is wanted of each limb while chunks play, one class for each kind of limb."""

from abc import ABC, abstractmethod
from typing import Generic, NamedTuple, TypeVar

from vla_ros.chunks.linear import NumberTrack
from vla_ros.chunks.splice import PoseTrack
from vla_ros.robots.body import LimbSpec
from vla_ros.robots.joint_group import JointGroupSpec
from vla_ros.robots.mobile_base import MobileBaseSpec
from vla_ros.robots.spec import ArmSpec


Track = TypeVar('Track', PoseTrack, NumberTrack)


class Seam(NamedTuple):
    """What lies between where a limb is wanted and where a new chunk wants it."""

    distance: float  # m, of an arm's tcp
    seconds: float  # that the blend takes at least


class LimbPlayback(ABC, Generic[Track]):
    """One limb of the chunk queue.

    Attributes:
        wanted: (width,) what is wanted of it. span: its columns in a chunk.
    """

    wanted: list[float]

    def __init__(self, width: int, first: int) -> None:
        """Take `width` columns of the chunks, beginning with number `first`."""
        self.span = slice(first, first + width)

    @abstractmethod
    def track(self, knots: list[list[float]], anchor: float, dt: float) -> Track:
        """Return its columns of a chunk, (width,) every dt s, on the clock; observed at anchor."""

    @abstractmethod
    def stand(self, values: list[float]) -> None:
        """Stand still at `values` (width,)."""

    @abstractmethod
    def move(self, values: list[float], seconds: float) -> None:
        """Be at `values` (width,), so many seconds after the last."""

    @abstractmethod
    def play(self, track: Track, clock: float, rate: float) -> list[float]:
        """Return what a track wants (width,) at `clock`, played at `rate` (0..1)."""

    @abstractmethod
    def seam(self, track: Track, clock: float) -> Seam:
        """Return how far the track is at `clock`, and how long it takes to get there."""

    @abstractmethod
    def lead_in(self, track: Track, clock: float, blend: float) -> None:
        """Let the track begin at `clock` where the limb is; it is joined within blend s."""


class ArmPlayback(LimbPlayback[PoseTrack]):
    """An arm: a pose and an opening, (8,).

    Attributes:
        velocity: (3,) m/s, of the position.
    """

    def __init__(self, spec: ArmSpec, first: int, latch_closed: float, latch_open: float) -> None:
        """Begin anywhere; the latches are shares of the opening, between which it stays."""
        super().__init__(8, first)
        gripper, self._limits = spec.gripper, spec.cartesian
        self.wanted = [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0, gripper.open]
        self.velocity = [0.0, 0.0, 0.0]
        self._open, self._closed = gripper.open, gripper.closed
        span = gripper.open - gripper.closed
        self._open_above = gripper.closed + latch_open * span
        self._closed_below = gripper.closed + latch_closed * span

    def track(self, knots: list[list[float]], anchor: float, dt: float) -> PoseTrack:
        """Return poses and openings, (8,) every dt s, on the clock."""
        return PoseTrack(knots, anchor, dt)

    def stand(self, values: list[float]) -> None:
        """Stand still at a pose with opening (8,)."""
        self.wanted = values
        self.velocity = [0.0, 0.0, 0.0]

    def move(self, values: list[float], seconds: float) -> None:
        """Be at a pose with opening (8,), so many seconds after the last."""
        if seconds > 0:
            inverse, old, velocity = 1 / seconds, self.wanted, self.velocity
            velocity[0] = (values[0] - old[0]) * inverse
            velocity[1] = (values[1] - old[1]) * inverse
            velocity[2] = (values[2] - old[2]) * inverse
        self.wanted = values

    def play(self, track: PoseTrack, clock: float, rate: float) -> list[float]:
        """Return the pose and the opening (8,) wanted at `clock`."""
        pose, opening = track.at(clock), track.opening(clock)
        # Open or closed where it is clearly either; else it stays as it is.
        if opening > self._open_above:
            pose.append(self._open)
        elif opening < self._closed_below:
            pose.append(self._closed)
        else:
            pose.append(self.wanted[7])
        return pose

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


class JointGroupPlayback(LimbPlayback[NumberTrack]):
    """A posture: joint positions (n,) rad, blended as an arm's position is.

    Attributes:
        velocity: (n,) rad/s.
    """

    def __init__(self, spec: JointGroupSpec, first: int) -> None:
        """Begin anywhere."""
        super().__init__(spec.n, first)
        self._limits = spec.joint_array('velocity').tolist()
        self.wanted, self.velocity = [0.0] * spec.n, [0.0] * spec.n

    def track(self, knots: list[list[float]], anchor: float, dt: float) -> NumberTrack:
        """Return joint positions, (n,) every dt s, on the clock."""
        return NumberTrack(knots, anchor, dt)

    def stand(self, values: list[float]) -> None:
        """Stand still at joint positions (n,)."""
        self.wanted, self.velocity = values, [0.0] * len(values)

    def move(self, values: list[float], seconds: float) -> None:
        """Be at joint positions (n,), so many seconds after the last."""
        if seconds > 0:
            old = self.wanted
            self.velocity = [(new - was) / seconds for new, was in zip(values, old, strict=True)]
        self.wanted = values

    def play(self, track: NumberTrack, clock: float, rate: float) -> list[float]:
        """Return the joint positions (n,) wanted at `clock`."""
        return track.at(clock)

    def seam(self, track: NumberTrack, clock: float) -> Seam:
        """Return how long it takes to get to the track, as for an arm."""
        away = zip(track.raw(clock), self.wanted, self._limits, strict=True)
        return Seam(0.0, 3.0 * max(abs(new - old) / limit for new, old, limit in away))

    def lead_in(self, track: NumberTrack, clock: float, blend: float) -> None:
        """Let the track begin at `clock` from this posture, moving as it moves."""
        track.lead_in(clock, blend, self.wanted, self.velocity)


class MobileBasePlayback(LimbPlayback[NumberTrack]):
    """A drive: a twist (3,) m/s, m/s, rad/s, which is less where playback slows, and then none."""

    def __init__(self, spec: MobileBaseSpec, first: int) -> None:
        """Begin at rest."""
        super().__init__(len(spec.channels), first)
        self.wanted = [0.0] * len(spec.channels)

    def track(self, knots: list[list[float]], anchor: float, dt: float) -> NumberTrack:
        """Return twists, (3,) every dt s, on the clock."""
        return NumberTrack(knots, anchor, dt, earliest=0.0)  # backwards, they would mean a detour

    def stand(self, values: list[float]) -> None:
        """Begin with the commanded twist (3,)."""
        self.wanted = values

    def move(self, values: list[float], seconds: float) -> None:
        """Go on with a twist (3,)."""
        self.wanted = values

    def play(self, track: NumberTrack, clock: float, rate: float) -> list[float]:
        """Return the twist (3,) wanted at `clock`: the chunk's way at the speed of playback."""
        return [rate * value for value in track.at(clock)]

    def seam(self, track: NumberTrack, clock: float) -> Seam:
        """Return that it takes no time of the other limbs: its loop limits how fast it changes."""
        return Seam(0.0, 0.0)

    def lead_in(self, track: NumberTrack, clock: float, blend: float) -> None:
        """Let the track begin at `clock` with this twist."""
        track.lead_in(clock, blend, self.wanted)


def make_playback(
    spec: LimbSpec, first: int, latch: tuple[float, float]
) -> ArmPlayback | JointGroupPlayback | MobileBasePlayback:
    """Return what plays the columns of a limb from number `first` on; see `ArmPlayback`."""
    if isinstance(spec, JointGroupSpec):
        return JointGroupPlayback(spec, first)
    if isinstance(spec, MobileBaseSpec):
        return MobileBasePlayback(spec, first)
    return ArmPlayback(spec, first, *latch)
