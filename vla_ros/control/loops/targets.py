"""What a person's device or another program wants of the arm while it has the arm.

One kind of motion is followed at a time, and only while it is fresh: a target that is older than
its kind may be counts as none, and the arm comes to rest. What another motion says in the meantime
is refused, so that two publishers never pull at the arm in turns.
"""

from dataclasses import dataclass
from enum import IntEnum
import math

import numpy as np

from vla_ros.control.avoidance.slowdown import Slowdown
from vla_ros.control.limits.limiter import Limiter
from vla_ros.control.loops.joint_follower import JointFollower
from vla_ros.control.loops.wrench_ramp import WrenchRamp
from vla_ros.core.config import require
from vla_ros.core.data import SECOND, Array
from vla_ros.robots.model import RobotModel
from vla_ros.robots.spec import ArmSpec


class Kind(IntEnum):
    """Kinds of targets; the numbers are their places in the mailbox of the control process."""

    POSE = 0  # (7,) m and xyzw, base frame
    TWIST = 1  # (7,) m/s and rad/s; then 1 for axes of the tool, 0 for those of the base
    JOINT = 2  # (n,) rad
    WRENCH = 3  # (7,) N and Nm that the tcp presses with; then 1 or 0 as for twists
    GRIPPER = 4  # (1,) m
    STIFFNESS = 5  # (36,) N/m and Nm/rad, row by row; not of the targets below: it goes to the law


MOTIONS = (Kind.POSE, Kind.TWIST, Kind.JOINT)
_NAMES = {kind: f'target_{kind.name.lower()}' for kind in Kind}


@dataclass(frozen=True)
class TargetConfig:
    """How old targets may be, and how fast a wanted wrench sets in."""

    pose_timeout: float = 0.5  # s
    twist_timeout: float = 0.1  # s
    joint_timeout: float = 0.5  # s
    wrench_timeout: float = 0.5  # s
    greatest_force: float = 30.0  # N per axis, of a wanted wrench
    greatest_torque: float = 5.0  # Nm per axis, likewise
    wrench_time: float = 0.3  # s in which a wanted wrench goes from zero to its greatest

    def __post_init__(self) -> None:
        for kind in (*MOTIONS, Kind.WRENCH):
            name = f'{kind.name.lower()}_timeout'
            require(0.01 <= getattr(self, name) <= 10, f'{name}: expected 0.01..10 s')
        require(0 < self.greatest_force <= 200, 'greatest_force: expected 0..200 N')
        require(0 < self.greatest_torque <= 50, 'greatest_torque: expected 0..50 Nm')
        require(0.01 <= self.wrench_time <= 10, 'wrench_time: expected 0.01..10 s')


