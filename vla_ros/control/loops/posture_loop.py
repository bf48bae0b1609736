"""PostureLoop: joints that are sent positions, each within its limits."""

import numpy as np

from vla_ros.control.limits.joint_limits import JointTracker, astray
from vla_ros.control.loops.belief import Belief
from vla_ros.control.loops.channel_loop import ChannelLoop
from vla_ros.control.loops.feedback import Feedback
from vla_ros.control.loops.interfaces import PostureHardware, PostureSample, TargetSource
from vla_ros.control.loops.limb_target import LimbTarget
from vla_ros.control.loops.supervisor import Supervisor
from vla_ros.control.loops.targets import Kind, TargetConfig
from vla_ros.core.data import Array, PostureState
from vla_ros.robots.posture import PostureSpec


class PostureLoop(ChannelLoop[PostureSample]):
    """Follows joint positions (n,) rad; at rest it holds them, in STOP as well.

    Attributes:
        commanded: (n,) rad, and velocity: (n,) rad/s, what was sent in the last tick.
        position: (n,) rad, and speed: (n,) rad/s, as measured.
    """

    def __init__(
        self,
        spec: PostureSpec,
        hardware: PostureHardware,
        source: TargetSource,
        supervisor: Supervisor,
        config: TargetConfig,
    ) -> None:
        """Build the loop for ticks at the posture's rate."""
        targets = LimbTarget(Kind.JOINT, spec.n, config.joint_timeout)
        feedback = Feedback(Belief(spec, spec.name), supervisor, spec.driver.stale_after)
        super().__init__(spec.n, feedback, source, supervisor, targets)
        self.spec, self.hardware = spec, hardware
        self._joints = JointTracker(spec, 1 / spec.control_rate)
        self.commanded, self.velocity = self._joints.position, self._joints.velocity
        self.position, self.speed = spec.home.copy(), np.zeros(spec.n)

    def state(self) -> PostureState:
        """Return the measured and commanded state at the last tick."""
        return PostureState(
            self.stamp, self.position.copy(), self.speed.copy(), self.commanded.copy()
        )

    def _read(self) -> PostureSample:
        return self.hardware.read()

    def _take(self, sample: PostureSample) -> None:
        self.position[:], self.speed[:] = sample.position, sample.velocity

    def _begin(self) -> None:
        self._joints.reset(self.position)

    def _astray(self) -> bool:
        return astray(self.commanded, self.position)

    def _step(self, wanted: Array | None) -> None:
        self._joints.step(wanted)

    def _send(self) -> None:
        self.hardware.move(self.commanded, self.velocity)
