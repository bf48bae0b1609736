"""Joints: positions (n,) rad of an arm or of a joint group, blended as an arm's position is."""

import numpy as np

from vla_ros.chunks.kinds.kind import GroupCheck, GroupPlayback, Latch, Seam, outside
from vla_ros.chunks.linear import NumberTrack
from vla_ros.chunks.queue_config import CheckConfig
from vla_ros.core.data import Array
from vla_ros.robots.limb import Limb


class JointCheck(GroupCheck):
    """Checks joint positions, (horizon, n) rad."""

    def __init__(self, spec: Limb, config: CheckConfig) -> None:
        """Prepare the bounds of the limb's joints."""
        self.config = config
        self._lower = spec.joint_array('lower') - config.joint_margin
        self._upper = spec.joint_array('upper') + config.joint_margin
        self._speed = config.max_speed * spec.joint_array('velocity')
        self._names = tuple((name, 'rad') for name in spec.joint_names)

    def jump(self, action: list[float], wanted: list[float], step: int) -> str:
        """Return why a joint of a step is too far from where it is wanted now, or ''."""
        for (name, _), new, old in zip(self._names, action, wanted, strict=True):
            if abs(new - old) > self.config.max_joint_jump:
                return (
                    f'actions: expected {name} of step {step} within '
                    f'{self.config.max_joint_jump} rad of what is commanded, '
                    f'got {abs(new - old):.3f} rad'
                )
        return ''

    def values(self, actions: Array) -> str:
        """Return which joint is out of its range, or ''."""
        return outside(actions, self._lower, self._upper, self._names)

    def motion(self, actions: Array, dt: float) -> str:
        """Return which joint moves too fast from step to step, dt s apart, or ''."""
        if len(actions) < 2:
            return ''
        speeds = np.abs(np.diff(actions, axis=0)).max(axis=0) / dt
        fast = speeds > self._speed
        if not fast.any():
            return ''
        i = int(np.argmax(fast))
        return (
            f'actions: expected steps of {self._names[i][0]} slower than '
            f'{self._speed[i]:.2f} rad/s, got {speeds[i]:.2f}'
        )


class JointPlayback(GroupPlayback[NumberTrack]):
    """Plays joint positions (n,) rad.

    Attributes:
        velocity: (n,) rad/s.
    """

    def __init__(self, spec: Limb, latch: Latch) -> None:
        """Begin anywhere."""
        self._limits = spec.joint_array('velocity').tolist()
        self.wanted, self.velocity = [0.0] * spec.n, [0.0] * spec.n

    def track(self, knots: Array, anchor: float, dt: float) -> NumberTrack:
        """Return joint positions (horizon, n), dt s apart, on the clock."""
        return NumberTrack(knots.tolist(), anchor, dt)

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
        """Return how long it takes to get to the track, as for a pose."""
        away = zip(track.raw(clock), self.wanted, self._limits, strict=True)
        return Seam(0.0, 3.0 * max(abs(new - old) / limit for new, old, limit in away))

    def lead_in(self, track: NumberTrack, clock: float, blend: float) -> None:
        """Let the track begin at `clock` from these joints, moving as they move."""
        track.lead_in(clock, blend, self.wanted, self.velocity)