class Targets:
    """The newest target of each kind, followed through the limiter.

    Attributes:
        joints: what joint targets are followed with, and joint chunks.
        cause: why the arm rests though it is taken over; '' while it follows.
        refused: targets refused since the start. last_refusal: why the last one was.
    """

    def __init__(
        self, spec: ArmSpec, model: RobotModel, dt: float, config: TargetConfig | None = None
    ) -> None:
        """Begin with none; `model`, its own, tells where joints bring the tcp; ticks take dt s."""
        self.config = config or TargetConfig()
        self.cause = ''
        self.refused, self.last_refusal = 0, ''
        self.joints = JointFollower(spec, model, dt)
        timeouts = [getattr(self.config, f'{k.name.lower()}_timeout', math.inf) for k in Kind]
        self._valid = [round(min(t, 1e9) * SECOND) for t in timeouts]
        sizes = {Kind.JOINT: spec.n, Kind.GRIPPER: 1, Kind.STIFFNESS: 36}
        self._values = [np.zeros(sizes.get(kind, 7)) for kind in Kind]
        own = self.config
        self._ramp = WrenchRamp(own.greatest_force, own.greatest_torque, own.wrench_time, dt)
        self.clear()

    def clear(self) -> None:
        """Forget every target: someone takes the arm anew."""
        self._stamps = [-(10**18)] * len(Kind)
        self._motion: Kind | None = None
        self.cause = 'taken over: no target yet'

    def offer(self, kind: Kind, stamp: int, values: Array, now: int) -> str:
        """Take a target of `stamp` (ns) over; return '' or the cause of its refusal.

        What is not finite is refused here once more: nothing that comes from outside is believed.
        """
        slot = self._values[kind]
        motion = self._motion
        cause = ''
        if values.shape != slot.shape or not math.isfinite(float(values.sum())):
            cause = f'expected {slot.shape[0]} finite numbers, got {values.tolist()}'
        elif not -self._valid[kind] <= stamp - now <= SECOND // 10:
            cause = f'its stamp is {(now - stamp) / SECOND:.3f} s old'
        elif kind in MOTIONS and motion not in (None, kind) and self._fresh(motion, now):
            cause = f'{_NAMES[motion]} is being followed; one kind of motion at a time'
        if cause:
            return self.refuse(f'{_NAMES[kind]}: {cause}')
        slot[:] = values
        self._stamps[kind] = stamp
        if kind in MOTIONS:
            self._motion = kind
        return ''

    def refuse(self, cause: str) -> str:
        """Count a refusal; return its cause."""
        self.refused += 1
        self.last_refusal = cause
        return cause

    def judge(self, slowdown: Slowdown, model: RobotModel, limiter: Limiter) -> float:
        """Return the share of the speed that the way to the target leaves."""
        kind = self._motion
        if kind is None:
            return 1.0
        values = self._values[kind]
        if kind is Kind.POSE:
            return slowdown.towards(model, limiter.target, values[:3], values[3:])
        if kind is Kind.TWIST:
            return slowdown.along(model, limiter.target, self._in_base(values, limiter))
        return slowdown.joints(self.joints.position, values)

    def move(self, limiter: Limiter, now: int, scale: float = 1.0) -> None:
        """Move what is commanded one tick towards the targets, at `scale` of the speed."""
        kind = self._motion
        if kind is None or not self._fresh(kind, now):
            if kind is not None:
                self.cause = f'{_NAMES[kind]} is stale: holding'
            limiter.brake()
        else:
            self.cause = ''
            self._follow(kind, limiter, scale)
        self._press(limiter, now)
        if self._stamps[Kind.GRIPPER] > 0:
            limiter.grip(float(self._values[Kind.GRIPPER][0]))

    def relax(self, limiter: Limiter, tracks: str) -> None:
        """Take back, tick by tick, what is left of a wrench and of joints: no one wants them.

        A law that `tracks` the joints keeps them: that is where the arm stands.
        """
        self.release(limiter)
        self.joints.relax(limiter, tracks)

    def release(self, limiter: Limiter) -> None:
        """Take back, tick by tick, what is left of a wrench."""
        self._ramp.fade(limiter.target.wrench)

    def _follow(self, kind: Kind, limiter: Limiter, scale: float) -> None:
        values = self._values[kind]
        if kind is Kind.POSE:
            limiter.track(values[:3], values[3:], scale)
        elif kind is Kind.TWIST:
            limiter.follow(self._in_base(values, limiter), scale)
        else:
            self.cause = self.joints.follow(values, limiter, scale)
        if limiter.refusal:
            self.cause = self.refuse(f'{_NAMES[kind]}: {limiter.refusal}')

    def _press(self, limiter: Limiter, now: int) -> None:
        """Bring the commanded wrench nearer to the wanted one."""
        if self._fresh(Kind.WRENCH, now):
            wanted = self._in_base(self._values[Kind.WRENCH], limiter)
            self._ramp.step(limiter.target.wrench, wanted)
        else:
            self._ramp.fade(limiter.target.wrench)

    def _in_base(self, values: Array, limiter: Limiter) -> Array:
        """Return a twist or wrench (6,) in base axes."""
        vector = values[:6]
        if not values[6]:
            return vector
        rotation = limiter.target.rotation
        return np.concatenate([rotation.dot(vector[:3]), rotation.dot(vector[3:])])

    def _fresh(self, kind: Kind, now: int) -> bool:
        return now - self._stamps[kind] <= self._valid[kind]
