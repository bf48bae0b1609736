"""The limits, applied last and always: what goes in may be anything, what comes out is safe.

`track` turns targets into the commanded pose, `grip` into the commanded opening, `torque` the
law's output into what is sent. What they return is what is recorded.
"""

from dataclasses import dataclass
import math

import numpy as np

from vla_ros.control import rotations
from vla_ros.control.laws.base import CartesianTarget
from vla_ros.control.laws.terms import clamp
from vla_ros.control.tracker import Ball, Box, PointTracker
from vla_ros.data import Array
from vla_ros.robots.model import RobotModel
from vla_ros.robots.spec import CartesianLimits, RobotSpec


# The rate of the rotation vector is bounded, the angular acceleration differs from its derivative
# by at most angle x rate^2 (the derivative of SO(3)'s left Jacobian); likewise one order up.
_CURVATURE = 0.5
_JERK_SHARE = 0.9
# m and rad by which the regions are kept inside the limits, against rounding.
_INSET = 1e-6
_QUATERNION_TOLERANCE = 1e-3


@dataclass(frozen=True)
class LimiterConfig:
    """How the joint limits are defended, beside the numbers of the RobotSpec."""

    margin: float = 0.05  # rad short of a joint limit at which the allowed speed is zero
    deceleration: float = 4.0  # rad/s^2, of the envelope: speed <= sqrt(2 deceleration gap)
    inertia_fraction: float = 0.6  # braking gain per torque limit: Nms/rad = fraction x Nm
    fallback_damping: float = 0.1  # likewise, of the damping that replaces a non-finite torque


class Limiter:
    """Bounds what is sent, tick by tick. Not for two threads at once.

    Attributes:
        target: the commanded pose and twist, of the last `track` or `brake`.
        gripper: the commanded opening, m.
        refusal: why the last target or torque was not used; empty when it was.
    """

    def __init__(
        self, spec: RobotSpec, dt: float, config: LimiterConfig | None = None
    ) -> None:
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
        self.refusal = ''
        self._prepare_joints(spec, dt)
        self.reset(home)

    def _prepare_joints(self, spec: RobotSpec, dt: float) -> None:
        self._lower = spec.joint_array('lower') + self.config.margin
        self._upper = spec.joint_array('upper') - self.config.margin
        self._velocity = spec.joint_array('velocity')
        self._peak = spec.joint_array('torque')
        self._step = spec.joint_array('torque_rate') * dt
        self._brake_gain = self.config.inertia_fraction * self._peak
        self._fallback_gain = self.config.fallback_damping * self._peak
        self._sent, self._high, self._low, self._term = np.zeros((4, spec.n))

    def reset(self, model: RobotModel, gripper: float | None = None) -> None:
        """Command the measured pose, at rest, and gravity's torque; opening in m.

        Call before the first tick and whenever someone else has moved the arm.
        """
        self._linear.reset(tuple(model.position.tolist()))
        turn = rotations.multiply(rotations.from_matrix(model.rotation), self._home_inverse)
        self._angular.reset(rotations.quaternion_log(turn))
        np.copyto(self._sent, clamp(model.gravity, self._peak, self._term))
        if gripper is not None:
            self.gripper = min(max(gripper, self.spec.gripper.closed), self.spec.gripper.open)
        self._write()

    def track(self, position: Array, quaternion: Array) -> CartesianTarget:
        """Move the commanded pose one tick towards position (3,) m, quaternion (4,) xyzw.

        A target that is not finite or not a rotation is refused: the commanded pose brakes.
        """
        self.refusal = ''
        p, q = position.tolist(), quaternion.tolist()
        x, y, z, w = q
        norm = math.sqrt(x * x + y * y + z * z + w * w)
        if not math.isfinite(sum(p)) or not abs(norm - 1) <= _QUATERNION_TOLERANCE:
            result = self.brake()
            self.refusal = f'target is not a finite pose: position {p}, quaternion {q}'
            return result
        unit = (x / norm, y / norm, z / norm, w / norm)
        turn = rotations.multiply(unit, self._home_inverse)
        self._linear.step((p[0], p[1], p[2]))
        self._angular.step(rotations.quaternion_log(turn))
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

    def torque(self, wanted: Array, q: Array, dq: Array, out: Array) -> Array:
        """Write the torque (n,) Nm to send into out; return it.

        Args:
            wanted: (n,) Nm, what the law asks for; may alias out.
            q: (n,) rad, measured.
            dq: (n,) rad/s, measured.
            out: (n,) Nm.
        """
        np.add(wanted, self._joint_brake(q, dq), out=out)
        if not math.isfinite(sum(out.tolist())):
            self._fall_back(dq, out)
        # The last torque is within +-peak, so the interval both limits leave is never empty.
        np.subtract(self._sent, self._step, out=self._low)
        np.add(self._sent, self._step, out=self._high)
        np.maximum(out, self._low, out=out)
        np.minimum(out, self._high, out=out)
        clamp(out, self._peak, out)
        np.copyto(self._sent, out)
        return out

    def _joint_brake(self, q: Array, dq: Array) -> Array:
        """Return a torque (n,) Nm against speed beyond what still stops before a limit.

        The allowed speed is sqrt(2 deceleration gap), the gap being that to the limit less the
        margin, and at most the joint's velocity limit; beyond the margin it points back inside.
        """
        high, low, term = self._high, self._low, self._term
        self._allowed(np.subtract(self._upper, q, out=high), high)
        self._allowed(np.subtract(q, self._lower, out=low), low)
        np.negative(low, out=low)
        np.minimum(dq, high, out=term)
        np.maximum(term, low, out=term)
        np.subtract(term, dq, out=term)
        return np.multiply(term, self._brake_gain, out=term)

    def _allowed(self, gap: Array, out: Array) -> Array:
        """Write the speed (n,) rad/s allowed at a gap (n,) rad into out; negative beyond it."""
        np.multiply(gap, 2 * self.config.deceleration, out=self._term)
        np.abs(self._term, out=out)
        np.sqrt(out, out=out)
        np.copysign(out, self._term, out=out)
        return clamp(out, self._velocity, out)

    def _fall_back(self, dq: Array, out: Array) -> None:
        self.refusal = 'torque is not finite'
        np.multiply(dq, -self._fallback_gain, out=out)
        np.add(out, self._sent, out=out)
        if not math.isfinite(sum(out.tolist())):
            np.copyto(out, self._sent)

    def _write(self) -> CartesianTarget:
        """Put the trackers' state into `target`."""
        target = self.target
        turn = self._angular.position
        quaternion = rotations.multiply(rotations.quaternion_exp(turn), self._home)
        target.position[:] = self._linear.position
        target.quaternion[:] = quaternion
        rotations.to_matrix(quaternion, target.rotation)
        target.twist[:3] = self._linear.velocity
        target.twist[3:] = rotations.angular_velocity(turn, self._angular.velocity)
        return target


def _trackers(limits: CartesianLimits, dt: float) -> tuple[PointTracker, PointTracker]:
    """Return the trackers of the position and of the rotation vector away from home."""
    lower, upper = np.add(limits.lower, _INSET), np.subtract(limits.upper, _INSET)
    linear = PointTracker(
        Box(tuple(lower.tolist()), tuple(upper.tolist())),
        limits.velocity,
        limits.acceleration,
        limits.jerk,
        dt,
    )
    speed = limits.angular_velocity
    angular = PointTracker(
        Ball(limits.tilt - _INSET),
        speed,
        limits.angular_acceleration - _CURVATURE * limits.tilt * speed * speed,
        limits.angular_jerk * _JERK_SHARE,
        dt,
    )
    return linear, angular
