"""What of a measurement can be believed, and what follows where it cannot."""

import math
from typing import NamedTuple

import numpy as np

from vla_ros.control.loops.interfaces import JointGroupSample, MobileBaseSample
from vla_ros.control.loops.jump import JumpDetector
from vla_ros.control.loops.supervisor import Event
from vla_ros.core.data import SECOND
from vla_ros.robots.joint_group import JointGroupSpec
from vla_ros.robots.mobile_base import MobileBaseSpec
from vla_ros.robots.spec import ArmSpec


# Times the velocity limit that a joint may be measured at before the arm holds: the limiter
# brakes from the limit on, so more than this is a collision, a person, or a fault.
_TOLERATED = 1.2
# rad beyond its limits at which a joint cannot be: what is counted in degrees or in other turns,
# where a limit may have been set narrower than the joint's stop.
_BEYOND = math.pi
_AHEAD = SECOND  # ns, by which stamps may be ahead: more than clocks differ that are the same


class Verdict(NamedTuple):
    """What is thought of a measurement."""

    believed: bool  # whether it may be used
    event: Event | None = None  # for the supervisor
    cause: str = ''
    elsewhere: bool = False  # whether the limb must be taken up anew: it is not where it was


_FINE, _ELSEWHERE = Verdict(True), Verdict(True, elsewhere=True)


class Freshness:
    """Judges whether measurements come, and are new when they do.

    Both by their stamps and by the control clock: a driver whose own clock is ahead would
    otherwise be believed for that much longer after it has fallen silent.
    """

    def __init__(self, what: str, stale_after: float) -> None:
        """Judge `what` ('joint states are'), which may be `stale_after` s old."""
        self._what, self._stale = what, int(stale_after * SECOND)
        # ns, of the last that was new, None before the first; when it came by the control clock
        self._stamp: int | None = None
        self._arrived = 0

    def problem(self, stamp: int, now: int) -> str:
        """Return why a measurement of `stamp` cannot be believed at `now` (ns), or ''."""
        if stamp != self._stamp:
            self._stamp, self._arrived = stamp, now
        if now - self._arrived <= self._stale and -_AHEAD <= now - stamp <= self._stale:
            return ''
        return f'hardware: {self._what} {self._said(stamp, now)}'

    def _said(self, stamp: int, now: int) -> str:
        ahead, behind = stamp - now, self._arrived - stamp
        if ahead > _AHEAD:
            return f'{ahead / SECOND:.3g} s ahead of the clock; is it theirs?'
        if stamp >= 0 and behind > self._stale:
            return f'stamped {behind / SECOND:.3g} s behind: is its clock ours?'
        return 'silent'


class StateValidator:
    """Judges joint states: finite, fresh, and no faster than a healthy arm or joint group can be.

    Nor further away than it can have gone since the last that were believed, nor half a turn
    beyond a limit.
    """

    def __init__(self, spec: ArmSpec | JointGroupSpec, name: str = '') -> None:
        """Take the limits of `spec`; `name` tells it apart from the robot's other limbs."""
        self._spec = spec
        what = f'joint states of {name} are' if name else 'joint states are'
        self._fresh = Freshness(what, spec.driver.stale_after)
        limits = spec.joint_array('velocity')
        self._speed = (_TOLERATED * limits).tolist()
        self._jump = JumpDetector(spec.joint_names, ('rad',) * spec.n, limits.tolist())
        lower, upper = spec.joint_array('lower') - _BEYOND, spec.joint_array('upper') + _BEYOND
        self._lower, self._upper = lower.tolist(), upper.tolist()
        # Within these radii every joint is in its range, and no faster than it may be: nearly
        # always, and told by one call in C instead of a loop.
        self._centre = ((lower + upper) / 2).tolist()
        self._radius = float((upper - lower).min()) / 2
        self._slow = min(self._speed)

    def forget(self) -> None:
        """Believe the limb wherever it is next: it is known that it was put elsewhere."""
        self._jump.forget()

    def judge(self, sample: JointGroupSample, now: int) -> Verdict:
        """Judge what was measured, at `now` ns."""
        position, speeds = sample.position.tolist(), sample.velocity.tolist()
        if not math.isfinite(sum(position) + sum(speeds)):
            return Verdict(False, Event.FAULT, f'hardware: {_not_finite(self._spec, sample)}')
        if cause := self._fresh.problem(sample.stamp, now):
            return Verdict(False, Event.STALE, cause)
        if math.dist(position, self._centre) > self._radius and self._out(position):
            return Verdict(False, Event.VIOLATION, _beyond(self._spec, sample))
        if cause := self._jump.problem(position, sample.stamp, now):
            return Verdict(False, Event.VIOLATION, cause)
        if math.hypot(*speeds) > self._slow and self._fast(speeds):
            cause = _too_fast(self._spec, sample)
            return Verdict(True, Event.VIOLATION, cause, self._jump.settled)
        return _ELSEWHERE if self._jump.settled else _FINE

    def _out(self, position: list[float]) -> bool:
        ends = zip(self._lower, position, self._upper, strict=True)
        return not all(lower <= value <= upper for lower, value, upper in ends)

    def _fast(self, speeds: list[float]) -> bool:
        pairs = zip(speeds, self._speed, strict=True)
        return any(abs(speed) > greatest for speed, greatest in pairs)


