"""Twists of a mobile base, (3,) m/s, m/s, rad/s: less where playback slows, and then none."""

from vla_ros.chunks.kinds.kind import GroupCheck, GroupPlayback, Latch, outside
from vla_ros.chunks.linear import NumberTrack
from vla_ros.chunks.queue_config import CheckConfig
from vla_ros.core.data import Array
from vla_ros.robots.mobile_base import UNITS, MobileBaseSpec


class TwistCheck(GroupCheck):
    """Checks twists, (horizon, 3) m/s, m/s, rad/s.

    From any twist to any other there is a way: how fast it may change is left to the control loop,
    which limits it whatever a chunk says.
    """

    def __init__(self, spec: MobileBaseSpec, config: CheckConfig) -> None:
        """Prepare the bounds of a base."""
        self._greatest = config.max_twist * spec.joint_array('velocity')
        self._names = tuple(zip(spec.channels, UNITS, strict=True))

    def values(self, actions: Array) -> str:
        """Return which speed is beyond what the base is believed to be meant to do, or ''."""
        return outside(actions, -self._greatest, self._greatest, self._names)


class TwistPlayback(GroupPlayback[NumberTrack]):
    """Plays twists (3,). They keep no other limb waiting at a seam."""

    def __init__(self, spec: MobileBaseSpec, latch: Latch) -> None:
        """Begin at rest."""
        self.wanted = [0.0] * len(spec.channels)

    def track(self, knots: Array, anchor: float, dt: float) -> NumberTrack:
        """Return twists (horizon, 3), dt s apart, on the clock."""
        # Extended backwards, they would mean a detour.
        return NumberTrack(knots.tolist(), anchor, dt, earliest=0.0)

    def play(self, track: NumberTrack, clock: float, rate: float) -> list[float]:
        """Return the twist (3,) wanted at `clock`: the chunk's way at the speed of playback."""
        return [rate * value for value in track.at(clock)]

    def lead_in(self, track: NumberTrack, clock: float, blend: float) -> None:
        """Let the track begin at `clock` with this twist."""
        track.lead_in(clock, blend, self.wanted)
