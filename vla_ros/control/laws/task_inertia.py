"""What the arm weighs at the tcp.

Khatib, "A unified approach for motion and force control of robot manipulators" (1987).
"""

import eigenpy
import numpy as np

from vla_ros.data import Array
from vla_ros.robots.model import RobotModel


class TaskInertia:
    """L = (J M^-1 J^T + r I)^-1, the tcp's apparent mass (6, 6) kg and kg m^2, as a factor."""

    def __init__(self, regularization: float, n: int) -> None:
        """Prepare for n joints; r in 1/kg."""
        self._ridge = regularization * np.eye(6)
        self._mass, self._mobility = eigenpy.LLT(n), eigenpy.LLT(6)
        self._matrix = np.zeros((6, 6))

    def update(self, model: RobotModel) -> None:
        """Factorise at the model's last update."""
        self._mass.compute(model.mass)
        self._back: Array = self._mass.solve(model.jacobian.T)  # M^-1 J^T, (n, 6)
        model.jacobian.dot(self._back, out=self._matrix)
        self._factorise(self._matrix)

    def times(self, acceleration: Array) -> Array:
        """Return L a (6,), the wrench N and Nm that accelerates the tcp by a (6,)."""
        wrench: Array = self._mobility.solve(acceleration)
        return wrench

    def project(self, model: RobotModel, torque: Array, out: Array) -> Array:
        """Write (I - J^T L J M^-1) torque (n,) Nm into out: it does not accelerate the tcp."""
        model.jacobian.T.dot(self.times(self._back.T.dot(torque)), out=out)
        return np.subtract(torque, out, out=out)

    def joint_velocity(self, twist: Array, out: Array) -> Array:
        """Write M^-1 J^T L v (n,) rad/s into out, the joints' part in a twist v (6,) of the tcp.

        Of all motions with that twist, m/s and rad/s, it has the least kinetic energy.
        """
        return self._back.dot(self.times(twist), out=out)

    def _factorise(self, mobility: Array) -> None:
        """Take the mobility A = J M^-1 J^T (6, 6) 1/kg; it may be overwritten."""
        np.add(mobility, self._ridge, out=mobility)
        self._mobility.compute(mobility)


class DampedTaskInertia(TaskInertia):
    """L = W (B^2 + e^2 I)^-1 B W, B = W A W: exact far from singularities, gentle near them.

    Where the arm moves easily, in directions of mobility a >> e, L is its inverse but for the
    share (e / a)^2. Where it hardly moves, the apparent mass a / (a^2 + e^2) goes through
    1 / (2 e) to zero: what cannot be had is not tried for (damped least squares, Nakamura and
    Hanafusa 1986). W = diag(1, 1, 1, s, s, s) makes the mobility of rotations comparable to that
    of the linear axes: s is the distance from the tcp at which a turn counts as a shift.
    """

    def __init__(self, damping: float, n: int, arm: float = 0.2) -> None:
        """Prepare for n joints; e in 1/kg, s = `arm` in m."""
        super().__init__(0.0, n)
        self._weight = np.array([1.0] * 3 + [arm] * 3)
        self._square_weight = np.outer(self._weight, self._weight)
        self._floor = damping**2 * np.eye(6)
        self._scaled = np.zeros((6, 6))

    def times(self, acceleration: Array) -> Array:
        """Return L a (6,), the wrench N and Nm for an acceleration a (6,) of the tcp."""
        wrench: Array = self._mobility.solve(self._scaled.dot(self._weight * acceleration))
        return np.multiply(wrench, self._weight, out=wrench)

    def _factorise(self, mobility: Array) -> None:
        np.multiply(mobility, self._square_weight, out=self._scaled)
        self._scaled.dot(self._scaled, out=mobility)
        np.add(mobility, self._floor, out=mobility)
        self._mobility.compute(mobility)
