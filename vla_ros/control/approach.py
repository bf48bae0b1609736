"""Where the arm wants to go, and how much of that speed is left near what must not be reached."""

import math

import eigenpy
import numpy as np

from vla_ros.control import rotations
from vla_ros.control.laws.base import CartesianTarget
from vla_ros.data import Array
from vla_ros.robots.model import RobotModel
from vla_ros.robots.spec import RobotSpec


# s, with which a speed comes down that falls in proportion to the way left: 0.6 m/s then brake at
# 3 m/s^2, within the limits of the commanded pose.
BRAKING = 0.2
# s of motion over which a rate is measured: so short that no thin link is leapt over.
STEP = 0.01
_RIDGE = 1e-4  # m^2 and rad^2, against singularities
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
    """Joint velocities that lead to a goal, unscaled and within the spec's limits.

    The speed of the commanded pose itself will not do to slow it down by: once it is stopped it
    leads nowhere, and would be let go again.
    """

    def __init__(self, spec: RobotSpec) -> None:
        """Take the limits of `spec`."""
        limits = spec.cartesian
        self._speed, self._spin = limits.velocity, limits.angular_velocity
        self._fastest = spec.joint_array('velocity')
        self._ridge = _RIDGE * np.eye(6)
        self._gram, self._square = eigenpy.LLT(6), np.zeros((6, 6))
        self._twist, self._velocity = np.zeros(6), np.zeros(spec.n)
        self._ratio = np.zeros(spec.n)

    def towards(
        self, model: RobotModel, target: CartesianTarget, position: Array, quaternion: Array
    ) -> Array:
        """Return the joint velocity (n,) rad/s from the commanded pose to a goal, m and xyzw."""
        goal, here = position.tolist(), target.position.tolist()
        way = (goal[0] - here[0], goal[1] - here[1], goal[2] - here[2])
        back = rotations.conjugate(tuple(target.quaternion.tolist()))
        turn = rotations.quaternion_log(rotations.multiply(tuple(quaternion.tolist()), back))
        k, m = _rate(way, self._speed), _rate(turn, self._spin)
        self._twist[:] = (*(k * x for x in way), *(m * x for x in turn))
        return self.along(model, self._twist)

    def along(self, model: RobotModel, twist: Array) -> Array:
        """Return the joint velocity (n,) rad/s that moves the tcp by `twist` (6,), base axes."""
        jacobian = model.jacobian
        if not math.isfinite(sum(twist.tolist())):
            return self._stand()
        jacobian.dot(jacobian.T, out=self._square)
        np.add(self._square, self._ridge, out=self._square)
        self._gram.compute(self._square)
        jacobian.T.dot(self._gram.solve(twist), out=self._velocity)
        return self.within(self._velocity)

    def posture(self, model: RobotModel, goal: Array) -> Array:
        """Return the joint velocity (n,) rad/s from where the arm is to `goal` (n,) rad."""
        np.subtract(goal, model.q, out=self._velocity)
        np.divide(self._velocity, BRAKING, out=self._velocity)
        return self.within(self._velocity)

    def within(self, velocity: Array) -> Array:
        """Return `velocity` (n,) rad/s, slowed to the joints' limits; zero where not finite."""
        np.divide(velocity, self._fastest, out=self._ratio)
        ratios = self._ratio.tolist()
        if not math.isfinite(sum(ratios)):
            return self._stand()
        excess = max(max(ratios), -min(ratios), 1.0)
        np.divide(velocity, excess, out=self._velocity)
        return self._velocity

    def _stand(self) -> Array:
        self._velocity[:] = 0.0
        return self._velocity


def _rate(way: rotations.Vector, speed: float) -> float:
    """Return what makes a velocity of a way: to its end in BRAKING s, or as far as speed goes."""
    distance = math.sqrt(way[0] * way[0] + way[1] * way[1] + way[2] * way[2])
    return min(1 / BRAKING, speed / distance) if distance > 0 else 0.0
