"""Inverse kinematics, one tick at a time: a moving tcp pose to joint positions."""

from dataclasses import dataclass
import math

import eigenpy
import numpy as np

from vla_ros.control.laws import terms
from vla_ros.control.laws.law import CartesianTarget
from vla_ros.control.native import NativeError
from vla_ros.control.native.model import make_model
from vla_ros.core.config import require
from vla_ros.core.data import Array
from vla_ros.robots.spec import ArmSpec


# rad short of a joint limit, where what is wanted ends.
_INSET = 1e-3
# Share of the joints' accelerations for what is not the target's motion.
_SPARE = 0.7
RIDGE = 1e-9  # m^2, against rounding if no damping is asked for


@dataclass(frozen=True)
class InverseKinematicsConfig:
    """How joint positions follow a tcp pose."""

    rate: float = 300.0  # 1/s, at which what is left of the error decays
    error_clip_pos: float = 0.1  # m, per axis: bounds the speed towards a far target
    error_clip_rot: float = 0.5  # rad, per axis
    # Smallest singular value of the Jacobian (m and rad as they come) below which the solution is
    # damped, by up to `damping`, of the same unit: the tcp then lags instead of the joints racing
    singular: float = 0.1
    damping: float = 0.1
    nullspace_rate: float = 1.0  # 1/s, towards the target's posture where the task leaves freedom
    nullspace_speed: float = 0.5  # rad/s per joint, the greatest of it
    limit_range: float = 0.1  # rad short of a joint limit from which the way there slows down
    lead: float = 0.1  # rad by which the wanted positions may be ahead of those really sent

    def __post_init__(self) -> None:
        require(0 < self.rate <= 1000, 'rate: expected 0..1000 1/s')
        require(0 < self.error_clip_pos <= 1, 'error_clip_pos: expected 0..1 m')
        require(0 < self.error_clip_rot <= 3.14, 'error_clip_rot: expected 0..3.14 rad')
        require(0 < self.singular <= 1, 'singular: expected 0..1')
        require(0 < self.damping <= 1, 'damping: expected 0..1')
        require(0 <= self.nullspace_rate <= 100, 'nullspace_rate: expected 0..100 1/s')
        require(0 <= self.nullspace_speed <= 10, 'nullspace_speed: expected 0..10 rad/s')
        require(0 < self.limit_range < 1, 'limit_range: expected 0..1 rad')
        require(0 < self.lead <= 1, 'lead: expected 0..1 rad')