class BaseValidator:
    """Judges odometry: finite, fresh, and no faster than a healthy base can be.

    Nor further away than it can have gone: the pose of odometry never jumps (REP-105), but where
    it is reset, or two publish it.
    """

    def __init__(self, spec: MobileBaseSpec) -> None:
        """Take the limits of `spec`."""
        self._name, self._channels = spec.name, spec.channels
        self._fresh = Freshness(f'odom of {spec.name} is', spec.driver.stale_after)
        vx, vy, wz = spec.joint_array('velocity').tolist()
        self._speed = [_TOLERATED * vx, _TOLERATED * vy, _TOLERATED * wz]
        fastest = math.hypot(vx, vy)  # of its own axes, which may lie anyhow in odom's
        self._jump = JumpDetector(spec.joint_names, ('m', 'm', 'rad'), (fastest, fastest, wz))
        self._yaw = 0.0  # rad, of the last sample, counted on over whole turns

    def forget(self) -> None:
        """Believe the base wherever it is next: it is known that it was put elsewhere."""
        self._jump.forget()

    def judge(self, sample: MobileBaseSample, now: int) -> Verdict:
        """Judge what was measured, at `now` ns."""
        twist, pose = sample.twist.tolist(), sample.pose.tolist()
        if not math.isfinite(sum(twist) + sum(pose)):
            cause = f'expected finite odom of {self._name}, got {sample.pose} and {sample.twist}'
            return Verdict(False, Event.FAULT, f'hardware: {cause}')
        if cause := self._fresh.problem(sample.stamp, now):
            return Verdict(False, Event.STALE, cause)
        pose[2] = self._yaw = self._yaw + math.remainder(pose[2] - self._yaw, math.tau)
        if cause := self._jump.problem(pose, sample.stamp, now):
            return Verdict(False, Event.VIOLATION, cause)
        for name, speed, greatest in zip(self._channels, twist, self._speed, strict=True):
            if not -greatest <= speed <= greatest:
                cause = f'{self._name}: {name} is {speed:.2f}, expected at most {greatest:.2f}'
                return Verdict(True, Event.VIOLATION, cause, self._jump.settled)
        return _ELSEWHERE if self._jump.settled else _FINE


def _not_finite(spec: ArmSpec | JointGroupSpec, sample: JointGroupSample) -> str:
    for what in ('position', 'velocity'):
        values = getattr(sample, what)
        for name, value in zip(spec.joint_names, values, strict=True):
            if not math.isfinite(value):
                return f'expected finite numbers, got {what} {value} of {name}'
    return 'expected finite numbers'


def _beyond(spec: ArmSpec | JointGroupSpec, sample: JointGroupSample) -> str:
    values = sample.position.tolist()
    away = [max(j.lower - q, q - j.upper) for j, q in zip(spec.joints, values, strict=True)]
    worst = away.index(max(away))
    joint = spec.joints[worst]
    return (
        f'hardware: {joint.name} is at {values[worst]:.4g} rad, its limits are '
        f'{joint.lower:.4g}..{joint.upper:.4g} rad: is it in degrees, or a turn off?'
    )


def _too_fast(spec: ArmSpec | JointGroupSpec, sample: JointGroupSample) -> str:
    speeds = np.abs(sample.velocity) / spec.joint_array('velocity')
    worst = int(np.argmax(speeds))
    joint = spec.joints[worst]
    return (
        f'{joint.name} moves at {sample.velocity[worst]:.2f} rad/s, '
        f'its limit is {joint.velocity} rad/s'
    )
