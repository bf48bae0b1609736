"""JointGroupLoop: joints that are sent positions, each within its limits."""

import numpy as np

from vla_ros.control.limits.joint_limits import JointTracker, deviates
from vla_ros.control.loops.channel_loop import ChannelLoop
from vla_ros.control.loops.feedback import Feedback
from vla_ros.control.loops.following import joint_monitor
from vla_ros.control.loops.interfaces import JointGroupHardware, JointGroupSample, TargetSource
from vla_ros.control.loops.limb_target import LimbTarget
from vla_ros.control.loops.supervisor import Supervisor
from vla_ros.control.loops.targets import Kind, TargetConfig
from vla_ros.control.loops.validator import StateValidator
from vla_ros.core.data import Array, JointGroupState
from vla_ros.robots.joint_group import JointGroupSpec


class JointGroupLoop(ChannelLoop[JointGroupSample]):
    """Follows joint positions (n,) rad; at rest it holds them, in STOP as well.

    Attributes:
        commanded: (n,) rad, and velocity: (n,) rad/s, what was sent in the last tick.
        position: (n,) rad, speed: (n,) rad/s, and effort: (n,) Nm, as measured; effort is NaN
            where the robot does not say.
    """

    def __init__(
        self,
        spec: JointGroupSpec,
        hardware: JointGroupHardware,
        source: TargetSource,
        supervisor: Supervisor,
        config: TargetConfig,
    ) -> None:
        """Build the loop for ticks at the posture's rate."""
        targets = LimbTarget(Kind.JOINT, spec.n, config.joint_timeout)
        feedback = Feedback(StateValidator(spec, spec.name), supervisor, spec.driver.stale_after)
        following = joint_monitor(spec.joint_names, spec.driver.following, spec.control_rate)
        super().__init__(spec.n, feedback, following, source, supervisor, targets)
        self.spec, self.hardware = spec, hardware
        self._joints = JointTracker(spec, 1 / spec.control_rate)
        self.commanded, self.velocity = self._joints.position, self._joints.velocity
        self.position, self.speed = spec.home.copy(), np.zeros(spec.n)
        self.effort = np.full(spec.n, np.nan)
        self.measured = self.position

    def state(self) -> JointGroupState:
        """Return the measured and commanded state at the last tick."""
        return JointGroupState(
            self.stamp,
            self.position.copy(),
            self.speed.copy(),
            self.commanded.copy(),
            self.effort.copy(),
        )

    def _read(self) -> JointGroupSample:
        return self.hardware.read()

    def _take(self, sample: JointGroupSample) -> None:
        self.position[:], self.speed[:] = sample.position, sample.velocity
        self.effort[:] = np.nan if sample.effort is None else sample.effort

    def _begin(self) -> None:
        self._joints.reset(self.position)

    def _astray(self) -> bool:
        return deviates(self.commanded, self.position)

    def _step(self, wanted: Array | None) -> None:
        self._joints.step(wanted)

    def _send(self) -> None:
        self.hardware.move(self.commanded, self.velocity)
