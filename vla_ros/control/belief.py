"""What of a measurement can be believed, and what follows where it cannot."""

import math
from typing import NamedTuple

import numpy as np

from vla_ros.control.interfaces import DriveSample, PostureSample
from vla_ros.control.supervisor import Event
from vla_ros.data import SECOND
from vla_ros.robots.drive import DriveSpec
from vla_ros.robots.posture import PostureSpec
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


class Belief:
    """Judges joint states: finite, fresh, and no faster than a healthy arm or posture can be."""

    def __init__(self, spec: RobotSpec | PostureSpec) -> None:
        """Take the limits of `spec`."""
        self._spec = spec
        posture = isinstance(spec, PostureSpec)
        self._what = f'joint states of {spec.name} are' if posture else 'joint states are'
        self._speed = (_TOLERATED * spec.joint_array('velocity')).tolist()
        self._stale = int(spec.driver.stale_after * SECOND)

    def judge(self, sample: PostureSample, now: int) -> Verdict:
        """Judge what was measured, at `now` ns."""
        speeds = sample.velocity.tolist()
        if not math.isfinite(sum(sample.position.tolist()) + sum(speeds)):
            return Verdict(False, Event.FAULT, f'hardware: {_not_finite(self._spec, sample)}')
        if not -_AHEAD <= now - sample.stamp <= self._stale:
            return _untimely(self._what, now - sample.stamp)
        for speed, greatest in zip(speeds, self._speed, strict=True):
            if not -greatest <= speed <= greatest:
                return Verdict(True, Event.VIOLATION, _too_fast(self._spec, sample))
        return _FINE


class DriveBelief:
    """Judges odometry: finite, fresh, and no faster than a healthy drive can be."""

    def __init__(self, spec: DriveSpec) -> None:
        """Take the limits of `spec`."""
        self._name, self._channels = spec.name, spec.channels
        self._speed = (_TOLERATED * spec.joint_array('velocity')).tolist()
        self._stale = int(spec.driver.stale_after * SECOND)

    def judge(self, sample: DriveSample, now: int) -> Verdict:
        """Judge what was measured, at `now` ns."""
        twist = sample.twist.tolist()
        if not math.isfinite(sum(twist) + sum(sample.pose.tolist())):
            cause = f'expected finite odom of {self._name}, got {sample.pose} and {sample.twist}'
            return Verdict(False, Event.FAULT, f'hardware: {cause}')
        if not -_AHEAD <= now - sample.stamp <= self._stale:
            return _untimely(f'odom of {self._name} is', now - sample.stamp)
        for name, speed, greatest in zip(self._channels, twist, self._speed, strict=True):
            if not -greatest <= speed <= greatest:
                cause = f'{self._name}: {name} is {speed:.2f}, expected at most {greatest:.2f}'
                return Verdict(True, Event.VIOLATION, cause)
        return _FINE


def _untimely(what: str, age: int) -> Verdict:
    """Return what follows from a measurement that is `age` ns old, too old or from the future."""
    said = 'silent' if age > 0 else f'{-age / SECOND:.3g} s ahead of the clock; is it theirs?'
    return Verdict(False, Event.STALE, f'hardware: {what} {said}')


def _not_finite(spec: RobotSpec | PostureSpec, sample: PostureSample) -> str:
    for what in ('position', 'velocity'):
        values = getattr(sample, what)
        for name, value in zip(spec.joint_names, values, strict=True):
            if not math.isfinite(value):
                return f'expected finite numbers, got {what} {value} of {name}'
    return 'expected finite numbers'


def _too_fast(spec: RobotSpec | PostureSpec, sample: PostureSample) -> str:
    speeds = np.abs(sample.velocity) / spec.joint_array('velocity')
    worst = int(np.argmax(speeds))
    joint = spec.joints[worst]
    return (
        f'{joint.name} moves at {sample.velocity[worst]:.2f} rad/s, '
        f'its limit is {joint.velocity} rad/s'
    )
