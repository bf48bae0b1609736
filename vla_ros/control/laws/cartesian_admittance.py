"""Cartesian admittance: a robot that takes positions yields to what its force sensor feels."""

from dataclasses import dataclass
import math
from typing import ClassVar

import numpy as np

from vla_ros.control.laws import terms
from vla_ros.control.laws.compliance import ComplianceConfig, six
from vla_ros.control.laws.inverse_kinematics import InverseKinematicsConfig, make_kinematics
from vla_ros.control.laws.law import CartesianTarget, MotionLaw
from vla_ros.control.limits.stiffness import isotropic, stiffness_matrix
from vla_ros.core import rotations
from vla_ros.core.config import require
from vla_ros.core.data import Array
from vla_ros.robots.model import RobotModel
from vla_ros.robots.spec import ArmSpec


@dataclass(frozen=True, kw_only=True)
class CartesianAdmittanceConfig(ComplianceConfig):
    """What the tcp is to feel like."""

    damping_ratio_max: ClassVar[float] = 20.0

    k_pos: float = 600.0  # N/m
    k_rot: float = 40.0  # Nm/rad
    mass: float = 10.0  # kg; less is livelier, and sooner unstable against stiff things
    inertia: float = 0.4  # kg m^2
    deadband_force: float = 0.5  # N, not felt; felt as it is from twice that on
    deadband_torque: float = 0.05  # Nm, likewise
    yield_pos: float = 0.3  # m, per axis: it gives way no further
    yield_rot: float = 1.0  # rad, per axis
    kinematics: InverseKinematicsConfig = InverseKinematicsConfig()

    def __post_init__(self) -> None:
        super().__post_init__()
        require(0 <= self.deadband_force <= 50, 'deadband_force: expected 0..50 N')
        require(0 <= self.deadband_torque <= 10, 'deadband_torque: expected 0..10 Nm')
        require(0 < self.yield_pos <= 2, 'yield_pos: expected 0..2 m')
        require(0 < self.yield_rot <= 3, 'yield_rot: expected 0..3 rad')


