"""What each kind of limb's part of a chunk must satisfy; see act/check.py."""

import math
from typing import Protocol

import numpy as np

from vla_ros.chunks.check_config import CheckConfig
from vla_ros.core.config import require
from vla_ros.core.data import Array
from vla_ros.robots.body import LimbSpec
from vla_ros.robots.joint_group import JointGroupSpec
from vla_ros.robots.mobile_base import UNITS, MobileBaseSpec
from vla_ros.robots.spec import ArmSpec


class LimbCheck(Protocol):
    """Checks one limb's part of a chunk, (horizon, width); numbers are finite."""

    def jump(self, action: list[float], wanted: list[float], step: int) -> str:
        """Return why the action of a step is too far from what is wanted now, or ''."""

    def values(self, actions: Array) -> str:
        """Return what is wrong with single steps, or ''."""

    def motion(self, actions: Array, dt: float) -> str:
        """Return why the way from step to step, dt s apart, is too fast, or ''."""


def make_check(spec: LimbSpec, config: CheckConfig) -> LimbCheck:
    """Return the check of a limb; raises ValueError as `ArmCheck` does."""
    if isinstance(spec, JointGroupSpec):
        return JointGroupCheck(spec, config)
    if isinstance(spec, MobileBaseSpec):
        return MobileBaseCheck(spec, config)
    return ArmCheck(spec, config)


class ArmCheck:
    """Checks one arm's part of a chunk, (horizon, 8)."""

    def __init__(self, spec: ArmSpec, config: CheckConfig) -> None:
        """Prepare the bounds of an arm.

        Raises:
            ValueError: its channels are not a pose and an opening.
        """
        require(
            len(spec.channels) == 8, f'channels: expected a pose and a gripper: {spec.channels}'
        )
        self.spec = spec
        self.config = config
        margin = config.workspace_margin
        self._lower = np.array(spec.cartesian.lower) - margin
        self._upper = np.array(spec.cartesian.upper) + margin

    def jump(self, action: list[float], wanted: list[float], step: int) -> str:
        """Return why the action (8,) of a step is too far from the pose wanted (8,), or ''."""
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
        """Return what is wrong with the poses and openings, or ''."""
        worst = float(np.abs(np.linalg.norm(actions[:, 3:7], axis=1) - 1).max())
        if not worst <= self.config.quaternion_tolerance:
            return f'actions: expected unit quaternions, got a norm that is {worst:.2g} off'
        return self._range(actions)

    def motion(self, actions: Array, dt: float) -> str:
        """Return why the way from step to step, dt s apart, is too fast, or ''."""
        if len(actions) < 2:
            return ''
        limits = self.spec.cartesian
        speed = float(np.linalg.norm(np.diff(actions[:, :3], axis=0), axis=1).max()) / dt
        bound = self.config.max_speed * limits.velocity
        if speed > bound:
            return f'actions: expected steps slower than {bound:.2f} m/s, got {speed:.2f}'
        dots = np.abs(np.einsum('ij,ij->i', actions[1:, 3:7], actions[:-1, 3:7]))
        turn = 2 * math.acos(min(float(dots.min()), 1.0)) / dt
        bound = self.config.max_speed * limits.angular_velocity
        if turn > bound:
            return f'actions: expected steps slower than {bound:.2f} rad/s, got {turn:.2f}'
        return ''

    def _range(self, actions: Array) -> str:
        outside = (actions[:, :3] < self._lower) | (actions[:, :3] > self._upper)
        if outside.any():
            step, axis = np.argwhere(outside)[0]
            return (
                f'actions: expected {self.spec.channels[axis]} in {self._lower[axis]:.3f} to '
                f'{self._upper[axis]:.3f} m, got {actions[step, axis]:.3f} at step {step}'
            )
        gripper, margin = self.spec.gripper, self.config.gripper_margin
        low, high = float(actions[:, 7].min()), float(actions[:, 7].max())
        if low < gripper.closed - margin or high > gripper.open + margin:
            return (
                f'actions: expected openings of {gripper.closed} to {gripper.open} m, '
                f'got {low:.3f} to {high:.3f}'
            )
        return ''


class JointGroupCheck:
    """Checks a posture's part of a chunk, (horizon, n) rad."""

    def __init__(self, spec: JointGroupSpec, config: CheckConfig) -> None:
        """Prepare the bounds of a posture."""
        self.spec, self.config = spec, config
        self._lower = spec.joint_array('lower') - config.joint_margin
        self._upper = spec.joint_array('upper') + config.joint_margin
        self._speed = config.max_speed * spec.joint_array('velocity')
        self._names = tuple((name, 'rad') for name in spec.channels)

    def jump(self, action: list[float], wanted: list[float], step: int) -> str:
        """Return why a joint of a step is too far from where it is wanted now, or ''."""
        for name, new, old in zip(self.spec.channels, action, wanted, strict=True):
            if abs(new - old) > self.config.max_lean:
                return (
                    f'actions: expected {name} of step {step} within {self.config.max_lean} rad '
                    f'of what is commanded, got {abs(new - old):.3f} rad'
                )
        return ''

    def values(self, actions: Array) -> str:
        """Return which joint is out of its range, or ''."""
        return _outside(actions, self._lower, self._upper, self._names)

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
            f'actions: expected steps of {self.spec.channels[i]} slower than '
            f'{self._speed[i]:.2f} rad/s, got {speeds[i]:.2f}'
        )


class MobileBaseCheck:
    """Checks a drive's part of a chunk, (horizon, 3) m/s, m/s, rad/s.

    How fast a twist may change is left to its loop, which limits it whatever a chunk says.
    """

    def __init__(self, spec: MobileBaseSpec, config: CheckConfig) -> None:
        """Prepare the bounds of a drive."""
        self.spec = spec
        self._greatest = config.max_twist * spec.joint_array('velocity')

    def jump(self, action: list[float], wanted: list[float], step: int) -> str:
        """Return '': from any twist to any other there is a way."""
        return ''

    def values(self, actions: Array) -> str:
        """Return which speed is beyond what the drive is believed to be meant to do, or ''."""
        names = tuple(zip(self.spec.channels, UNITS, strict=True))
        return _outside(actions, -self._greatest, self._greatest, names)

    def motion(self, actions: Array, dt: float) -> str:
        """Return '', likewise."""
        return ''


def _outside(
    actions: Array, lower: Array, upper: Array, names: tuple[tuple[str, str], ...]
) -> str:
    """Return which of the numbers (horizon, n), by name and unit, is not in its bounds, or ''."""
    outside = (actions < lower) | (actions > upper)
    if not outside.any():
        return ''
    step, i = np.argwhere(outside)[0]
    name, unit = names[i]
    return (
        f'actions: expected {name} in {lower[i]:.3f} to {upper[i]:.3f} {unit}, '
        f'got {actions[step, i]:.3f} at step {step}'
    )
