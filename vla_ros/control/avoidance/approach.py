"""Where the arm wants to go, and how much of that speed is left near what must not be reached."""

import math

import eigenpy
import numpy as np

from vla_ros.control.laws.law import CartesianTarget
from vla_ros.core import rotations
from vla_ros.core.data import Array
from vla_ros.robots.model import RobotModel
from vla_ros.robots.spec import ArmSpec


# s, with which a speed comes down that falls in proportion to the way left: 0.6 m/s then brake at
# 3 m/s^2, within the limits of the commanded pose.
BRAKING = 0.2
# s of motion over which a rate is measured: so short that no thin link is leapt over.
STEP = 0.01
_RIDGE = 1e-4  # m^2 and rad^2, against singularities
_FARTHEST, _WIDEST = 0.1, 0.5  # m and rad that the arm may lag, as far as that is looked at
_LEVEL = 1e-3  # share of the slow threshold; what leads in by less in BRAKING s does not lead in


def share(now: float, rate: float, slow: float, stop: float) -> float:
    """Return the share of the wanted speed that may be kept, in [0, 1].

    Args:
        now: what is left, such as a distance.
        rate: at which that changes per s at the wanted speed.
        slow: where slowing down begins, however slow the motion.
        stop: where motion that leads further in ends.

    Motion that does not lead further in keeps its speed. Other motion keeps so much that `stop`
    is BRAKING s away, and below `slow` no more than the share of the way from there that is left.
    """
    inwards = -rate * BRAKING
    if inwards <= _LEVEL * slow:
        return 1.0
    left = now - stop
    return min(max(min(left / (slow - stop), left / inwards), 0.0), 1.0)


class Approach:
    """Where the commanded pose has the arm, and how it would go on, unscaled, to a goal.

    It is the commanded pose that is slowed down, and the arm lags behind it: near a singularity by
    centimetres. And its own speed will not do to slow it down by: once it is stopped it leads
    nowhere, and would be let go again.

    Attributes:
        q: (n,) rad, joint positions about at the commanded pose, by one Newton step.
        velocity: (n,) rad/s, wanted; within the spec's limits, zero if it is not finite.
    """

    def __init__(self, spec: ArmSpec) -> None:
        """Take the limits of `spec`."""
        limits = spec.cartesian
        self._speed, self._spin = limits.velocity, limits.angular_velocity
        self._fastest = spec.joint_array('velocity')
        self._ridge = _RIDGE * np.eye(6)
        self._gram, self._square = eigenpy.LLT(6), np.zeros((6, 6))
        self._twist, self._lag = np.zeros(6), np.zeros(6)
        self.q, self.velocity = spec.home.copy(), np.zeros(spec.n)

    def towards(
        self, model: RobotModel, target: CartesianTarget, position: Array, quaternion: Array
    ) -> None:
        """Go from the commanded pose `target` to a goal, (3,) m and (4,) xyzw."""
        goal: rotations.Quaternion = tuple(quaternion.tolist())
        here: rotations.Quaternion = tuple(target.quaternion.tolist())
        _write(self._twist, target.position, position, here, goal, self._speed, self._spin)
        self.along(model, target, self._twist)

    def along(self, model: RobotModel, target: CartesianTarget, twist: Array) -> None:
        """Go from the commanded pose `target` with the tcp moving at `twist` (6,), base axes."""
        measured = rotations.from_matrix(model.rotation)
        commanded: rotations.Quaternion = tuple(target.quaternion.tolist())
        fastest = (_FARTHEST / BRAKING, _WIDEST / BRAKING)
        _write(self._lag, model.position, target.position, measured, commanded, *fastest)
        self.q[:] = model.q
        if not math.isfinite(sum(twist.tolist())):
            self.velocity[:] = 0.0
            return
        jacobian = model.jacobian
        jacobian.dot(jacobian.T, out=self._square)
        np.add(self._square, self._ridge, out=self._square)
        self._gram.compute(self._square)
        jacobian.T.dot(self._gram.solve(twist), out=self.velocity)
        self._bound()
        np.multiply(self._lag, BRAKING, out=self._lag)
        np.add(self.q, jacobian.T.dot(self._gram.solve(self._lag)), out=self.q)

    def joints(self, commanded: Array, goal: Array) -> None:
        """Go from commanded joint positions (n,) rad to others."""
        self.q[:] = commanded
        np.subtract(goal, commanded, out=self.velocity)
        np.divide(self.velocity, BRAKING, out=self.velocity)
        self._bound()

    def _bound(self) -> None:
        """Slow the velocity to the joints' limits; stand still if it is not finite."""
        ratios = (self.velocity / self._fastest).tolist()
        if math.isfinite(sum(ratios)):
            np.divide(self.velocity, max(max(ratios), -min(ratios), 1.0), out=self.velocity)
        else:
            self.velocity[:] = 0.0


def _write(
    out: Array,
    position: Array,
    goal: Array,
    here: rotations.Quaternion,
    there: rotations.Quaternion,
    speed: float,
    spin: float,
) -> None:
    """Write the twist into out that leads from one pose to another, m/s and rad/s, base axes."""
    x, y, z = (goal - position).tolist()
    a, b, c = rotations.quaternion_log(rotations.multiply(there, rotations.conjugate(here)))
    k, m = _rate((x, y, z), speed), _rate((a, b, c), spin)
    out[:] = (k * x, k * y, k * z, m * a, m * b, m * c)


def _rate(way: rotations.Vector, speed: float) -> float:
    """Return what makes a velocity of a way: to its end in BRAKING s, or as far as speed goes."""
    distance = math.sqrt(way[0] * way[0] + way[1] * way[1] + way[2] * way[2])
    return min(1 / BRAKING, speed / distance) if distance > 0 else 0.0