class InverseKinematics:
    """dq = W J^T (J W J^T + l^2 I)^-1 (dx - J W z) + W z, from positions of its own.

    dx = v dt + a (e - v dt) moves the tcp along the target's twist v and takes the share
    a = 1 - exp(-rate dt) of the remaining error e away; z is a step towards the posture.

    - Damping (Nakamura and Hanafusa 1986): l^2 = damping^2 (1 - (s / singular)^2) where the
      smallest singular value s of J is below `singular`. It is followed by one step of inverse
      iteration a tick (Maciejewski and Klein 1988), with the factor that is there anyway.
    - W is 1, but falls to 0 towards a joint limit for a joint that is led there (after Chan and
      Dubey 1995): the other joints then do what they can of its work.
    - The step is scaled as a whole to the joints' velocity limits.

    Its own positions stay within `lead` of those sent, so that it goes on from there when a limit
    has held the arm back.

    Attributes:
        model: at the positions that the last step began with.
        q: (n,) rad, the positions of the last step.
    """

    def __init__(self, config: InverseKinematicsConfig, spec: ArmSpec) -> None:
        """Prepare for ticks at the robot's rate; stands at the home posture."""
        n, self._dt = spec.n, 1 / spec.control_rate
        self.config, self.model = config, make_model(spec)
        self._share = 1 - math.exp(-config.rate * self._dt)
        self._pull = 1 - math.exp(-config.nullspace_rate * self._dt)
        self._pull_high = np.full(n, config.nullspace_speed * self._dt)
        self._pull_low = -self._pull_high
        self._longest = (spec.joint_array('velocity') * self._dt).tolist()
        self._quickest = (_SPARE * spec.joint_array('acceleration') * self._dt).tolist()
        self._low = spec.joint_array('lower') + _INSET
        self._high = spec.joint_array('upper') - _INSET
        self._range = list(zip(self._low.tolist(), self._high.tolist(), strict=True))
        self._clip = np.array([config.error_clip_pos] * 3 + [config.error_clip_rot] * 3)
        self._clip_low = -self._clip
        self._factor, self._rotation = eigenpy.LLT(6), np.zeros((3, 3))
        self._matrix, self._weighted = np.zeros((6, 6)), np.zeros((6, n))
        self._diagonal = self._matrix.reshape(-1)[::7]
        self._sigma = np.zeros(1)  # smallest singular value of the Jacobian, as last estimated
        self._error, self._move, self._along, self._weak = np.zeros((4, 6))
        self.q, self._step, self._posture, self._scratch, self._still = np.zeros((5, n))
        self.reset(spec.home)

    def reset(self, q: Array) -> None:
        """Stand at joint positions q (n,) rad."""
        self.q[:] = q
        self.model.update(self.q, self._still)
        left, values, _ = np.linalg.svd(self.model.jacobian)
        self._sigma[0], self._weak[:] = values[-1], left[:, -1]
        np.copyto(self._weighted, self.model.jacobian)
        self._solve(self._ridge())  # so that there is a factor; the step is not used

    def step(self, target: CartesianTarget, sent: Array) -> Array:
        """Move a tick on towards the target's pose, twist and posture; return q (n,) rad.

        `sent` (n,) rad is what was really sent in the last tick. If the target is not finite
        the joints stand.
        """
        q, step = self.q, self._step
        np.subtract(sent, self.config.lead, out=self._scratch)
        np.maximum(q, self._scratch, out=q)
        np.add(sent, self.config.lead, out=self._scratch)
        np.minimum(q, self._scratch, out=q)
        self.model.update(q, self._still)
        self._wish(target)
        ridge = self._ridge()
        np.copyto(self._weighted, self.model.jacobian)
        self._solve(ridge)
        self._follow_weakest(ridge)
        least = self._weigh()
        if least < 1:
            # What an almost blocked joint leaves may be singular where J is not.
            self._solve(ridge + (self.config.damping * (1 - least)) ** 2)
        steps = step.tolist()
        if not math.isfinite(sum(steps)):
            return q
        fastest = max(abs(s) / high for s, high in zip(steps, self._longest, strict=True))
        if fastest > 1:
            np.multiply(step, 1 / fastest, out=step)
        np.add(q, step, out=q)
        return terms.clamp(q, self._low, self._high, q)

    def feasible(self, change: Array) -> float:
        """Return the share, up to 1, of a change of the tcp's twist (6,) that a tick can make.

        In the posture of the last step, with what the target's motion leaves of the joints'
        accelerations.
        """
        self._weighted.T.dot(self._factor.solve(change), out=self._scratch)
        pairs = zip(self._scratch.tolist(), self._quickest, strict=True)
        return 1 / max(1.0, *(abs(asked) / most for asked, most in pairs))

    def _wish(self, target: CartesianTarget) -> None:
        """Write the wanted moves of the tcp, dx (6,), and towards the posture, z (n,)."""
        move, along = self._move, self._along
        terms.pose_error(self.model, target, self._rotation, self._error)
        np.multiply(target.twist, self._dt, out=along)
        np.subtract(self._error, along, out=move)
        terms.clamp(move, self._clip_low, self._clip, move)
        np.multiply(move, self._share, out=move)
        np.add(move, along, out=move)
        np.subtract(target.posture, self.q, out=self._posture)
        np.multiply(self._posture, self._pull, out=self._posture)
        terms.clamp(self._posture, self._pull_low, self._pull_high, self._posture)

    def _solve(self, ridge: float) -> None:
        """Write the step (n,) rad with J W and W z as they are."""
        self._weighted.dot(self.model.jacobian.T, out=self._matrix)
        np.add(self._diagonal, ridge, out=self._diagonal)
        self._factor.compute(self._matrix)
        np.subtract(self._move, self.model.jacobian.dot(self._posture), out=self._along)
        self._weighted.T.dot(self._factor.solve(self._along), out=self._step)
        np.add(self._step, self._posture, out=self._step)

    def _ridge(self) -> float:
        """Return l^2 for the last known smallest singular value."""
        share = float(self._sigma[0]) / self.config.singular
        return self.config.damping**2 * (1 - share * share) + RIDGE if share < 1 else RIDGE

    def _follow_weakest(self, ridge: float) -> None:
        """Move on the direction (6,) in which the tcp moves least, and its singular value."""
        weak = self._factor.solve(self._weak)
        gain = math.sqrt(weak.dot(weak))
        self._sigma[0] = math.sqrt(max(1 / gain - ridge, 0.0))
        np.multiply(weak, 1 / gain, out=self._weak)

    def _weigh(self) -> float:
        """Multiply J and z by W; return the least weight."""
        per = 1 / self.config.limit_range
        gaps = zip(self.q.tolist(), self._step.tolist(), self._range, strict=True)
        weights = [per * (q - low if step < 0 else high - q) for q, step, (low, high) in gaps]
        least = min(weights)
        if not least < 1:
            return 1.0
        factors = np.array([min(max(weight, 0.0), 1.0) for weight in weights])
        np.multiply(self._weighted, factors, out=self._weighted)
        np.multiply(self._posture, factors, out=self._posture)
        return max(least, 0.0)


def make_kinematics(config: InverseKinematicsConfig, spec: ArmSpec) -> InverseKinematics:
    """Return the inverse kinematics of a robot, compiled if that is possible."""
    # Only here: it is made of what this module has.
    from vla_ros.control.native.inverse_kinematics import NativeInverseKinematics

    try:
        return NativeInverseKinematics(config, spec)
    except NativeError:
        return InverseKinematics(config, spec)
