"""Cartesian impedance: the tcp is a spring and a damper between the target and the world."""

from dataclasses import dataclass

import numpy as np

from vla_ros.control.laws import terms
from vla_ros.control.laws.arm_terms import ArmTerms, ArmTermsConfig
from vla_ros.control.laws.compliance import six
from vla_ros.control.laws.law import CartesianTarget, ControlLaw
from vla_ros.control.laws.nullspace import NullSpace, NullSpaceConfig
from vla_ros.control.laws.task_inertia import TaskInertia
from vla_ros.control.laws.task_spring import TaskSpring, TaskSpringConfig
from vla_ros.control.limits.stiffness import isotropic, stiffness_matrix
from vla_ros.core.config import require
from vla_ros.core.data import Array
from vla_ros.robots.model import RobotModel
from vla_ros.robots.spec import ArmSpec


@dataclass(frozen=True, kw_only=True)
class CartesianImpedanceConfig(TaskSpringConfig, NullSpaceConfig, ArmTermsConfig):
    """Gains of the Cartesian impedance."""

    feedforward_clip_pos: float = 60.0  # N, per axis: near singularities the arm seems heavy
    feedforward_clip_rot: float = 10.0  # Nm, per axis

    def __post_init__(self) -> None:
        TaskSpringConfig.__post_init__(self)
        NullSpaceConfig.__post_init__(self)
        ArmTermsConfig.__post_init__(self)
        for name, unit in (('pos', 'N'), ('rot', 'Nm')):
            clip = f'feedforward_clip_{name}'
            require(0 <= getattr(self, clip) <= 500, f'{clip}: expected 0..500 {unit}')


class CartesianImpedance(ControlLaw):
    """tau = J^T (K e + D (v_d - v) + L (a_d - J' q') + F_d) + N tau_posture + what the arm takes.

    L is the apparent mass at the tcp, N a projection, F_d the target's wrench. What the arm takes
    is in arm_terms.py, the spring in task_spring.py, the posture in nullspace.py. Without velocity
    feed-forward friction is not compensated.
    """

    def __init__(self, config: CartesianImpedanceConfig, spec: ArmSpec) -> None:
        """Prepare the gains for a robot.

        Raises:
            ValueError: a list of gains without one per joint.
        """
        self.config = config
        self._spring = TaskSpring(config)
        self.stiffness = isotropic(self._spring.stiffness)
        self._null, self._arm = NullSpace(config, spec), ArmTerms(config, spec)
        self.carries_gravity = config.gravity
        self._inertia = TaskInertia(config.nullspace_regularization, spec.n)
        self._pushes = config.feedforward == 'acceleration'
        self._leads = self._arm.rubs and self._spring.follows
        self._weighs = self._pushes or self._leads or config.nullspace == 'dynamic'
        self._push_high = six(config.feedforward_clip_pos, config.feedforward_clip_rot)
        self._push_low = -self._push_high
        self._wrench, self._rate = np.zeros((2, 6))
        self._lead = np.zeros(spec.n)  # rad/s, of the joints when the tcp does as the target

    def set_stiffness(self, stiffness: Array) -> None:
        """Take a stiffness (6, 6) in the axes of `frame`; the damping follows.

        Raises:
            ValueError: not symmetric, positive semi-definite and within the configured bounds.
        """
        self._spring.set(stiffness_matrix(stiffness))
        self.stiffness = isotropic(self._spring.stiffness)

    def torque(self, model: RobotModel, target: CartesianTarget, out: Array) -> Array:
        """Write the joint torque (n,) Nm into out."""
        if self._weighs:
            self._inertia.update(model)
        wrench = self._task(model, target)
        np.add(wrench, target.wrench, out=wrench)
        model.jacobian.T.dot(wrench, out=out)
        np.add(out, self._null.torque(model, target, self._inertia), out=out)
        if self._leads:
            self._inertia.joint_velocity(target.twist, self._lead)
        return self._arm.add(model, self._lead, out)

    def _task(self, model: RobotModel, target: CartesianTarget) -> Array:
        """Return the wrench (6,) N and Nm on the tcp, base axes."""
        wrench = self._spring.wrench(model, target, self._wrench)
        if self._pushes:
            np.subtract(target.acceleration, model.drift, out=self._rate)
            push = self._inertia.times(self._rate)
            terms.clamp(push, self._push_low, self._push_high, push)
            np.add(wrench, push, out=wrench)
        return wrench
