"""What the arm weighs at the tcp.

Khatib, "A unified approach for motion and force control of robot manipulators" (1987).
"""

import eigenpy
import numpy as np

from vla_ros.core.data import Array
from vla_ros.robots.model import RobotModel


LEVER = 0.2  # m, distance from the tcp at which a turn counts as a shift


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
    """L = W f(W A W) W: the inverse of the mobility A far from singularities, gentle near them.

    f(a) = a^3 / (a^4 + e^4) in each direction of mobility a. If the arm moves easily, a >> e,
    this is 1 / a but for the share (e / a)^4. If it hardly moves, the apparent mass goes
    through 0.57 / e to zero: what cannot be had is not tried for. It is the damped least squares
    of Nakamura and Hanafusa (1986), which has squares for fourth powers and so sets in earlier.
    W = diag(1, 1, 1, s, s, s) makes the mobility of rotations comparable to that of the linear
    axes: s is LEVER.
    """

    def __init__(self, damping: float, n: int) -> None:
        """Prepare for n joints; e in 1/kg."""
        super().__init__(0.0, n)
        weight = np.array([1.0] * 3 + [LEVER] * 3)
        self._weight = np.outer(weight, weight)
        self._floor = damping**4
        self._solver = eigenpy.SelfAdjointEigenSolver(6)
        self._inertia = np.zeros((6, 6))

    def times(self, acceleration: Array) -> Array:
        """Return L a (6,), the wrench N and Nm for an acceleration a (6,) of the tcp."""
        return self._inertia.dot(acceleration)

    def _factorise(self, mobility: Array) -> None:
        np.multiply(mobility, self._weight, out=mobility)
        self._solver.compute(mobility)
        values, vectors = self._solver.eigenvalues(), self._solver.eigenvectors()
        cubes = values * values * values
        np.dot(vectors * (cubes / (cubes * values + self._floor)), vectors.T, out=self._inertia)
        np.multiply(self._inertia, self._weight, out=self._inertia)
