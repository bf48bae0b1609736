"""Actuation: the control law, a change of it without a bump, the last limits before the robot."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
import math

import numpy as np

from vla_ros.control.laws import ControlLaw, MotionLaw
from vla_ros.control.limits.joint_limits import JointTracker, deviates
from vla_ros.control.limits.limiter import Limiter
from vla_ros.control.loops.following import joint_monitor, pose_monitor
from vla_ros.control.loops.interfaces import Hardware
from vla_ros.core import rotations
from vla_ros.core.data import Array
from vla_ros.robots.model import RobotModel
from vla_ros.robots.spec import ArmSpec


_FADE = 0.1  # s, time constant with which the difference between two laws fades
_AT_REST = 0.02  # rad/s, below which the kind of output may change
_FADED = 1e-3  # Nm
# s, time constant with which positions that a robot integrates from velocities are compared with
# those it has: long, so that its lag in motion is not taken for drift.
_DRIFT = 1.0


class Actuation:
    """Makes what is sent, of the commanded pose.

    When the law or its gains change, the difference of the torques, old less new, is added to the
    new and fades: the torque goes on where it was, whatever the laws think of it.

    Attributes:
        law: in use. limiter: of the commanded pose and the torques. hardware: what it is sent to.
        torque: (n,) Nm, sent in the last tick; NaN to a robot that takes motion.
        poses: whether the robot is sent poses, and neither torques nor joint positions.
        carried: whether that torque held the arm's weight, or the robot adds it by itself.
        position: (n,) rad, velocity: (n,) rad/s, likewise; NaN to a robot that takes torques.
        placed: times that all began where the arm is, instead of going on from what was sent.
    """

    def __init__(
        self,
        spec: ArmSpec,
        law: ControlLaw,
        stop_law: ControlLaw,
        limiter: Limiter,
        hardware: Hardware,
        poses: bool = False,
    ) -> None:
        """Take the parts; `reset` before the first tick. `poses`: the robot is sent poses."""
        self.law = law
        self.torque, self.position, self.velocity = np.full((3, spec.n), np.nan)
        self.carried, self.placed = True, 0
        self.limiter, self.hardware, self._stop_law = limiter, hardware, stop_law
        self._joints = JointTracker(spec, 1 / spec.control_rate)
        self._asked, self._wanted, self._before, self._offset = np.zeros((4, spec.n))
        self.poses, following, rate = poses, spec.driver.following, spec.control_rate
        self._following = (
            pose_monitor(spec.name, following, rate)
            if poses
            else joint_monitor(spec.joint_names, following, rate)
        )
        self._sent, self._seen = np.zeros((2, 6))  # m and rad, of the tcp
        self._decay = math.exp(-1 / (spec.control_rate * _FADE))
        self._fading = False
        # Joint positions of a robot that takes velocities less those that were sent, (n,) rad.
        self._drift = np.zeros(spec.n)
        integrates = spec.driver.command_type == 'velocity'
        self._correction = 1 / (spec.control_rate * _DRIFT) if integrates else 0.0

    def reset(self, model: RobotModel) -> None:
        """Begin where the arm is, at rest."""
        self.placed += 1
        self._joints.reset(model.q)
        self._drift.fill(0.0)
        self._following.reset()
        self.law.reset(model, self.limiter.target)
        self._stop_fading()

    def disobeyed(self, model: RobotModel) -> str:
        """Return '' or what of the arm, as measured, does not follow what was sent last.

        Where torques are sent, nothing is: the spring that draws the arm has bounds, and an arm
        that resists it is held by the contact guard.
        """
        if self.poses:
            target = self.limiter.target
            self._sent[:3], self._seen[:3] = target.position, model.position
            self._sent[3:] = rotations.log(target.rotation.dot(model.rotation.T))
            return self._following.judge(self._sent, self._seen)
        if self.law.output == 'effort':
            return ''
        return self._following.judge(self.position, model.q)

    def deviates(self, model: RobotModel) -> bool:
        """Whether the arm is not where it was sent, by more than it yields while it holds.

        Torques send it nowhere: after a silence it was not held, after a STOP only damped, and
        its distance from the target would at once be a force.
        """
        if not isinstance(self.law, MotionLaw) or self._following.beyond:
            return True
        return deviates(self._joints.position + self._drift, model.q)

    def adopt(self, law: ControlLaw, model: RobotModel, settle: Callable[[], None]) -> str:
        """Change to another law between ticks; return '' or the cause of the refusal.

        `settle` is called once it is decided, to make the target what the new law begins with.
        """
        before = self.law
        if law.output == before.output:
            with self._bumpless(model):
                settle()
                law.reset(model, self.limiter.target)
                self.law = law
            return ''
        if float(np.abs(model.dq).max()) > _AT_REST:
            return f'law: from {before.output} to {law.output} only while the arm rests'
        settle()
        self.law = law
        self.torque.fill(math.nan)
        self.position.fill(math.nan)
        self.velocity.fill(math.nan)
        self.limiter.reset(model)
        self.reset(model)
        return ''

    def set_stiffness(self, stiffness: Array, model: RobotModel) -> None:
        """Give the law another stiffness (6, 6) N/m, Nm/rad between ticks.

        Raises:
            ValueError: the law has none, or refuses it.
        """
        with self._bumpless(model):
            self.law.set_stiffness(stiffness)

    def send(self, model: RobotModel, stopped: bool, blind: bool) -> str:
        """Send one tick's command; return '' or why the law's output was not used.

        Args:
            model: updated with what was measured, or, blind, with where the arm was last seen.
            stopped: in STOP, where any motion is braked.
            blind: the measurement cannot be believed: carry the arm's weight, move nothing.
        """
        if isinstance(self.law, MotionLaw):
            return self._send_motion(self.law, model, stopped or blind)
        law = self._stop_law if stopped or blind else self.law
        law.torque(model, self.limiter.target, self._asked)
        self.carried = law.carries_gravity
        if self._fading:
            self._fade(stopped or blind)
        limiter = self.limiter
        limiter.refusal = ''
        limiter.torque(self._asked, model, self.torque)
        self.hardware.write(self.torque, limiter.gripper)
        return f'control law: {limiter.refusal}' if limiter.refusal else ''

    def _send_motion(self, law: MotionLaw, model: RobotModel, brake: bool) -> str:
        joints, cause = self._joints, ''
        if self._correction:
            self._follow_drift(model)
        if brake:
            joints.step(None)
        else:
            np.add(joints.position, self._drift, out=self._before)
            law.motion(model, self.limiter.target, self._before, self._wanted)
            np.subtract(self._wanted, self._drift, out=self._wanted)
            if math.isfinite(float(self._wanted.sum())):
                joints.step(self._wanted)
            else:
                joints.step(None)
                cause = 'control law: joint positions are not finite'
        np.add(joints.position, self._drift, out=self.position)
        self.velocity[:] = joints.velocity
        self.hardware.move(self.position, self.velocity, self.limiter.gripper)
        return cause

    def _follow_drift(self, model: RobotModel) -> None:
        """Learn how far the robot is from where the velocities should have brought it.

        The limits then still hold for the velocities sent, and for the positions but for a drift
        that changes a thousand times slower.
        """
        np.subtract(model.q, self._joints.position, out=self._before)
        np.subtract(self._before, self._drift, out=self._before)
        np.multiply(self._before, self._correction, out=self._before)
        np.add(self._drift, self._before, out=self._drift)

    @contextmanager
    def _bumpless(self, model: RobotModel) -> Iterator[None]:
        """Let what a change makes of the torque begin to fade."""
        target, effort = self.limiter.target, self.law.output == 'effort'
        if effort:
            self.law.torque(model, target, self._before)
        yield
        if effort:
            self.law.torque(model, target, self._asked)
            self._before -= self._asked
            self._offset += self._before
            self._fading = True

    def _fade(self, at_once: bool) -> None:
        if at_once:
            self._stop_fading()
            return
        np.add(self._asked, self._offset, out=self._asked)
        np.multiply(self._offset, self._decay, out=self._offset)
        if float(np.abs(self._offset).max()) < _FADED:
            self._stop_fading()

    def _stop_fading(self) -> None:
        self._offset.fill(0.0)
        self._fading = False
