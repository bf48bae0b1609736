"""MobileBaseLoop: twists within limits, and none when nobody drives the base."""

import numpy as np

from vla_ros.control.limits.twist_limits import TwistTracker
from vla_ros.control.loops.channel_loop import ChannelLoop
from vla_ros.control.loops.feedback import Feedback
from vla_ros.control.loops.following import base_monitor
from vla_ros.control.loops.interfaces import MobileBaseHardware, MobileBaseSample, TargetSource
from vla_ros.control.loops.limb_target import LimbTarget
from vla_ros.control.loops.supervisor import Supervisor
from vla_ros.control.loops.targets import Kind, TargetConfig
from vla_ros.control.loops.validator import BaseValidator
from vla_ros.core.data import Array, MobileBaseState
from vla_ros.robots.mobile_base import MobileBaseSpec


_REST = 0.05  # of the velocity limits: what is slower stands


class MobileBaseLoop(ChannelLoop[MobileBaseSample]):
    """Follows twists (3,) m/s, m/s, rad/s of the moving frame.

    Attributes:
        commanded: (3,) what was sent in the last tick.
        twist: (3,) as measured. pose: (3,) x, y m, yaw rad, in odom, likewise.
    """

    def __init__(
        self,
        spec: MobileBaseSpec,
        hardware: MobileBaseHardware,
        source: TargetSource,
        supervisor: Supervisor,
        config: TargetConfig,
    ) -> None:
        """Build the loop for ticks at the base's rate."""
        targets = LimbTarget(Kind.TWIST, len(spec.channels), config.twist_timeout)
        feedback = Feedback(BaseValidator(spec), supervisor, spec.driver.stale_after)
        following = base_monitor(spec.name, spec.driver.following, spec.control_rate)
        super().__init__(len(spec.channels), feedback, following, source, supervisor, targets)
        self.spec, self.hardware = spec, hardware
        self._tracker = TwistTracker(spec, 1 / spec.control_rate)
        self.commanded = self._tracker.twist
        self._rest = _REST * spec.joint_array('velocity')
        self.twist, self.pose = np.zeros((2, len(spec.channels)))
        self.measured = self.twist

    def restart(self) -> None:
        """Take over wherever the base is at the next tick; until then it is to stand."""
        super().restart()
        self._tracker.reset()

    def state(self) -> MobileBaseState:
        """Return the measured and commanded state at the last tick."""
        return MobileBaseState(
            self.stamp, self.twist.copy(), self.commanded.copy(), self.pose.copy()
        )

    def _read(self) -> MobileBaseSample:
        return self.hardware.read()

    def _take(self, sample: MobileBaseSample) -> None:
        self.twist[:], self.pose[:] = sample.twist, sample.pose

    def _begin(self) -> None:
        self._tracker.reset()

    def _astray(self) -> bool:
        # It stands though it is to move: that was not sent, or not obeyed. It sets out from rest.
        stands = bool((np.abs(self.twist) <= self._rest).all())
        return stands and bool((np.abs(self.commanded) > self._rest).any())

    def _step(self, wanted: Array | None) -> None:
        self._tracker.step(wanted)

    def _send(self) -> None:
        self.hardware.drive(self.commanded)
