"""The limits, applied last and always: what goes in may be anything, what comes out is safe.

`track` and `follow` turn poses and twists into the commanded pose, `grip` into the commanded
opening, `torque` the law's output into what is sent. What they return is what is recorded.
"""

from dataclasses import dataclass
import math

from vla_ros.control.laws.law import CartesianTarget
from vla_ros.control.limits.joint_envelope import JointEnvelope
from vla_ros.control.limits.regions import Ball, Box
from vla_ros.control.limits.tracker import PointTracker
from vla_ros.core import rotations
from vla_ros.core.config import require
from vla_ros.core.data import Array
from vla_ros.robots.limits import CartesianLimits
from vla_ros.robots.model import RobotModel
from vla_ros.robots.spec import ArmSpec


# m and rad by which the regions are kept inside the limits, and out of keep-outs, for rounding.
_INSET = 1e-6
_QUATERNION_TOLERANCE = 1e-3


@dataclass(frozen=True)
class LimiterConfig:
    """How the joint limits are defended, beside the numbers of the ArmSpec."""

    # Of the joint velocity limits: where the commanded pose brakes, so that the arm need not be
    # braked; a nearly singular arm gathers speed faster than the torque rate lets it be stopped.
    slow_share: float = 0.55
    speed_share: float = 0.7  # of the joint velocity limits, where the torque brakes
    margin: float = 0.05  # rad short of a joint limit at which the allowed speed is zero
    deceleration: float = 4.0  # rad/s^2, of the envelope: speed <= sqrt(2 deceleration gap)
    inertia_fraction: float = 0.6  # braking gain per torque limit: Nms/rad = fraction x Nm
    fallback_damping: float = 0.1  # likewise, of the damping that replaces a non-finite torque


class Limiter:
    """Bounds what is sent, tick by tick. Not for two threads at once.

    Attributes:
        target: the commanded pose and twist, of the last `track`, `follow` or `brake`.
        gripper: the commanded opening, m.
        refusal: why the last target or torque was not used; empty when it was.
        placed: times that the pose was put where the arm is, instead of moved there.
    """

    def __init__(self, spec: ArmSpec, dt: float, config: LimiterConfig | None = None) -> None:
        """Take the limits of `spec` for ticks of `dt` s; starts at the home posture, at rest."""
        self.config = LimiterConfig() if config is None else config
        self.spec = spec
        self._dt = dt
        home = RobotModel(spec)
        self._home = rotations.from_matrix(home.rotation)
        self._home_inverse = rotations.conjugate(self._home)
        self._linear, self._angular = _trackers(spec.cartesian, dt)
        self.target = CartesianTarget(spec.home)
        self.gripper = spec.gripper.open
        self.refusal, self.placed = '', 0
        self._prepare_joints(spec, dt)
        self.reset(home)

    def _prepare_joints(self, spec: ArmSpec, dt: float) -> None:
        config = self.config
        self._peak = spec.joint_array('torque').tolist()
        self._sent = [0.0] * spec.n
        self._step = [joint.torque_rate * dt for joint in spec.joints]
        self._slow = (config.slow_share * spec.joint_array('velocity')).tolist()
        self._hurried = False
        self._fallback_gain = config.fallback_damping * spec.joint_array('torque')
        self._envelopes = [
            JointEnvelope(
                joint.lower + config.margin,
                joint.upper - config.margin,
                config.speed_share * joint.velocity,
                2 * config.deceleration,
                config.inertia_fraction * joint.torque,
            )
            for joint in spec.joints
        ]

    def reset(self, model: RobotModel, gripper: float | None = None) -> None:
        """Command the measured pose, at rest, and gravity's torque; opening in m.

        Call before the first tick and whenever someone else has moved the arm.
        """
        gravity = model.gravity.tolist()
        self._sent = [min(max(g, -p), p) for g, p in zip(gravity, self._peak, strict=True)]
        if gripper is not None:
            self.gripper = min(max(gripper, self.spec.gripper.closed), self.spec.gripper.open)
        self.rest(model)

    def rest(self, model: RobotModel) -> None:
        """Command the measured pose, at rest; the torque goes on from what was sent last.

        For an arm that was let go of, as in STOP, and is re-synchronised.
        """
        self.placed += 1
        self._linear.reset(tuple(model.position.tolist()))
        turn = rotations.multiply(rotations.from_matrix(model.rotation), self._home_inverse)
        self._angular.reset(rotations.quaternion_log(turn))
        self._write()

    def track(self, position: Array, quaternion: Array, scale: float = 1.0) -> CartesianTarget:
        """Move the commanded pose one tick towards position (3,) m, quaternion (4,) xyzw.

        `scale`, 0..1, is the share of the speed that is left to it. A target that is not finite or
        not a rotation is refused: the commanded pose brakes.
        """
        p, q = position.tolist(), quaternion.tolist()
        x, y, z, w = q
        norm = math.sqrt(x * x + y * y + z * z + w * w)
        if not math.isfinite(sum(p)) or not abs(norm - 1) <= _QUATERNION_TOLERANCE:
            return self._refuse(f'target is not a finite pose: position {p}, quaternion {q}')
        if self._hurried:
            return self.brake()
        self.refusal = ''
        unit = (x / norm, y / norm, z / norm, w / norm)
        turn = rotations.multiply(unit, self._home_inverse)
        self._linear.step((p[0], p[1], p[2]), scale)
        self._angular.step(rotations.quaternion_log(turn), scale)
        return self._write()

    def follow(self, twist: Array, scale: float = 1.0) -> CartesianTarget:
        """Move the commanded pose one tick at twist (6,) m/s and rad/s, base axes.

        It slows down before the workspace or the tilt ends and slides along. `scale`, 0..1, is the
        share of the twist that is left. What is not finite is refused: the commanded pose brakes.
        """
        x, y, z, u, v, w = values = twist.tolist()
        if not all(map(math.isfinite, values)):
            return self._refuse(f'target is not a finite twist: {values}')
        if self._hurried:
            return self.brake()
        self.refusal = ''
        self._linear.follow((x, y, z), scale)
        rate = rotations.vector_rate(self._angular.position, (u, v, w))
        self._angular.follow(rate, scale)
        return self._write()

    def brake(self) -> CartesianTarget:
        """Bring the commanded pose to rest, one tick on, as fast as the limits allow."""
        self.refusal = ''
        self._linear.step(None)
        self._angular.step(None)
        return self._write()

    def grip(self, opening: float) -> float:
        """Move the commanded opening one tick towards `opening` m; return it."""
        if math.isfinite(opening):
            wanted = min(max(opening, self.spec.gripper.closed), self.spec.gripper.open)
            step = self.spec.gripper.speed * self._dt
            self.gripper += min(max(wanted - self.gripper, -step), step)
        return self.gripper

    def torque(self, wanted: Array, model: RobotModel, out: Array) -> Array:
        """Write the torque (n,) Nm to send into out; return it.

        Args:
            wanted: (n,) Nm, what the law asks for; may alias out.
            model: updated with the measured joint state.
            out: (n,) Nm.
        """
        asked, q, dq = wanted.tolist(), model.q.tolist(), model.dq.tolist()
        bias = model.bias.tolist()
        if math.isfinite(sum(asked) + sum(q) + sum(dq) + sum(bias)):
            self._hurried = any(abs(v) > slow for v, slow in zip(dq, self._slow, strict=True))
            for i, envelope in enumerate(self._envelopes):
                if not envelope.holds(q[i], dq[i]):
                    asked[i] = bias[i] + envelope.defend(q[i], dq[i], asked[i] - bias[i])
        else:
            asked = self._fall_back(model)
        sent, steps, peaks = self._sent, self._step, self._peak
        for i, torque in enumerate(asked):
            # The last torque is within +-peak, so the interval both limits leave is never empty.
            last, step, peak = sent[i], steps[i], peaks[i]
            low = last - step if last - step > -peak else -peak
            high = last + step if last + step < peak else peak
            sent[i] = low if torque < low else high if torque > high else torque
        out[:] = sent
        return out

    def _refuse(self, cause: str) -> CartesianTarget:
        self.brake()
        self.refusal = cause
        return self.target

    def _fall_back(self, model: RobotModel) -> list[float]:
        """Return gravity's torque less damping, or the last torque when the state is bad too."""
        self.refusal = 'torque or joint state is not finite'
        safe = (model.gravity - self._fallback_gain * model.dq).tolist()
        return safe if math.isfinite(sum(safe)) else list(self._sent)

    def _write(self) -> CartesianTarget:
        """Put the trackers' state into `target`."""
        turn = self._angular.position
        quaternion = rotations.multiply(rotations.quaternion_exp(turn), self._home)
        linear, angular = self._linear, self._angular
        spin = rotations.angular_velocity(turn, angular.velocity)
        # Leaves out the derivative of the Jacobian, see _turn_bounds.
        spin_rate = rotations.angular_velocity(turn, angular.acceleration)
        self.target.set(
            linear.position,
            quaternion,
            (*linear.velocity, *spin),
            (*linear.acceleration, *spin_rate),
        )
        return self.target


