"""Poses and states: what is known of a robot at one instant. Frozen; no ROS, no behaviour.

Arrays are made read-only on construction. What nobody reports is NaN.
"""

from dataclasses import dataclass, field
from typing import Annotated

import numpy as np
from numpy.typing import NDArray

from vla_ros.core.fields import Sized, Stamp


Array = NDArray[np.float64]


def frozen(array: NDArray, dtype: type) -> NDArray:
    """Return `array` as a read-only contiguous array of `dtype`; copies only when it must."""
    result: NDArray = np.ascontiguousarray(array, dtype=dtype)
    if result.flags.writeable:
        result = result.copy() if result is array else result
        result.flags.writeable = False
    return result


@dataclass(frozen=True)
class Pose:
    """A rigid pose in the base frame."""

    position: Annotated[Array, Sized(3)]  # m
    quaternion: Annotated[Array, Sized(4)]  # xyzw, unit

    def __post_init__(self) -> None:
        object.__setattr__(self, 'position', frozen(self.position, np.float64))
        object.__setattr__(self, 'quaternion', frozen(self.quaternion, np.float64))
        if self.position.shape != (3,) or self.quaternion.shape != (4,):
            raise ValueError(
                'Pose: expected position (3,) and quaternion (4,), got '
                f'{self.position.shape} and {self.quaternion.shape}'
            )


def _unknown() -> Array:
    """Return what stands for a quantity that nobody reports: `_known` makes NaN of it."""
    return np.zeros(0)


def _known(array: NDArray, count: int, name: str) -> NDArray:
    """Return `array` (count,) read-only, NaN where it is unknown; raises ValueError."""
    result = frozen(array if np.size(array) else np.full(count, np.nan), np.float64)
    if result.shape != (count,):
        raise ValueError(f'{name}: expected {count} numbers, got the shape {result.shape}')
    return result


@dataclass(frozen=True)
class RobotState:
    """Joint, end-effector and commanded state at one instant; the order is the ArmSpec's.

    What nobody reports is NaN: of a robot without a force sensor the wrench, of a driver that
    publishes no efforts the effort.
    """

    stamp: Stamp  # ns
    position: Annotated[Array, Sized('joints')]  # rad, arm joints
    velocity: Annotated[Array, Sized('joints')]  # rad/s
    ee: Pose  # measured end-effector (tcp) pose
    gripper: float  # measured opening between the fingers, m
    commanded: Pose  # the pose the controller was tracking at `stamp`
    commanded_gripper: float  # commanded opening, m
    # Nm, measured
    effort: Annotated[Array, Sized('joints')] = field(default_factory=_unknown)
    # m/s, rad/s, of the tcp, base axes
    twist: Annotated[Array, Sized(6)] = field(default_factory=_unknown)
    # N, Nm, what the world exerts on the tcp, base axes
    wrench: Annotated[Array, Sized(6)] = field(default_factory=_unknown)
    # rad, commanded; where torques move the arm, those measured
    commanded_position: Annotated[Array, Sized('joints')] = field(default_factory=_unknown)

    def __post_init__(self) -> None:
        object.__setattr__(self, 'position', frozen(self.position, np.float64))
        object.__setattr__(self, 'velocity', frozen(self.velocity, np.float64))
        n = len(self.position)
        for name, count in (
            ('effort', n), ('twist', 6), ('wrench', 6), ('commanded_position', n),
        ):  # fmt: skip
            object.__setattr__(self, name, _known(getattr(self, name), count, name))

    def vector(self) -> Array:
        """Return `observation.state` (16,): xyz, quaternion, opening; measured, then commanded."""
        return np.concatenate(
            [
                self.ee.position,
                self.ee.quaternion,
                [self.gripper],
                self.commanded.position,
                self.commanded.quaternion,
                [self.commanded_gripper],
            ]
        )


@dataclass(frozen=True)
class JointGroupState:
    """The state of a joint group at one instant; the order is the JointGroupSpec's."""

    stamp: Stamp  # ns
    position: Annotated[Array, Sized('joints')]  # rad, measured
    velocity: Annotated[Array, Sized('joints')]  # rad/s
    # rad, what the controller was sending at `stamp`
    commanded: Annotated[Array, Sized('joints')]
    # Nm, measured; NaN where nobody reports it
    effort: Annotated[Array, Sized('joints')] = field(default_factory=_unknown)

    def __post_init__(self) -> None:
        for name in ('position', 'velocity', 'commanded'):
            object.__setattr__(self, name, frozen(getattr(self, name), np.float64))
        effort = _known(self.effort, len(self.position), 'effort')
        object.__setattr__(self, 'effort', effort)

    def vector(self) -> Array:
        """Return `observation.state` (2 n,): positions, measured, then commanded."""
        return np.concatenate([self.position, self.commanded])


@dataclass(frozen=True)
class MobileBaseState:
    """The state of a mobile base; twists are vx, vy m/s, wz rad/s in its own frame."""

    stamp: Stamp  # ns
    twist: Array  # (3,), measured
    commanded: Array  # (3,), what the controller was sending at `stamp`
    # (3,) m, m, rad: x, y, yaw in odom. It drifts, so policies do not see it.
    pose: Array = field(default_factory=lambda: np.zeros(3))

    def __post_init__(self) -> None:
        for name in ('twist', 'commanded', 'pose'):
            object.__setattr__(self, name, frozen(getattr(self, name), np.float64))

    def vector(self) -> Array:
        """Return `observation.state` (6,): twists, measured, then commanded."""
        return np.concatenate([self.twist, self.commanded])


LimbState = RobotState | JointGroupState | MobileBaseState


@dataclass(frozen=True)
class BodyState:
    """The state of several limbs at one instant, in the order of the robot's limbs."""

    stamp: Stamp  # ns
    limbs: tuple[LimbState, ...]

    @property
    def arms(self) -> tuple[RobotState, ...]:
        """The states of the arms."""
        return tuple(limb for limb in self.limbs if isinstance(limb, RobotState))

    def vector(self) -> Array:
        """Return `observation.state`, two numbers for each channel, limb by limb."""
        return np.concatenate([limb.vector() for limb in self.limbs])