class CartesianAdmittance(MotionLaw):
    """M x'' + D x' + K x = F + F_d; the joints follow the target displaced by x.

    x = [p - p_d; log(R R_d^T)], F is what the world exerts on the tcp, F_d what the target presses
    with. Hogan, "Impedance control" (1985). Gravity, friction and the arm's dynamics stay the
    robot's business; so does the motion of the target, which needs no force to be followed.

    The step in time h is implicit in the new velocity v+, and moves x by h (v + v+) / 2:

        (M + h D + h^2/2 K) v+ = (M - h^2/2 K) v + h (F + F_d - K x),

    which is stable for any M > 0 and D, K >= 0: with d = h D / M, k = h^2 K / M, s = 1 + d + k/2 a
    mode has the determinant 1 / s <= 1 and the trace 1 + (1 - k) / s, within 1 + determinant of 0
    (Jury). If the joints cannot accelerate so much, the change of v is scaled down, as if M
    were greater: were it left to the limits after the law, the arm would lag behind x and hammer
    at whatever it touches.
    """

    def __init__(self, config: CartesianAdmittanceConfig, spec: ArmSpec) -> None:
        """Prepare the gains for a robot; stands at the home posture."""
        self.config = config
        self._dt = 1 / spec.control_rate
        self._high = six(config.yield_pos, config.yield_rot)
        self._low = -self._high
        self._kinematics = make_kinematics(config.kinematics, spec)
        self._pose = CartesianTarget(spec.home)
        # v, x and F under each other: one product makes the new velocity of them.
        self._state = np.zeros(18)
        self._speed, self._yielded, self._force = self._state.reshape(3, 6)
        self._turned, self._new, self._mean = np.zeros((6, 3)), np.zeros(6), np.zeros(6)
        self._gain = np.zeros((6, 18))
        self.set_stiffness(config.stiffness)

    def reset(self, model: RobotModel, target: CartesianTarget) -> None:
        """Begin where the arm is, at rest: displaced from the target by that much."""
        self._kinematics.reset(model.q)
        self._speed[:] = 0.0
        np.subtract(model.position, target.position, out=self._yielded[:3])
        self._yielded[3:] = rotations.log(model.rotation.dot(target.rotation.T))
        self._displace(target)

    def set_stiffness(self, stiffness: Array) -> None:
        """Take a Cartesian stiffness (6, 6), in the axes of `frame`; the damping follows.

        Raises:
            ValueError: not symmetric, positive semi-definite and within the configured bounds.
        """
        h, mass = self._dt, np.diag(self.config.masses)
        stiffness = stiffness_matrix(stiffness)
        damping = self.config.damping(stiffness)
        half = h * h / 2 * stiffness
        gain = np.hstack([mass - half, -h * stiffness, h * np.eye(6)])
        self._gain[:] = np.linalg.solve(mass + h * damping + half, gain)
        self.stiffness = isotropic(stiffness)

    def motion(self, model: RobotModel, target: CartesianTarget, sent: Array, out: Array) -> Array:
        """Write the joint positions (n,) rad into out; what is not finite moves nothing."""
        self._feel(model.external_wrench, target.wrench)
        self._integrate()
        self._displace(target)
        out[:] = self._kinematics.step(self._pose, sent)
        return out

    def _feel(self, wrench: Array, pressed: Array) -> None:
        """Write the wrench felt, less what is too small to be meant, and the one pressed with."""
        a, b, c, x, y, z = wrench.tolist()
        force = _share(a * a + b * b + c * c, self.config.deadband_force)
        torque = _share(x * x + y * y + z * z, self.config.deadband_torque)
        self._force[:] = (force * a, force * b, force * c, torque * x, torque * y, torque * z)
        np.add(self._force, pressed, out=self._force)

    def _integrate(self) -> None:
        """Move the displacement one tick on."""
        new, mean, speed, yielded = self._new, self._mean, self._speed, self._yielded
        if self.config.frame == 'tool':
            # The gains are the tool's: there and back again.
            rotation = self._pose.rotation
            self._state.reshape(6, 3).dot(rotation, out=self._turned)
            self._gain.dot(self._turned.reshape(18), out=new)
            new.reshape(2, 3).dot(rotation.T, out=mean.reshape(2, 3))
            np.copyto(new, mean)
        else:
            self._gain.dot(self._state, out=new)
        np.subtract(new, speed, out=mean)
        np.multiply(mean, self._kinematics.feasible(mean), out=mean)
        np.add(speed, mean, out=new)
        if not math.isfinite(new.sum()):
            new[:] = 0.0
        np.add(speed, new, out=mean)
        np.multiply(mean, 0.5 * self._dt, out=mean)
        np.copyto(speed, new)
        np.add(yielded, mean, out=new)
        terms.clamp(new, self._low, self._high, new)
        np.subtract(new, yielded, out=mean)
        np.copyto(yielded, new)

    def _displace(self, target: CartesianTarget) -> None:
        """Write the target displaced, for the inverse kinematics."""
        a, b, c = target.position.tolist()
        x, y, z, i, j, k = self._yielded.tolist()
        turn, pose = rotations.quaternion_exp((i, j, k)), self._pose
        p, q, r, s = target.quaternion.tolist()
        pose.set((a + x, b + y, c + z), rotations.multiply(turn, (p, q, r, s)))
        np.multiply(self._mean, 1 / self._dt, out=pose.twist)
        np.add(pose.twist, target.twist, out=pose.twist)
        pose.posture[:] = target.posture


def _share(square: float, band: float) -> float:
    """Return the share that is felt of a vector of that squared length.

    None within the band, all from twice the band on, and no jump in between.
    """
    if square >= 4 * band * band:
        return 1.0
    size = math.sqrt(square)
    return 2 * (size - band) / size if size > band else 0.0
