"""What the arm weighs at the tcp, and what is left of a joint torque beside the task.

The systems are symmetric and, with a ridge r > 0 on the diagonal, positive definite: Eigen's
Cholesky solves them in a fifth of the time that numpy's general solver takes to get started.
"""

import eigenpy
import numpy as np

from vla_ros.data import Array
from vla_ros.robots.model import RobotModel


class TaskInertia:
    """L = (J M^-1 J^T + r I)^-1, the tcp's apparent mass (6, 6) kg and kg m^2, as a factor.

    Khatib, "A unified approach for motion and force control of robot manipulators" (1987).
    """

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
        np.add(self._matrix, self._ridge, out=self._matrix)
        self._mobility.compute(self._matrix)

    def times(self, acceleration: Array) -> Array:
        """Return L a (6,), the wrench N and Nm that accelerates the tcp by a (6,)."""
        wrench: Array = self._mobility.solve(acceleration)
        return wrench

    def project(self, model: RobotModel, torque: Array, out: Array) -> Array:
        """Write (I - J^T L J M^-1) torque (n,) Nm into out: it does not accelerate the tcp."""
        model.jacobian.T.dot(self._mobility.solve(self._back.T.dot(torque)), out=out)
        return np.subtract(torque, out, out=out)


class KinematicProjection:
    """N = I - J^T (J J^T + r I)^-1 J: in equilibrium it leaves no wrench on the tcp."""

    def __init__(self, regularization: float) -> None:
        """Prepare; r in m^2."""
        self._ridge = regularization * np.eye(6)
        self._gram = eigenpy.LLT(6)
        self._matrix = np.zeros((6, 6))

    def project(self, model: RobotModel, torque: Array, out: Array) -> Array:
        """Write N torque (n,) Nm at the model's last update into out."""
        jacobian = model.jacobian
        jacobian.dot(jacobian.T, out=self._matrix)
        np.add(self._matrix, self._ridge, out=self._matrix)
        self._gram.compute(self._matrix)
        jacobian.T.dot(self._gram.solve(jacobian.dot(torque)), out=out)
        return np.subtract(torque, out, out=out)
