"""Hybrid force and motion: some axes press with a wrench, the others hold a pose compliantly.

Raibert and Craig, "Hybrid position/force control of manipulators" (1981), with an impedance for
the motion and feed-forward plus an integral of the wrench's error for the force.
"""

from dataclasses import dataclass
import math
from typing import Literal

import numpy as np

from vla_ros.control.laws.cartesian_impedance import CartesianImpedance, CartesianImpedanceConfig
from vla_ros.control.laws.compliance import six
from vla_ros.control.laws.law import CartesianTarget
from vla_ros.control.limits.stiffness import isotropic, stiffness_matrix
from vla_ros.core.config import require
from vla_ros.core.data import Array
from vla_ros.robots.model import RobotModel
from vla_ros.robots.spec import ArmSpec


_AXES = ('x', 'y', 'z', 'rx', 'ry', 'rz')


@dataclass(frozen=True, kw_only=True)
class CartesianWrenchConfig(CartesianImpedanceConfig):
    """As the impedance's, for the axes of motion; `frame` says whose axes these are."""

    # Axes that follow the target's wrench instead of its pose
    force_axes: tuple[Literal['x', 'y', 'z', 'rx', 'ry', 'rz'], ...] = ('z',)
    # What brakes them: in free space they move at the target's wrench over this
    force_damping_pos: float = 100.0  # Ns/m
    force_damping_rot: float = 5.0  # Nms/rad
    integral: float = 5.0  # 1/s; above a quarter of what senses the wrench it oscillates
    integral_max_pos: float = 10.0  # N that the integral adds to the target's force
    integral_max_rot: float = 1.0  # Nm, likewise
    contact_pos: float = 1.0  # N; an axis that feels less is in free space, its integral fades
    contact_rot: float = 0.1  # Nm, likewise

    def __post_init__(self) -> None:
        super().__post_init__()
        distinct = len(set(self.force_axes)) == len(self.force_axes)
        require(distinct and bool(self.force_axes), 'force_axes: expected one or more, each once')
        for name, most, unit in (
            ('force_damping_pos', 1000.0, 'Ns/m'),
            ('force_damping_rot', 100.0, 'Nms/rad'),
            ('integral', 50.0, '1/s'),
            ('integral_max_pos', 100.0, 'N'),
            ('integral_max_rot', 20.0, 'Nm'),
            ('contact_pos', 50.0, 'N'),
            ('contact_rot', 10.0, 'Nm'),
        ):
            fits = 0 <= getattr(self, name) <= most
            require(fits, f'{name}: expected 0..{most:g} {unit}')
        damped = self.force_damping_pos > 0 and self.force_damping_rot > 0
        require(damped, 'force_damping_pos, force_damping_rot: must be positive')


class CartesianWrench(CartesianImpedance):
    """The impedance's torque, with F = F_d - D_f v + I instead of the spring on the force axes.

    I' = k_i (F_d + F_ext), bounded; -F_ext is what the tcp presses with. The target's pose and its
    motion along these axes do not count.
    """

    config: CartesianWrenchConfig

    def __init__(self, config: CartesianWrenchConfig, spec: ArmSpec) -> None:
        """Prepare the gains for a robot.

        Raises:
            ValueError: a list of gains without one per joint.
        """
        super().__init__(config, spec)
        self._force = np.array([float(axis in config.force_axes) for axis in _AXES])
        self._motion = 1 - self._force
        self._brake = np.diag(
            self._force * six(config.force_damping_pos, config.force_damping_rot)
        )
        self._hold(self._spring.stiffness.copy())
        # Of each force axis: its index, what it must feel for contact, the most of its integral.
        felt = six(config.contact_pos, config.contact_rot).tolist()
        most = six(config.integral_max_pos, config.integral_max_rot).tolist()
        self._axes = [(i, felt[i], most[i]) for i in np.flatnonzero(self._force).tolist()]
        self._share = config.integral / spec.control_rate
        self._integral = [0.0] * 6  # N and Nm, in the axes of the frame
        self._own = CartesianTarget(spec.home)
        # Twist, acceleration and wrench below each other, two rows each: one product turns them.
        self._vectors = self._own.flat[16:34].reshape(6, 3)
        self._local, self._felt = np.zeros((6, 3)), np.zeros((2, 3))
        self._moves, self._presses = self._local[:4], self._local.reshape(18)[12:]
        self._moving = np.tile(self._motion.reshape(2, 3), (2, 1))

    def reset(self, model: RobotModel, target: CartesianTarget) -> None:
        """Begin with the target's wrench alone."""
        self._integral = [0.0] * 6

    def set_stiffness(self, stiffness: Array) -> None:
        """Take a stiffness (6, 6) in the axes of `frame`, used along those of motion.

        Raises:
            ValueError: not symmetric, positive semi-definite and within the configured bounds.
        """
        self._hold(stiffness_matrix(stiffness))

    def torque(self, model: RobotModel, target: CartesianTarget, out: Array) -> Array:
        """Write the joint torque (n,) Nm into out."""
        own, local = self._own, self._local
        np.copyto(own.flat, target.flat)
        self._to_frame(self._vectors, model, local)
        self._to_frame(model.external_wrench.reshape(2, 3), model, self._felt)
        self._integrate(self._felt.ravel().tolist(), self._presses.tolist())
        np.multiply(self._moves, self._moving, out=self._moves)
        self._presses[:] = self._integral
        self._from_frame(local, model, self._vectors)
        np.add(own.wrench, target.wrench, out=own.wrench)
        return super().torque(model, own, out)

    def _hold(self, stiffness: Array) -> None:
        """Use a stiffness (6, 6) along the axes of motion, and the brake along the others."""
        spring, motion = self._spring, np.outer(self._motion, self._motion)
        spring.set(motion * stiffness)
        spring.damping[:] = motion * spring.damping + self._brake
        self.stiffness = isotropic(spring.stiffness)

    def _integrate(self, felt: list[float], wanted: list[float]) -> None:
        """Move the integral one tick on; the world's wrench (6,) and the target's, frame's axes.

        What is not finite leaves it as it is.
        """
        # Plain floats: mostly it is one axis, or two.
        integral = self._integral
        if not math.isfinite(sum(felt) + sum(wanted)):
            return
        for i, contact, most in self._axes:
            error = wanted[i] + felt[i] if abs(felt[i]) > contact else -integral[i]
            integral[i] = min(max(integral[i] + self._share * error, -most), most)

    def _to_frame(self, rows: Array, model: RobotModel, out: Array) -> None:
        """Write vectors (m, 3), base axes, in those of the frame into out."""
        if self._spring.tool:
            rows.dot(model.rotation, out=out)
        else:
            np.copyto(out, rows)

    def _from_frame(self, rows: Array, model: RobotModel, out: Array) -> None:
        if self._spring.tool:
            rows.dot(model.rotation.T, out=out)
        else:
            np.copyto(out, rows)
