"""The control loop: read, decide what is wanted, limit it, send what the law makes of it."""

import math

import numpy as np

from vla_ros.control.avoidance.slowdown import Slowdown
from vla_ros.control.laws import ControlLaw
from vla_ros.control.loops.actuation import Actuation
from vla_ros.control.loops.arm_motion import ArmMotion
from vla_ros.control.loops.feedback import Feedback
from vla_ros.control.loops.interfaces import JointSample, TargetSource
from vla_ros.control.loops.supervisor import Event, State, Supervisor
from vla_ros.control.loops.targets import Targets
from vla_ros.control.loops.validator import StateValidator
from vla_ros.control.sensing.arm_sensing import Sensing
from vla_ros.core import rotations
from vla_ros.core.data import Array, Command, Pose, RobotState
from vla_ros.robots.model import RobotModel
from vla_ros.robots.spec import ArmSpec


_UNKNOWN = np.full(6, np.nan)


class ControlLoop:
    """One tick: measured state in, limited command out.

    Attributes:
        targets: what a person or another program wants.
        motion: moves what is commanded, tick by tick.
        sensing: the external wrench, and contact. slowdown: what singularities and the arm's own
            links leave of the speed.
        actuation: what was really sent in the last tick, and the law that made it.
        feedback: whether it is known where the arm is.
        stamp: ns, of the last tick. ticks: ticks done.
    """

    def __init__(
        self,
        spec: ArmSpec,
        actuation: Actuation,
        source: TargetSource,
        supervisor: Supervisor | None = None,
        *,
        model: RobotModel,
        belief: StateValidator,
        targets: Targets,
        sensing: Sensing,
        slowdown: Slowdown,
    ) -> None:
        """Compose the parts; the first tick takes over wherever the arm is."""
        self.spec = spec
        self.actuation = actuation
        self.limiter, self.hardware = actuation.limiter, actuation.hardware
        self.supervisor = supervisor or Supervisor()
        self.model, self.targets = model, targets
        self.sensing, self.slowdown = sensing, slowdown
        self.stamp = self.ticks = 0
        self.gripper = spec.gripper.open  # m, measured
        self._unknown = np.full(spec.n, math.nan)
        self._effort: Array | None = None  # newest
        self._still = np.zeros(spec.n)
        self.feedback = Feedback(belief, self.supervisor, spec.driver.stale_after)
        self._seen = self._prepared = False  # last measurement believed; moved on for the next
        self._found = False  # taken up where others have put it, or where it is said to be
        self._entries, self._state = self.supervisor.entries, self.supervisor.state
        self.motion = ArmMotion(spec, source, self.supervisor, targets, slowdown, model, actuation)

    def tick(self, now: int) -> None:
        """Do one cycle at `now`, ns."""
        self.stamp = now
        sample = self.hardware.read()
        believed = self.feedback.judge(sample, now)
        if believed:
            self.model.update(sample.position, sample.velocity)
            self.gripper = sample.gripper
            self._effort = sample.effort
            if self._seen and self.feedback.known:
                self.feedback.followed(self.actuation.disobeyed(self.model))
            if not (self._seen and self.feedback.known):
                self._take_up()
            self._sense(sample)
        self._seen = believed
        supervisor = self.supervisor
        if supervisor.entries != self._entries:
            self._enter(now)
        if not self.feedback.begun:
            return  # nothing is known of the arm: nothing is sent
        if not self._prepared:
            self._move(now)
        self._prepared = False
        self._send(believed)
        self.ticks += 1

    def prepare(self, now: int) -> None:
        """Move the commanded pose on for the tick at `now` (ns), ahead of it.

        Optional, after a tick whose state has been read out: what needs no measurement then does
        not stand between the next measurement and its torque.
        """
        if self.feedback.begun and not self._prepared:
            self._move(now)
            self._prepared = True

    def restart(self) -> None:
        """Take over wherever the arm is at the next tick: it was put elsewhere, as in a reset."""
        self.feedback.begun = self._prepared = False

    def adopt(self, law: ControlLaw) -> str:
        """Change to another law between ticks; return '' or the cause of the refusal."""
        before = self.actuation.law.tracks

        def settle() -> None:
            if law.tracks != 'pose':
                self.targets.joints.hold(self.model, self.limiter)
            elif before != 'pose':
                # Nobody has said where the tcp should be: it stays where it is.
                self.limiter.rest(self.model)

        return self.actuation.adopt(law, self.model, settle)

    def command(self) -> Command:
        """Return what was really sent in the last tick."""
        target, sent = self.limiter.target, self.actuation
        return Command(
            stamp=self.stamp,
            target=Pose(target.position.copy(), target.quaternion.copy()),
            gripper=self.limiter.gripper,
            torque=sent.torque.copy(),
            position=sent.position.copy(),
            velocity=sent.velocity.copy(),
        )

    def state(self) -> RobotState:
        """Return the measured and commanded state at the last tick."""
        model, target = self.model, self.limiter.target
        return RobotState(
            stamp=self.stamp,
            position=model.q.copy(),
            velocity=model.dq.copy(),
            ee=Pose(model.position.copy(), np.array(self.measured_quaternion())),
            gripper=self.gripper,
            commanded=Pose(target.position.copy(), target.quaternion.copy()),
            commanded_gripper=self.limiter.gripper,
            effort=self.effort().copy(),
            twist=model.twist.copy(),
            wrench=self.wrench().copy(),
            commanded_position=self.commanded_joints().copy(),
        )

    def commanded_joints(self) -> Array:
        """Return the joint positions commanded (n,) rad; the next tick may overwrite them.

        Those of a joint chunk while one is followed. Else those sent last where the driver takes
        motion; where torques move the arm, those measured.
        """
        return self.motion.joints

    def effort(self) -> Array:
        """Return the joint efforts measured (n,) Nm; NaN where the robot does not say.

        It is not copied in every tick: after one, a simulation may have written the next.
        """
        return self._unknown if self._effort is None else self._effort

    def wrench(self) -> Array:
        """Return the external wrench on the tcp (6,) N and Nm, base axes; NaN where not known.

        The next tick may overwrite it.
        """
        torques = self.actuation.law.output == 'effort'
        return self.model.external_wrench if self.sensing.feels(torques) else _UNKNOWN

    def measured_quaternion(self) -> rotations.Quaternion:
        """Return the measured rotation of the tcp."""
        return rotations.from_matrix(self.model.rotation)

    def _take_up(self) -> None:
        """Begin where the arm is, or go on if it is where it was commanded all the while."""
        first = not self.feedback.begun
        if first or self.feedback.lost and self.actuation.deviates(self.model):
            # Fingers around a thing never reach what they are commanded: that goes on.
            if first or self.feedback.silent:
                self.limiter.reset(self.model, self.gripper if first else None)
            else:  # it was sent torques all the while: they go on, as their rate allows
                self.limiter.rest(self.model)
            self._found = not first
            self._anchor()
        self.feedback.take_up()
        # What happened in the meantime cannot be told from a push.
        self.sensing.reset(self.model)
        self.slowdown.reset()

    def _anchor(self) -> None:
        """Let all else begin where the commanded pose was put: where the arm is."""
        if self._found or self.actuation.law.tracks != 'pose':
            self.targets.joints.hold(self.model, self.limiter)
        self.actuation.reset(self.model)

    def _sense(self, sample: JointSample) -> None:
        """Learn what the world does to the arm; hold, and give, where it pushes too hard."""
        sensing, sent = self.sensing, self.actuation
        sensing.update(self.model, sample, sent.torque, sent.carried)
        if sensing.tare_refusal:
            self.targets.refuse(sensing.tare_refusal)
            sensing.tare_refusal = ''
        if sensing.fault:
            self.supervisor.post(Event.STALE, sensing.fault)
        if sensing.contact:
            self.supervisor.post(Event.VIOLATION, sensing.contact)

    def _enter(self, now: int) -> None:
        """Prepare the state that the supervisor has entered since the last tick."""
        supervisor = self.supervisor
        before, self._state = self._state, supervisor.state
        self._entries = supervisor.entries
        self._found = self._found and self._state is State.HELD
        if before is State.STOP and self._state is not State.STOP:
            # The arm may have been moved by hand or by its weight: start from where it is.
            self.limiter.rest(self.model)
            if self.actuation.deviates(self.model):
                self._anchor()
        self.motion.enter(now)

    def _move(self, now: int) -> None:
        """Move the commanded pose one tick on."""
        kept = self._found and self.supervisor.state is State.HELD
        if self.motion.step(now, self.sensing.guard, kept):
            self._entries = self.supervisor.entries

    def _send(self, believed: bool) -> None:
        """Send what the law makes of the commanded pose."""
        if not believed:
            # Blind: carry the arm's weight where it was last seen.
            self.model.update(self.model.q, self._still)
        stopped = self.supervisor.state is State.STOP
        if cause := self.actuation.send(self.model, stopped, blind=not believed):
            self.supervisor.post(Event.VIOLATION, cause)
