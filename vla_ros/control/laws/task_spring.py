"""The spring and the damper between the tcp and its target."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from vla_ros.control.laws import terms
from vla_ros.control.laws.compliance import ComplianceConfig, six
from vla_ros.control.laws.law import CartesianTarget
from vla_ros.core.config import require
from vla_ros.core.data import Array
from vla_ros.robots.model import RobotModel


@dataclass(frozen=True, kw_only=True)
class TaskSpringConfig(ComplianceConfig):
    """How the tcp is held; the clip of the error is along the axes of `frame`, too.

    The mass is best about the arm's own at the tcp.
    """

    error_clip_pos: float = 0.1  # m, per axis: bounds the pull of a far target
    error_clip_rot: float = 0.5  # rad, per axis
    # velocity: damp relative to the target, not to the world; acceleration: push it along as well
    feedforward: Literal['acceleration', 'velocity', 'none'] = 'velocity'

    def __post_init__(self) -> None:
        super().__post_init__()
        require(0 < self.error_clip_pos <= 1, 'error_clip_pos: expected 0..1 m')
        require(0 < self.error_clip_rot <= 3.14, 'error_clip_rot: expected 0..3.14 rad')


class TaskSpring:
    """F = K clip(e) + D (v_d - v), e = [p_d - p; log(R_d R^T)].

    Attributes:
        stiffness: (6, 6), damping: (6, 6), in the axes of the frame; `set` writes them in place.
        mobility: (6,) 1/kg and 1/(kg m^2), of the mass that the gains are meant for.
        clip: (6,) m and rad, of the error.
        tool: whether the axes are the tcp's.
        follows: whether v_d is the target's twist, or zero.
    """

    def __init__(self, config: TaskSpringConfig) -> None:
        """Prepare the gains."""
        self.config = config
        self.tool, self.follows = config.frame == 'tool', config.feedforward != 'none'
        self.mobility = 1 / config.masses
        self.clip = six(config.error_clip_pos, config.error_clip_rot)
        self._low = -self.clip
        self.stiffness, self.damping = np.zeros((2, 6, 6))
        self._rotation = np.zeros((3, 3))
        self._error, self._rate, self._local, self._term = np.zeros((4, 6))
        self._still = np.zeros(6)
        self.set(config.stiffness)

    def set(self, stiffness: Array) -> None:
        """Take a stiffness (6, 6), symmetric and positive semi-definite, and the damping to it.

        Raises:
            ValueError: it is above the configured greatest.
        """
        damping = self.config.damping(stiffness)
        self.stiffness[:], self.damping[:] = stiffness, damping

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
