"""The spring and the damper between the tcp and its target."""

from dataclasses import dataclass
import math
from typing import Literal

import numpy as np

from vla_ros.config import require
from vla_ros.control.laws import terms
from vla_ros.control.laws.base import CartesianTarget
from vla_ros.control.stiffness import damping_matrix, require_softer
from vla_ros.data import Array
from vla_ros.robots.model import RobotModel


@dataclass(frozen=True, kw_only=True)
class TaskSpringConfig:
    """How the tcp is held; the damping follows the stiffness, also one that is set later."""

    k_pos: float = 500.0  # N/m
    k_rot: float = 30.0  # Nm/rad
    mass: float = 5.0  # kg of the tcp, for which the damping is meant: about the arm's own there
    inertia: float = 0.2  # kg m^2, likewise
    damping_ratio: float = 1.0  # 1: critical for that mass
    least_speed: float = 1.0  # rad/s; softer axes are damped as if sqrt(k / mass) were this much
    frame: Literal['base', 'tool'] = 'base'  # whose axes stiffness, damping and clip are along
    error_clip_pos: float = 0.1  # m, per axis: bounds the pull of a far target
    error_clip_rot: float = 0.5  # rad, per axis
    # velocity: damp relative to the target, not to the world; acceleration: push it along as well
    feedforward: Literal['acceleration', 'velocity', 'none'] = 'velocity'
    k_pos_max: float = 5000.0  # N/m that may be set, in any direction
    k_rot_max: float = 300.0  # Nm/rad, likewise

    def __post_init__(self) -> None:
        require(0 < self.k_pos_max <= 5000, 'k_pos_max: expected 0..5000 N/m')
        require(0 < self.k_rot_max <= 300, 'k_rot_max: expected 0..300 Nm/rad')
        require(0 <= self.k_pos <= self.k_pos_max, f'k_pos: expected 0..{self.k_pos_max:g} N/m')
        require(0 <= self.k_rot <= self.k_rot_max, f'k_rot: expected 0..{self.k_rot_max:g} Nm/rad')
        require(0.1 <= self.mass <= 100, 'mass: expected 0.1..100 kg')
        require(0.001 <= self.inertia <= 10, 'inertia: expected 0.001..10 kg m^2')
        require(0 < self.damping_ratio <= 3, 'damping_ratio: expected 0..3')
        require(0 <= self.least_speed <= 10, 'least_speed: expected 0..10 rad/s')
        require(0 < self.error_clip_pos <= 1, 'error_clip_pos: expected 0..1 m')
        require(0 < self.error_clip_rot <= 3.14, 'error_clip_rot: expected 0..3.14 rad')


class TaskSpring:
    """F = K clip(e) + D (v_d - v), e = [p_d - p; log(R_d R^T)].

    Attributes:
        stiffness: (6, 6), damping: (6, 6), in the axes of the frame; `set` writes them in place.
        mass: (6,) kg and kg m^2.
        clip: (6,) m and rad, of the error.
        tool: whether the axes are the tcp's.
        follows: whether v_d is the target's twist, or zero.
    """

    def __init__(self, config: TaskSpringConfig) -> None:
        """Prepare the gains."""
        self.config = config
        self.tool, self.follows = config.frame == 'tool', config.feedforward != 'none'
        self.mass = six(config.mass, config.inertia)
        self.clip = six(config.error_clip_pos, config.error_clip_rot)
        self._low = -self.clip
        self.stiffness, self.damping = np.zeros((2, 6, 6))
        self._rotation = np.zeros((3, 3))
        self._error, self._rate, self._local, self._term = np.zeros((4, 6))
        self._still = np.zeros(6)
        self.set(np.diag(six(config.k_pos, config.k_rot)))

    def set(self, stiffness: Array) -> None:
        """Take a stiffness (6, 6), symmetric and positive semi-definite, and the damping to it.

        Raises:
            ValueError: it is above the configured greatest.
        """
        config = self.config
        require_softer(stiffness, config.k_pos_max, config.k_rot_max)
        self.stiffness[:] = stiffness
        self.damping[:] = damping_matrix(
            stiffness, self.mass, config.damping_ratio, config.least_speed
        )

    @property
    def isotropic(self) -> float:
        """N/m of the tcp against a push; NaN where that depends on the direction."""
        k = float(self.stiffness[0, 0])
        rows = self.stiffness[:3]
        same = np.allclose(rows, k * np.eye(3, 6), rtol=0, atol=1e-9 * max(k, 1.0))
        return k if same else math.nan

    def wrench(self, model: RobotModel, target: CartesianTarget, out: Array) -> Array:
        """Write the wrench (6,) N and Nm on the tcp, base axes, into out."""
        error, rate, rotation = self._error, self._rate, model.rotation
        terms.pose_error(model, target, self._rotation, error)
        np.subtract(target.twist if self.follows else self._still, model.twist, out=rate)
        if not self.tool:
            terms.clamp(error, self._low, self.clip, error)
            return terms.spring_damper(self.stiffness, self.damping, error, rate, self._term, out)
        turn(error, rotation, self._local)
        terms.clamp(self._local, self._low, self.clip, error)
        turn(rate, rotation, self._local)
        terms.spring_damper(
            self.stiffness, self.damping, error, self._local, self._term, self._rate
        )
        return turn(self._rate, rotation.T, out)


def turn(vector: Array, rotation: Array, out: Array) -> Array:
    """Write [R^T a; R^T b] into out for a vector [a; b] (6,).

    From base into tool axes where R is the tcp's rotation, and back with its transpose.
    """
    np.dot(vector.reshape(2, 3), rotation, out=out.reshape(2, 3))
    return out


def six(linear: float, angular: float) -> Array:
    """Return (6,): one number for the linear axes, one for the angular ones."""
    return np.array([linear] * 3 + [angular] * 3)
