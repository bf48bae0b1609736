"""joint_states by name: what a driver publishes first may stand last tomorrow."""

from collections.abc import Sequence
from dataclasses import dataclass
import math

import numpy as np

from vla_ros.data import Array
from vla_ros.robots.posture import PostureSpec
from vla_ros.robots.spec import RobotSpec


class JointError(ValueError):
    """joint_states lacks a joint, or a value in it cannot be believed."""


@dataclass(frozen=True)
class Joints:
    """One sample of an arm or a posture, in its spec's order."""

    stamp: int  # ns
    position: Array  # (n,) rad
    velocity: Array  # (n,) rad/s
    gripper: float  # opening, m; 0 of a posture


class JointMap:
    """Finds a limb's joints in a list of names; the order is remembered while it stays."""

    def __init__(self, spec: RobotSpec | PostureSpec) -> None:
        fingers = spec.gripper.joints if isinstance(spec, RobotSpec) else ()
        self._wanted = spec.joint_names + fingers
        self._n = spec.n
        self._names: tuple[str, ...] = ()
        self._index: list[int] = []

    def read(
        self,
        stamp: int,
        names: Sequence[str],
        position: Sequence[float],
        velocity: Sequence[float],
    ) -> Joints:
        """Return the sample.

        Raises:
            JointError: a joint is missing or given twice, or a number is missing or not finite.
        """
        order = tuple(names)
        if order != self._names:
            self._index = self._find(order)
            self._names = order
        if len(position) != len(order) or len(velocity) not in (0, len(order)):
            raise JointError(
                f'joint_states: {len(order)} names, {len(position)} positions, '
                f'{len(velocity)} velocities'
            )
        q = np.asarray(position, np.float64)[self._index]
        speed = np.asarray(velocity, np.float64)[self._index] if len(velocity) else q * 0.0
        if not (math.isfinite(q.sum()) and math.isfinite(speed.sum())):
            bad = next(
                name
                for name, a, b in zip(self._wanted, q, speed, strict=True)
                if not (math.isfinite(a) and math.isfinite(b))
            )
            raise JointError(f'joint_states: {bad} is not finite')
        return Joints(stamp, q[: self._n], speed[: self._n], float(q[self._n :].sum()))

    def _find(self, names: tuple[str, ...]) -> list[int]:
        missing = [name for name in self._wanted if name not in names]
        if missing:
            raise JointError(f'joint_states: {missing[0]!r} is missing from {list(names)}')
        twice = [name for name in self._wanted if names.count(name) > 1]
        if twice:
            raise JointError(f'joint_states: {twice[0]!r} is given twice')
        return [names.index(name) for name in self._wanted]
