"""JointFollower: joint positions that an arm is to take, elbow included."""

import numpy as np

from vla_ros.control.limits.joint_limits import JointTracker
from vla_ros.control.limits.limiter import Limiter
from vla_ros.control.limits.regions import Box
from vla_ros.core import rotations
from vla_ros.core.data import Array
from vla_ros.robots.model import RobotModel
from vla_ros.robots.spec import ArmSpec


_AHEAD = 0.15  # s, how far moving joints are looked ahead: they stop in less
_AT_HOME = 1e-4  # rad


class JointFollower:
    """Moves the posture of the commanded target towards joints, within the joint limits.

    What the tcp does meanwhile is commanded as a pose: it goes to where the wanted joints bring
    it, within the Cartesian limits, and the law brings the rest of the arm to the posture.

    Attributes:
        position: (n,) rad, the posture commanded; overwritten by the next step.
    """

    def __init__(self, spec: ArmSpec, model: RobotModel, dt: float) -> None:
        """Begin at home; `model`, its own, tells where joints bring the tcp; ticks take dt s."""
        self._model, self._tracker = model, JointTracker(spec, dt)
        self.position = self._tracker.position
        self._away = False  # whether the posture is another than home
        self._home, self._ahead = spec.home, np.zeros(spec.n)
        self._lower, self._upper = spec.joint_array('lower'), spec.joint_array('upper')
        self._goal, self._still = np.zeros((2, spec.n))
        self._workspace = Box(spec.cartesian.lower, spec.cartesian.upper)
        self._keep_out = [Box(box.lower, box.upper) for box in spec.cartesian.keep_out]

    def locate(self, joints: Array) -> tuple[Array, Array]:
        """Return where joints (n,) rad bring the tcp: (3,) m, quaternion (4,), base frame.

        Joints beyond their limits are taken to be at them.
        """
        np.clip(joints, self._lower, self._upper, out=self._goal)
        model = self._model
        model.update(self._goal, self._still)
        return model.position, np.array(rotations.from_matrix(model.rotation))

    def step(self, joints: Array | None, limiter: Limiter, scale: float = 1.0) -> None:
        """Move the posture one tick towards joints (n,) rad, or to rest for None."""
        self._away = True
        tracker, target = self._tracker, limiter.target
        tracker.step(joints, scale)
        target.posture[:], target.posture_rate[:] = tracker.position, tracker.velocity

    def follow(self, joints: Array, limiter: Limiter, scale: float) -> str:
        """Move posture and pose one tick towards joints (n,) rad; return '' or why they brake.

        Where the posture would soon leave the workspace or enter a keep-out, both brake: a law
        that tracks the posture has nothing else to keep it in.
        """
        tracker, model = self._tracker, self._model
        np.multiply(tracker.velocity, _AHEAD, out=self._ahead)
        np.add(self._ahead, tracker.position, out=self._ahead)
        model.update(self._ahead, self._still)
        leads_out = not self._allowed(model)
        place, turn = self.locate(joints)
        if leads_out or not self._allowed(model):
            self.step(None, limiter, scale)
            limiter.brake()
            return 'the joints lead out of the workspace or into a keep-out: holding'
        self.step(joints, limiter, scale)
        limiter.track(place, turn, scale)
        return ''

    def relax(self, limiter: Limiter, tracks: str) -> None:
        """Bring the posture home, tick by tick: no one wants it elsewhere.

        A law that `tracks` the posture keeps it: that is where the arm stands.
        """
        if not self._away:
            return
        if tracks == 'pose':
            self.step(self._home, limiter)
            away = float(np.abs(self.position - self._home).max())
            if away < _AT_HOME and float(np.abs(self._tracker.velocity).max()) < _AT_HOME:
                # Near enough: from now on there is nothing to do.
                self._put(self._home, limiter)
                self._away = False
        elif self._tracker.velocity.any():
            self.step(None, limiter)

    def hold(self, model: RobotModel, limiter: Limiter) -> None:
        """Make the measured joints the posture: a law that tracks the posture begins here."""
        self._away = True
        self._put(model.q, limiter)

    def _put(self, joints: Array, limiter: Limiter) -> None:
        self._tracker.reset(joints)
        limiter.target.posture[:] = joints
        limiter.target.posture_rate.fill(0.0)

    def _allowed(self, model: RobotModel) -> bool:
        """Whether the tcp may be where the model has it."""
        x, y, z = model.position.tolist()
        inside = self._workspace.project((x, y, z)) == (x, y, z)
        return inside and not any(box.project((x, y, z)) == (x, y, z) for box in self._keep_out)
