"""What the control process acts on: the simulation in its own memory, or a driver's topics."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from vla_ros.control.loops.interfaces import (
    JointGroupSample,
    JointSample,
    LimbHardware,
    MobileBaseSample,
)
from vla_ros.core.data import Array
from vla_ros.robots.joint_group import JointGroupSpec
from vla_ros.robots.mobile_base import MobileBaseSpec
from vla_ros.robots.robot import Robot
from vla_ros.robots.spec import ArmSpec
from vla_ros.runtime.mailbox import LimbBox, Mailbox


_NEVER = -(10**18)  # ns; a simulator's time may begin at 0


class System(Protocol):
    """The robot and the world around it, as a control process sees them.

    A simulated one is an entry point of `vla_ros.systems`, called with the robot's spec, the task
    family of its first scene ('' is any) and the seed of that.
    """

    @property
    def limbs(self) -> Sequence[LimbHardware]:
        """What the loop of each limb reads and commands."""

    def begin(self, now: int) -> None:
        """Begin the cycle at `now`, ns."""

    def advance(self) -> None:
        """Let a control period pass after the write."""

    def reset(self, text: str) -> str:
        """Start anew as `text` says; return '' or the cause of its refusal."""

    def rewind(self) -> None:
        """Forget what was measured: the time has gone back."""

    def publish(self, mailbox: Mailbox) -> None:
        """Write what the camera needs to see."""


@dataclass
class Sample:
    """A measurement; see JointSample."""

    stamp: int  # ns
    position: Array  # (n,) rad
    velocity: Array  # (n,) rad/s
    gripper: float = 0.0  # m
    wrench: Array | None = None  # (6,) N and Nm, sensor frame
    effort: Array | None = None  # (n,) Nm


class TopicArm:
    """An arm behind its driver: joint states come through the mailbox.

    What is to be sent leaves through the mailbox's state section, which the ROS process reads.
    """

    def __init__(self, spec: ArmSpec, box: LimbBox) -> None:
        """Wait for joint states; the sample is stale until they come."""
        self._section, self._wrench = box.driver, box.wrench
        self._version = self._wrench_version = 0
        self._n = spec.n
        self._sample = Sample(_NEVER, spec.home.copy(), np.zeros(spec.n))

    def read(self) -> JointSample:
        """Return the newest joint states."""
        entry = self._section.poll(self._version)
        if entry is not None:
            self._version, ((stamp, _), floats, _) = entry
            sample, n = self._sample, self._n
            sample.stamp, sample.gripper = stamp, float(floats[0])
            sample.position, sample.velocity, sample.effort = floats[1 : 1 + 3 * n].reshape(3, n)
        reading = self._wrench.poll(self._wrench_version)
        self._sample.wrench = None
        if reading is not None:
            self._wrench_version, (_, self._sample.wrench, _) = reading
        return self._sample

    def rewind(self) -> None:
        """Wait for joint states of the new time."""
        self._sample.stamp = _NEVER

    def write(self, torque: Array, gripper: float) -> None:
        """Do nothing: the loop's `sent` is what leaves."""

    def move(self, position: Array, velocity: Array, gripper: float) -> None:
        """Do nothing, likewise."""


class TopicJointGroup:
    """A joint group behind its driver, likewise."""

    def __init__(self, spec: JointGroupSpec, box: LimbBox) -> None:
        """Wait for joint states."""
        self._section, self._version, self._n = box.driver, 0, spec.n
        self._sample = Sample(_NEVER, spec.home.copy(), np.zeros(spec.n))

    def read(self) -> JointGroupSample:
        """Return the newest joint states."""
        entry = self._section.poll(self._version)
        if entry is not None:
            self._version, ((stamp, _), floats, _) = entry
            sample, n = self._sample, self._n
            sample.stamp = stamp
            sample.position, sample.velocity, sample.effort = floats[1 : 1 + 3 * n].reshape(3, n)
        return self._sample

    def rewind(self) -> None:
        """Wait for joint states of the new time."""
        self._sample.stamp = _NEVER

    def move(self, position: Array, velocity: Array) -> None:
        """Do nothing: the loop's `commanded` is what leaves."""


@dataclass
class Odometry:
    """A measurement; see MobileBaseSample."""

    stamp: int  # ns
    pose: Array  # (3,) m, m, rad
    twist: Array  # (3,) m/s, m/s, rad/s


class TopicMobileBase:
    """A mobile base behind its driver, likewise; its odometry comes through the mailbox."""

    def __init__(self, spec: MobileBaseSpec, box: LimbBox) -> None:
        """Wait for odometry."""
        self._section, self._version = box.driver, 0
        self._sample = Odometry(_NEVER, np.zeros(3), np.zeros(3))

    def read(self) -> MobileBaseSample:
        """Return the newest odometry."""
        entry = self._section.poll(self._version)
        if entry is not None:
            self._version, ((stamp, _), floats, _) = entry
            self._sample = Odometry(stamp, floats[1:4], floats[4:7])
        return self._sample

    def rewind(self) -> None:
        """Wait for odometry of the new time."""
        self._sample.stamp = _NEVER

    def drive(self, twist: Array) -> None:
        """Do nothing: the loop's `commanded` is what leaves."""


_DRIVERS: dict[str, Callable[[Any, LimbBox], TopicArm | TopicJointGroup | TopicMobileBase]] = {
    'arm': TopicArm, 'joint_group': TopicJointGroup, 'mobile_base': TopicMobileBase,
}  # fmt: skip


class TopicSystem:
    """A real robot, and the world that it is in."""

    def __init__(self, spec: Robot, mailbox: Mailbox) -> None:
        """Wait for the joint states of every limb."""
        pairs = zip(spec.limbs, mailbox.limbs, strict=False)  # there may be more boxes
        self.limbs = tuple(_DRIVERS[limb.kind](limb, box) for limb, box in pairs)

    def begin(self, now: int) -> None:
        """Do nothing: joint states have stamps of their own."""

    def advance(self) -> None:
        """Do nothing: the world moves by itself."""

    def reset(self, text: str) -> str:
        """Refuse."""
        return 'scene: this robot is not simulated'

    def rewind(self) -> None:
        """Wait for joint states of the new time."""
        for limb in self.limbs:
            limb.rewind()

    def publish(self, mailbox: Mailbox) -> None:
        """Do nothing."""
