"""What of a measurement can be believed, and what follows where it cannot."""

import math
from typing import NamedTuple

import numpy as np

from vla_ros.control.interfaces import JointSample
from vla_ros.control.supervisor import Event
from vla_ros.data import SECOND
from vla_ros.robots.spec import RobotSpec


# Times the velocity limit that a joint may be measured at before the arm holds: the limiter
# brakes from the limit on, so more than this is a collision, a person, or a fault.
_TOLERATED = 1.2
_AHEAD = SECOND  # ns, by which stamps may be ahead: more than clocks differ that are the same


class Verdict(NamedTuple):
    """What is thought of a measurement."""

    believed: bool  # whether it may be used
    event: Event | None = None  # for the supervisor
    cause: str = ''


_FINE = Verdict(True)
_SILENT = Verdict(False, Event.STALE, 'hardware: joint states are silent')


class Belief:
    """Judges joint states: finite, fresh, and no faster than a healthy arm can be."""

    def __init__(self, spec: RobotSpec) -> None:
        """Take the limits of `spec`."""
        self._spec = spec
        self._speed = (_TOLERATED * spec.joint_array('velocity')).tolist()
        self._stale = int(spec.driver.stale_after * SECOND)

    def judge(self, sample: JointSample, now: int) -> Verdict:
        """Judge what was measured, at `now` ns."""
        speeds = sample.velocity.tolist()
        if not math.isfinite(sum(sample.position.tolist()) + sum(speeds)):
            return Verdict(False, Event.FAULT, f'hardware: {_not_finite(self._spec, sample)}')
        if now - sample.stamp > self._stale:
            return _SILENT
        if sample.stamp - now > _AHEAD:
            ahead = (sample.stamp - now) / SECOND
            cause = f'hardware: joint states are {ahead:.3g} s ahead of the clock; is it theirs?'
            return Verdict(False, Event.STALE, cause)
        for speed, greatest in zip(speeds, self._speed, strict=True):
            if not -greatest <= speed <= greatest:
                return Verdict(True, Event.VIOLATION, _too_fast(self._spec, sample))
        return _FINE


def _not_finite(spec: RobotSpec, sample: JointSample) -> str:
    for what in ('position', 'velocity'):
        values = getattr(sample, what)
        for name, value in zip(spec.joint_names, values, strict=True):
            if not math.isfinite(value):
                return f'expected finite numbers, got {what} {value} of {name}'
    return 'expected finite numbers'


def _too_fast(spec: RobotSpec, sample: JointSample) -> str:
    speeds = np.abs(sample.velocity) / spec.joint_array('velocity')
    worst = int(np.argmax(speeds))
    joint = spec.joints[worst]
    return (
        f'{joint.name} moves at {sample.velocity[worst]:.2f} rad/s, '
        f'its limit is {joint.velocity} rad/s'
    )
