"""joint_states by name: what a driver publishes first may stand last tomorrow."""

from collections.abc import Sequence
from dataclasses import dataclass
import math

import numpy as np

from vla_ros.core.data import Array
from vla_ros.robots.joint_group import JointGroupSpec
from vla_ros.robots.spec import ArmSpec


class JointError(ValueError):
    """joint_states lacks a joint, or a value in it cannot be believed."""


@dataclass(frozen=True)
class Joints:
    """One sample of an arm or a posture, in its spec's order."""

    stamp: int  # ns
    position: Array  # (n,) rad
    velocity: Array  # (n,) rad/s
    gripper: float  # opening, m; 0 of a posture, and where `gripper_states` tells it


class JointMap:
    """Finds a limb's joints in a list of names; the order is remembered while it stays."""

    def __init__(self, spec: ArmSpec | JointGroupSpec) -> None:
        fingers: tuple[str, ...] = ()
        if isinstance(spec, ArmSpec) and not spec.driver.gripper_apart:
            fingers = spec.gripper.joints
        self._find, self._n = _Finder(spec.joint_names + fingers, spec.n), spec.n
        self._moves = spec.driver.command_type == 'effort'  # by torques, which need the speed

    def read(
        self,
        stamp: int,
        names: Sequence[str],
        position: Sequence[float],
        velocity: Sequence[float],
    ) -> Joints:
        """Return the sample.

        Raises:
            JointError: a joint is missing or given twice, a number is missing or not finite, or
                there are no velocities, which torques cannot do without; else they count as 0.
        """
        q, speed = self._find.values(names, position, velocity)
        if self._moves and not len(velocity):
            raise JointError('joint_states: no velocities: without them no torque damps a motion')
        return Joints(stamp, q[: self._n], speed, float(q[self._n :].sum()))


class FingerMap:
    """Finds the joints of a gripper that has a driver of its own."""

    def __init__(self, spec: ArmSpec) -> None:
        self._find = _Finder(spec.gripper.joints, 0, 'gripper_states')

    def read(self, names: Sequence[str], position: Sequence[float]) -> float:
        """Return the opening, m; raises JointError as `JointMap.read` does."""
        return float(self._find.values(names, position, ())[0].sum())


class _Finder:
    """Finds some names in a list; the topic is named in what is refused."""

    def __init__(self, wanted: tuple[str, ...], moving: int, topic: str = 'joint_states') -> None:
        """Find `wanted`, of which the velocities of the first `moving` matter."""
        self._wanted, self._moving, self._topic = wanted, moving, topic
        self._names: tuple[str, ...] = ()
        self._index: list[int] = []

    def values(
        self, names: Sequence[str], position: Sequence[float], velocity: Sequence[float]
    ) -> tuple[Array, Array]:
        """Return positions (wanted,) and velocities (moving,); raises JointError."""
        order = tuple(names)
        if order != self._names:
            self._index = self._places(order)
            self._names = order
        if len(position) != len(order) or len(velocity) not in (0, len(order)):
            raise JointError(
                f'{self._topic}: {len(order)} names, {len(position)} positions, '
                f'{len(velocity)} velocities'
            )
        q = np.asarray(position, np.float64)[self._index]
        speed = np.zeros(self._moving)
        if len(velocity):
            speed = np.asarray(velocity, np.float64)[self._index[: self._moving]]
        if not (math.isfinite(q.sum()) and math.isfinite(speed.sum())):
            bad = ~np.isfinite(q)
            bad[: self._moving] |= ~np.isfinite(speed)
            raise JointError(f'{self._topic}: {self._wanted[int(bad.argmax())]} is not finite')
        return q, speed

    def _places(self, names: tuple[str, ...]) -> list[int]:
        missing = [name for name in self._wanted if name not in names]
        if missing:
            raise JointError(f'{self._topic}: {missing[0]!r} is missing from {list(names)}')
        twice = [name for name in self._wanted if names.count(name) > 1]
        if twice:
            raise JointError(f'{self._topic}: {twice[0]!r} is given twice')
        return [names.index(name) for name in self._wanted]
