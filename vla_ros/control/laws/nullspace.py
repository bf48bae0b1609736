"""The posture beside the task: what is left of a joint torque that does not disturb the tcp.

The systems are symmetric and, with a ridge r > 0 on the diagonal, positive definite: Eigen's
Cholesky solves them in a fifth of the time that numpy's general solver takes to get started.
"""

from dataclasses import dataclass
from typing import Literal

import eigenpy
import numpy as np

from vla_ros.control.laws import terms
from vla_ros.control.laws.gains import Gains, per_joint, require_gains
from vla_ros.control.laws.law import CartesianTarget
from vla_ros.control.laws.task_inertia import TaskInertia
from vla_ros.core.config import require
from vla_ros.core.data import Array
from vla_ros.robots.model import RobotModel
from vla_ros.robots.spec import ArmSpec


@dataclass(frozen=True, kw_only=True)
class NullSpaceConfig:
    """The spring of each joint towards the target's posture."""

    # How the posture torque is kept from the task: no acceleration of the tcp, no wrench, not
    nullspace: Literal['dynamic', 'kinematic', 'none'] = 'dynamic'
    nullspace_stiffness: Gains = 1.0  # Nm/rad
    nullspace_damping: Gains | None = (
        None  # Nms/rad; None: 2 sqrt(stiffness), critical at 1 kg m^2
    )
    nullspace_max_torque: Gains = 5.0  # Nm, before the projection
    nullspace_regularization: float = 1e-6  # added to the diagonal that is inverted

    def __post_init__(self) -> None:
        for name, unit in (('stiffness', 'Nm/rad'), ('damping', 'Nms/rad'), ('max_torque', 'Nm')):
            require_gains(self, f'nullspace_{name}', 0.0, 500.0, unit)
        require(0 < self.nullspace_regularization <= 1, 'nullspace_regularization: expected 0..1')


class NullSpace:
    """N (K (q_d - q) + D (q_d' - q')), clipped before the projection N.

    Attributes:
        stiffness: (n,) Nm/rad. damping: (n,) Nms/rad. most: (n,) Nm.
    """

    def __init__(self, config: NullSpaceConfig, spec: ArmSpec) -> None:
        """Prepare for a robot.

        Raises:
            ValueError: a list of gains without one per joint.
        """
        self.config = config
        self.stiffness = per_joint('nullspace_stiffness', config.nullspace_stiffness, spec)
        self.damping = 2 * np.sqrt(self.stiffness)
        if config.nullspace_damping is not None:
            self.damping = per_joint('nullspace_damping', config.nullspace_damping, spec)
        self.most = per_joint('nullspace_max_torque', config.nullspace_max_torque, spec)
        self._least = -self.most
        self._kinematic = KinematicProjection(config.nullspace_regularization)
        self._pull, self._term = np.zeros((2, spec.n))

    def torque(self, model: RobotModel, target: CartesianTarget, inertia: TaskInertia) -> Array:
        """Return the torque (n,) Nm, overwritten by the next call; inertia is of this update."""
        pull, term = self._pull, self._term
        terms.joint_spring(model, target, self.stiffness, self.damping, term, pull)
        terms.clamp(pull, self._least, self.most, pull)
        if self.config.nullspace == 'dynamic':
            return inertia.project(model, pull, term)
        if self.config.nullspace == 'kinematic':
            return self._kinematic.project(model, pull, term)
        return pull


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
