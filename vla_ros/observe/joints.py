"""joint_states by name: what a driver publishes first may stand last tomorrow."""

from collections.abc import Sequence, Sized
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from vla_ros.core.data import Array
from vla_ros.robots.joint_group import JointGroupSpec
from vla_ros.robots.spec import ArmSpec


class JointError(ValueError):
    """joint_states lacks a joint, or a value in it cannot be believed."""


@dataclass(frozen=True)
class Joints:
    """One sample of an arm or a joint group, in its spec's order."""

    stamp: int  # ns
    position: Array  # (n,) rad
    velocity: Array  # (n,) rad/s
    gripper: float  # opening, m; 0 of a joint group, and where `gripper_states` tells it
    # (n,) Nm; NaN, or left out, where the driver does not say
    effort: Array = field(default_factory=lambda: np.zeros(0))


class JointMap:
    """Finds a limb's joints in a list of names; the order is remembered while it stays."""

    def __init__(self, spec: ArmSpec | JointGroupSpec) -> None:
        fingers: tuple[str, ...] = ()
        if isinstance(spec, ArmSpec) and not spec.driver.gripper_separate:
            fingers = spec.gripper.joints
        self._find, self._n = _Finder(spec.joint_names + fingers, spec.n), spec.n
        self._moves = spec.driver.command_type == 'effort'  # by torques, which need the speed

    def read(
        self,
        stamp: int,
        names: Sequence[str],
        position: Sequence[float],
        velocity: Sequence[float],
        effort: Sequence[float] = (),
    ) -> Joints:
        """Return the sample.

        Where nothing needs the velocities, those that are absent or NaN (joints without a velocity
        interface) count as 0. Efforts are only looked at: those that are absent are NaN.

        Raises:
            JointError: a joint is missing or given twice, a position is missing or not finite, a
                velocity is infinite, or one is missing that torques cannot do without.
        """
        q = self._find.positions(names, position, velocity)
        speed = self._find.velocities(names, velocity, self._moves)
        opening, force = float(q[self._n :].sum()), self._find.efforts(names, effort, self._n)
        return Joints(stamp, q[: self._n], speed, opening, force)


class FingerMap:
    """Finds the joints of a gripper that has a driver of its own."""

    def __init__(self, spec: ArmSpec) -> None:
        self._find = _Finder(spec.gripper.joints, 0, 'gripper_states')

    def read(self, names: Sequence[str], position: Sequence[float]) -> float:
        """Return the opening, m; raises JointError as `JointMap.read` does."""
        return float(self._find.positions(names, position).sum())


class _Finder:
    """Finds some names in a list; the topic is named in what is refused."""

    def __init__(self, wanted: tuple[str, ...], moving: int, topic: str = 'joint_states') -> None:
        """Find `wanted`, of which the velocities of the first `moving` matter."""
        self._wanted, self._moving, self._topic = wanted, moving, topic
        # None before the first whole list: an empty one is what a message may have.
        self._names: tuple[str, ...] | None = None
        self._index: list[int] = []

    def positions(
        self, names: Sequence[str], position: Sequence[float], velocity: Sequence[float] = ()
    ) -> Array:
        """Return positions (wanted,) and remember the order of the names; raises JointError."""
        order = tuple(names)
        if order != self._names:
            self._index = self._places(order)
            self._names = order
        if len(position) != len(order) or len(velocity) > len(order):
            raise self._counts(order, position, velocity)
        q = np.asarray(position, np.float64)[self._index]
        self._check(np.isfinite(q), 'position')
        return q

    def velocities(self, names: Sequence[str], velocity: Sequence[float], needed: bool) -> Array:
        """Return velocities (moving,), in the order that `positions` has found.

        Where they are not `needed`, 0 stands for what is absent or NaN; raises JointError.
        """
        if not needed and len(velocity) < len(names):
            return np.zeros(self._moving)  # of some: nothing says of which
        if not len(velocity):
            raise JointError(
                f'{self._topic}: no velocities: without them no torque damps a motion'
            )
        if len(velocity) != len(names):
            raise self._counts(names, names, velocity)
        speed = np.asarray(velocity, np.float64)[self._index[: self._moving]]
        if not needed:
            speed[np.isnan(speed)] = 0.0
        self._check(np.isfinite(speed), 'velocity')
        return speed

    def efforts(self, names: Sequence[str], effort: Sequence[float], count: int) -> Array:
        """Return the efforts of the first `count` (count,), NaN where there are none."""
        if len(effort) != len(names):
            return np.full(count, np.nan)
        result: Array = np.asarray(effort, np.float64)[self._index[:count]]
        return result

    def _counts(
        self, names: Sequence[str], position: Sized, velocity: Sequence[float]
    ) -> JointError:
        counts = f'{len(names)} names, {len(position)} positions, {len(velocity)} velocities'
        return JointError(f'{self._topic}: {counts}')

    def _check(self, fine: NDArray[np.bool_], what: str) -> None:
        """Raise JointError for the first of the numbers called `what` that is not finite."""
        if not fine.all():
            name = self._wanted[int(fine.argmin())]
            raise JointError(f'{self._topic}: the {what} of {name} is not finite')

    def _places(self, names: tuple[str, ...]) -> list[int]:
        missing = [name for name in self._wanted if name not in names]
        if missing:
            raise JointError(f'{self._topic}: {missing[0]!r} is missing from {list(names)}')
        twice = [name for name in self._wanted if names.count(name) > 1]
        if twice:
            raise JointError(f'{self._topic}: {twice[0]!r} is given twice')
        return [names.index(name) for name in self._wanted]