def _trackers(limits: CartesianLimits, dt: float) -> tuple[PointTracker, PointTracker]:
    """Return the trackers of the position and of the rotation vector away from home."""
    linear = PointTracker(
        Box(limits.lower, limits.upper).grown(-_INSET),
        limits.velocity,
        limits.acceleration,
        limits.jerk,
        dt,
        tuple(Box(box.lower, box.upper).grown(_INSET) for box in limits.keep_out),
    )
    acceleration, jerk = _turn_bounds(limits)
    ball = Ball(limits.tilt - _INSET)
    angular = PointTracker(ball, limits.angular_velocity, acceleration, jerk, dt)
    return linear, angular


def _turn_bounds(limits: CartesianLimits) -> tuple[float, float]:
    """Return the acceleration, rad/s^2, and jerk, rad/s^3, of the rotation vector r.

    The angular velocity is J r' with the left Jacobian of SO(3), the mean of exp(s r) over s in
    0..1, so |J| <= 1. Each exp(s r) turns at s V at most: |J'| <= V / 2, and at the angle a, as
    J r' and exp(s r) r' differ little there, |J' r'| <= a V^2 / 6. That much is taken for three
    times the tilt, where a hand may have put the arm. Likewise |J''| <= (A + V^2) / 2. So
    w' = J r'' + J' r' and w'' = J r''' + 2 J' r'' + J'' r' keep their limits within what is left.

    Raises:
        ValueError: nothing is left.
    """
    speed = limits.angular_velocity
    acceleration = limits.angular_acceleration - limits.tilt * speed**2 / 2
    jerk = limits.angular_jerk - 1.5 * acceleration * speed - speed**3 / 2
    hint = f'; turning at {speed} rad/s leaves nothing of it: lower cartesian.angular_velocity'
    require(
        acceleration > 0, f'cartesian.angular_acceleration: {limits.angular_acceleration}{hint}'
    )
    require(jerk > 0, f'cartesian.angular_jerk: {limits.angular_jerk}{hint}')
    return acceleration, jerk
