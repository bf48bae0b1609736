"""What carries a workcell's arms: postures and drives, led like them from action to action."""

import numpy as np

from vla_ros.data import SECOND, Array, DriveState, PostureState
from vla_ros.robots.drive import DriveSpec
from vla_ros.robots.posture import PostureSpec
from vla_ros.sim.limbs import SimDrive, SimPosture


class CellPosture:
    """A posture of a workcell.

    Attributes:
        spec: the posture. size: numbers of an action that are its own.
    """

    def __init__(self, spec: PostureSpec, period: float) -> None:
        """Be led from action to action in `period` s."""
        self.spec, self.size = spec, spec.n
        self._period = period
        self._step = spec.joint_array('velocity') * period

    def start(self, hardware: SimPosture) -> None:
        """Take over where it is."""
        self.hardware = hardware
        self._from = self._to = hardware.read().position.copy()
        self._since = 0

    def lead(self, now: int, action: Array) -> None:
        """Be at `action` (n,) rad one period after `now`, ns, as far as the velocities allow."""
        lower, upper = self.spec.joint_array('lower'), self.spec.joint_array('upper')
        self._from, self._since = self._to, now
        step = np.clip(action - self._from, -self._step, self._step)
        self._to = np.clip(self._from + step, lower, upper)

    def tick(self, now: int) -> None:
        """Command what is due at `now`, ns."""
        share = min((now - self._since) / (self._period * SECOND), 1.0)
        way = self._to - self._from
        moving = way / self._period if share < 1 else np.zeros(len(way))
        self.hardware.move(self._from + share * way, moving)

    def state(self, now: int) -> PostureState:
        """Return measured and commanded state at `now`, ns."""
        sample = self.hardware.read()
        commanded = self.hardware.commanded.copy()
        return PostureState(now, sample.position.copy(), sample.velocity.copy(), commanded)


class CellDrive:
    """A drive of a workcell.

    Attributes:
        spec: the drive. size: numbers of an action that are its own.
    """

    size = 3

    def __init__(self, spec: DriveSpec, period: float) -> None:
        """Be led from action to action in `period` s."""
        self.spec = spec
        self._period = period
        self._most = spec.joint_array('velocity')
        self._step = spec.joint_array('acceleration') * period

    def start(self, hardware: SimDrive) -> None:
        """Take over while it stands."""
        self.hardware = hardware
        self._from = self._to = np.zeros(3)
        self._since = 0

    def lead(self, now: int, action: Array) -> None:
        """Move with the twist `action` (3,) one period after `now`, ns, as far as it may."""
        self._from, self._since = self._to, now
        step = np.clip(
            np.clip(action, -self._most, self._most) - self._from, -self._step, self._step
        )
        self._to = self._from + step

    def tick(self, now: int) -> None:
        """Command what is due at `now`, ns."""
        share = min((now - self._since) / (self._period * SECOND), 1.0)
        self.hardware.drive(self._from + share * (self._to - self._from))

    def state(self, now: int) -> DriveState:
        """Return measured and commanded state at `now`, ns."""
        sample = self.hardware.read()
        return DriveState(now, sample.twist, self.hardware.commanded.copy(), sample.pose.copy())


def cell_limb(spec: PostureSpec | DriveSpec, period: float) -> CellPosture | CellDrive:
    """Return the part of a workcell that a limb is."""
    return (CellDrive if isinstance(spec, DriveSpec) else CellPosture)(spec, period)
