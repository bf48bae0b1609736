"""What carries a workcell's arms: postures and drives, led from action to action as they are."""

from typing import cast

import numpy as np

from vla_ros.control.loops.drive_loop import DriveLoop
from vla_ros.control.loops.interfaces import DriveHardware, PostureHardware
from vla_ros.control.loops.posture_loop import PostureLoop
from vla_ros.control.loops.supervisor import Supervisor
from vla_ros.control.loops.targets import TargetConfig
from vla_ros.core.data import SECOND, Array, DriveState, PostureState
from vla_ros.robots.drive import DriveSpec
from vla_ros.robots.posture import PostureSpec


class LinearSource:
    """Leads from each wanted row of numbers to the next in one control step.

    Attributes:
        dry: never; the last row is held.
    """

    dry = False

    def __init__(self, size: int, period: float) -> None:
        """Take `period` s from one row of `size` numbers to the next."""
        self._period = period * SECOND
        self.clear(0, np.zeros(size))

    def clear(self, now: int, values: Array) -> None:
        """Stand at `values`."""
        self._start = self._goal = values.copy()
        self._since = now

    def lead(self, now: int, values: Array) -> None:
        """Be at `values` one period after `now`, ns."""
        self._start, self._goal, self._since = self._goal, values.copy(), now

    def sample(self, now: int, out: Array) -> bool:
        """Write what is wanted at `now` (ns) into out."""
        share = min((now - self._since) / self._period, 1.0)
        out[:] = self._goal - (1.0 - share) * (self._goal - self._start)
        return True


class CellLimb:
    """A posture or a drive of a workcell.

    Attributes:
        spec: the limb. size: numbers of an action that are its own. loop: its control loop, from
            the first start on.
    """

    loop: PostureLoop | DriveLoop

    def __init__(self, spec: PostureSpec | DriveSpec, period: float) -> None:
        """Be led from action to action in `period` s."""
        self.spec, self.size = spec, len(spec.channels)
        self._source = LinearSource(self.size, period)
        self.lead = self._source.lead

    def start(self, hardware: PostureHardware | DriveHardware, supervisor: Supervisor) -> None:
        """Take over where it is."""
        spec, config = self.spec, TargetConfig()
        # Hardware comes in the order of the limbs: it is of the limb's kind.
        if isinstance(spec, DriveSpec):
            drive = cast(DriveHardware, hardware)
            self.loop = DriveLoop(spec, drive, self._source, supervisor, config)
        else:
            posture = cast(PostureHardware, hardware)
            self.loop = PostureLoop(spec, posture, self._source, supervisor, config)
        self.tick = self.loop.tick
        self.tick(0)

    def state(self, now: int) -> PostureState | DriveState:
        """Return the measured and commanded state as of the last tick."""
        return self.loop.state()
