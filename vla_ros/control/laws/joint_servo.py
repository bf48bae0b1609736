"""Joint servo: every joint follows the target's posture along a smooth curve."""

from dataclasses import dataclass
import math

import numpy as np

from vla_ros.control.laws import terms
from vla_ros.control.laws.law import CartesianTarget, MotionLaw
from vla_ros.core.config import require
from vla_ros.core.data import Array
from vla_ros.robots.model import RobotModel
from vla_ros.robots.spec import ArmSpec


@dataclass(frozen=True)
class JointServoConfig:
    """How a posture is followed."""

    smoothing: float = 0.03  # s, time constant T of the critically damped filter
    lead: float = 0.1  # rad by which the wanted positions may be ahead of those really sent

    def __post_init__(self) -> None:
        require(0.001 <= self.smoothing <= 10, 'smoothing: expected 0.001..10 s')
        require(0 < self.lead <= 1, 'lead: expected 0..1 rad')


class JointServo(MotionLaw):
    """T^2 q'' + 2 T (q' - q'_d) + q - q_d = 0; q_d and q'_d are the target's posture and its rate.

    A posture that moves evenly at its rate is followed without lag; of a jump, 98 % are done after
    5.8 T. The speed is at most the joint's. Integrated by the trapezoidal rule, see
    CartesianAdmittance.
    """

    tracks = 'joints'

    def __init__(self, config: JointServoConfig, spec: ArmSpec) -> None:
        """Prepare for ticks at the robot's rate; stands at the home posture."""
        self.config, self._half = config, 0.5 / spec.control_rate
        h, t = 1 / spec.control_rate, config.smoothing
        scale = t * t + 2 * t * h + h * h / 2
        self._keep, self._follow = (t * t - h * h / 2) / scale, 2 * t * h / scale
        self._close = h / scale
        self._low, self._high = spec.joint_array('lower'), spec.joint_array('upper')
        self._fastest = spec.joint_array('velocity')
        self._slowest = -self._fastest
        self._q, self._speed = spec.home.copy(), np.zeros(spec.n)
        self._new, self._term = np.zeros((2, spec.n))

    def reset(self, model: RobotModel, target: CartesianTarget) -> None:
        """Begin where the arm is, at rest."""
        self._q[:] = model.q
        self._speed[:] = 0.0

    def motion(self, model: RobotModel, target: CartesianTarget, sent: Array, out: Array) -> Array:
        """Write the joint positions (n,) rad into out; a target not finite moves nothing."""
        q, speed, new, term = self._q, self._speed, self._new, self._term
        np.add(sent, self.config.lead, out=term)
        np.minimum(q, term, out=q)
        np.subtract(sent, self.config.lead, out=term)
        np.maximum(q, term, out=q)
        terms.clamp(target.posture, self._low, self._high, new)
        np.subtract(new, q, out=new)
        np.multiply(new, self._close, out=new)
        np.multiply(target.posture_rate, self._follow, out=term)
        np.add(new, term, out=new)
        np.multiply(speed, self._keep, out=term)
        np.add(new, term, out=new)
        terms.clamp(new, self._slowest, self._fastest, new)
        if not math.isfinite(new.sum()):
            speed[:] = 0.0
            out[:] = q
            return out
        np.add(speed, new, out=term)
        np.multiply(term, self._half, out=term)
        np.add(q, term, out=q)
        terms.clamp(q, self._low, self._high, q)
        speed[:] = new
        out[:] = q
        return out
