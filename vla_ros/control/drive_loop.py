"""DriveLoop: a base that is sent twists, within its limits, and none when nobody drives it."""

import numpy as np

from vla_ros.control.belief import DriveBelief
from vla_ros.control.channel_loop import ChannelLoop
from vla_ros.control.interfaces import DriveHardware, DriveSample, TargetSource
from vla_ros.control.limb_target import LimbTarget
from vla_ros.control.supervisor import Supervisor
from vla_ros.control.targets import Kind, TargetConfig
from vla_ros.control.twist_limits import TwistTracker
from vla_ros.data import Array, DriveState
from vla_ros.robots.drive import DriveSpec


class DriveLoop(ChannelLoop[DriveSample]):
    """Follows twists (3,) m/s, m/s, rad/s of the moving frame.

    Attributes:
        commanded: (3,) what was sent in the last tick.
        twist: (3,) as measured. pose: (3,) x, y m, yaw rad, in odom, likewise.
    """

    def __init__(
        self,
        spec: DriveSpec,
        hardware: DriveHardware,
        source: TargetSource,
        supervisor: Supervisor,
        config: TargetConfig,
    ) -> None:
        """Build the loop for ticks at the drive's rate."""
        targets = LimbTarget(Kind.TWIST, len(spec.channels), config.twist_timeout)
        super().__init__(len(spec.channels), DriveBelief(spec), source, supervisor, targets)
        self.spec, self.hardware = spec, hardware
        self._tracker = TwistTracker(spec, 1 / spec.control_rate)
        self.commanded = self._tracker.twist
        self.twist, self.pose = np.zeros((2, len(spec.channels)))

    def state(self) -> DriveState:
        """Return the measured and commanded state at the last tick."""
        return DriveState(self.stamp, self.twist.copy(), self.commanded.copy(), self.pose.copy())

    def _read(self) -> DriveSample:
        return self.hardware.read()

    def _take(self, sample: DriveSample) -> None:
        self.twist[:], self.pose[:] = sample.twist, sample.pose

    def _begin(self) -> None:
        self._tracker.reset()

    def _step(self, wanted: Array | None) -> None:
        self._tracker.step(wanted)

    def _send(self) -> None:
        self.hardware.drive(self.commanded)
