"""Singularity: slows motion that leads the arm further into a singularity."""

import math

import eigenpy
import numpy as np

from vla_ros.control.avoidance.approach import STEP, share
from vla_ros.core.data import Array
from vla_ros.robots.model import RobotModel
from vla_ros.robots.spec import ArmSpec


class Singularity:
    """Judges by the condition number of the tcp's Jacobian, as MoveIt Servo does.

    What is compared is its inverse, the smallest singular value over the greatest: it goes to
    zero about in proportion to the way left, where the condition number itself has a pole.

    Attributes:
        condition: at the joint positions of the last `scale`.
    """

    def __init__(self, spec: ArmSpec, model: RobotModel | None = None) -> None:
        """Take the thresholds of `spec`; `model` is for its use alone."""
        self._slow = 1 / spec.slowdown.slow_condition
        self._stop = 1 / spec.slowdown.stop_condition
        self._model = RobotModel(spec) if model is None else model
        self._square, self._solver = np.zeros((6, 6)), eigenpy.SelfAdjointEigenSolver(6)
        self._q, self._still = np.zeros(spec.n), np.zeros(spec.n)
        self.condition = 1.0

    def scale(self, q: Array, velocity: Array) -> float:
        """Return the share in [0, 1] of the wanted joint velocity (n,) rad/s to be kept at q."""
        now = self._inverse_at(q)
        self.condition = 1 / now if now > 0 else math.inf
        np.multiply(velocity, STEP, out=self._q)
        np.add(self._q, q, out=self._q)
        return share(now, (self._inverse_at(self._q) - now) / STEP, self._slow, self._stop)

    def _inverse_at(self, q: Array) -> float:
        """Return the smallest over the greatest singular value, rows in m and rad."""
        self._model.update(q, self._still)
        jacobian = self._model.jacobian
        jacobian.dot(jacobian.T, out=self._square)
        self._solver.compute(self._square, eigenpy.DecompositionOptions.EigenvaluesOnly)
        values = self._solver.eigenvalues()
        return math.sqrt(max(float(values[0]), 0.0) / float(values[-1]))
