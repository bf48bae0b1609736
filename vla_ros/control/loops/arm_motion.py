"""ArmMotion: moves what is commanded of an arm on, tick by tick."""

import math

import numpy as np

from vla_ros.control.avoidance.slowdown import Slowdown
from vla_ros.control.loops.actuation import Actuation
from vla_ros.control.loops.interfaces import TargetSource
from vla_ros.control.loops.supervisor import Event, State, Supervisor
from vla_ros.control.loops.targets import Targets
from vla_ros.control.sensing.contact import ContactGuard
from vla_ros.core.data import Array
from vla_ros.robots.model import RobotModel
from vla_ros.robots.spec import ArmSpec


_LOOK = 0.025  # s, between two looks ahead for singularities and the arm's own links


class ArmMotion:
    """Decides whose wish is followed, and moves the commanded pose and posture towards it.

    The mode decides: the source's in RUN (and in HOLD for want of a chunk, where the source stands
    still), the targets' in TAKEOVER, none in IDLE and HOLD, where the commanded pose comes to rest
    and the arm stays compliant, and in STOP, where it is damped.
    """

    def __init__(
        self,
        spec: ArmSpec,
        source: TargetSource,
        supervisor: Supervisor,
        targets: Targets,
        slowdown: Slowdown,
        model: RobotModel,
        actuation: Actuation,
    ) -> None:
        """Take the parts of the arm's control loop."""
        self._source, self._supervisor, self._targets = source, supervisor, targets
        self._slowdown, self._model, self._actuation = slowdown, model, actuation
        self._limiter = actuation.limiter
        self._want = np.zeros(8 + spec.n)  # pose, opening, joints
        self._pose, self._turn = self._want[:3], self._want[3:7]
        self._joints = self._want[8:]
        self._moves = ''  # what the source moves: the arm's pose or its joints
        self._scale, self._looked = 1.0, 0
        self._look_every = round(spec.control_rate * _LOOK)

    @property
    def joints(self) -> Array:
        """The joints (n,) rad that are commanded; the measured ones where only a pose is."""
        if self._moves == 'joint':
            return self._targets.joints.position
        actuation = self._actuation
        known = math.isfinite(actuation.position[0]) and not actuation.poses
        return actuation.position if known else self._model.q

    def enter(self, now: int) -> None:
        """Prepare for the state that the supervisor has entered."""
        state = self._supervisor.state
        self._write_commanded()
        if state is State.RUN:
            self._source.clear(now, self._want)
        elif state is State.TAKEOVER:
            self._targets.clear()

    def step(self, now: int, guard: ContactGuard, kept: bool) -> bool:
        """Move what is commanded one tick on; return whether the source has just run dry.

        Args:
            now: ns.
            guard: whether the arm gives way to a contact.
            kept: whether it is held where it was found, also in what the pose leaves free.
        """
        state, limiter, targets = self._supervisor.state, self._limiter, self._targets
        tracks, self._moves, before = self._actuation.law.tracks, '', self._moves
        if tracks == 'hand':
            limiter.rest(self._model)
            return False
        if guard.cause and state is not State.STOP:
            limiter.follow(np.array(guard.retreat))
            return False
        if state is State.TAKEOVER:
            if self._due():
                self._scale = targets.judge(self._slowdown, self._model, limiter)
            targets.move(limiter, now, self._scale)
            return False
        dry = False
        if state in (State.RUN, State.STARVED):
            self._moves = before
            self._write_commanded()
            self._moves = self._source.sample(now, self._want)
            dry = self._source.dry and state is State.RUN
            if dry:
                self._supervisor.post(Event.STARVED)
        self._follow('joints' if kept else tracks, tracks)
        return dry

    def _follow(self, keeps: str, tracks: str) -> None:
        """Follow what the source wants; a law that `keeps` the posture does so where none is."""
        limiter, targets = self._limiter, self._targets
        if self._moves == 'joint':
            targets.release(limiter)
            self._follow_joints(tracks)
        else:
            targets.relax(limiter, keeps)
            if self._moves == 'pose':
                self._follow_pose(self._pose, self._turn)
            else:
                limiter.brake()
        if self._moves:
            limiter.grip(float(self._want[7]))

    def _follow_pose(self, place: Array, turn: Array) -> None:
        """Move the commanded pose one tick on towards (3,) m, quaternion (4,)."""
        limiter = self._limiter
        if self._due():
            self._scale = self._slowdown.towards(self._model, limiter.target, place, turn)
        limiter.track(place, turn, self._scale)
        if limiter.refusal:
            self._supervisor.post(Event.VIOLATION, limiter.refusal)

    def _follow_joints(self, tracks: str) -> None:
        """Move the commanded pose and posture one tick on towards the wanted joints.

        A law that tracks the pose is kept in the workspace by it, one that tracks the posture by
        braking that.
        """
        joints, goal = self._targets.joints, self._joints
        if tracks == 'pose':
            self._follow_pose(*joints.locate(goal))
            joints.step(goal, self._limiter, self._scale)
            return
        if self._due():
            self._scale = self._slowdown.joints(joints.position, goal)
        if cause := joints.follow(goal, self._limiter, self._scale):
            self._supervisor.post(Event.VIOLATION, cause)

    def _due(self) -> bool:
        """Whether it is time to look ahead again."""
        self._looked = self._looked + 1 if self._looked < self._look_every else 0
        return not self._looked

    def _write_commanded(self) -> None:
        """Write what is commanded into what is wanted: the source goes on from there."""
        target, want = self._limiter.target, self._want
        self._pose[:], self._turn[:] = target.position, target.quaternion
        want[7] = self._limiter.gripper
        self._joints[:] = self.joints
