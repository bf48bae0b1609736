"""What every control law is: a torque from the model's state and a target."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
import math
from typing import ClassVar, Literal

import numpy as np

from vla_ros.core import rotations
from vla_ros.core.data import Array
from vla_ros.core.rotations import Quaternion, Vector
from vla_ros.robots.model import RobotModel


class CartesianTarget:
    """What the arm tracks in one tick; written in place by the limiter, read by the law.

    Attributes:
        position: (3,) m, tcp in the base frame.
        rotation: (3, 3), columns are the tcp axes in the base frame.
        quaternion: (4,) xyzw, the same rotation.
        twist: (6,) m/s and rad/s, the velocity of the target, base axes.
        acceleration: (6,) m/s^2 and rad/s^2, likewise.
        wrench: (6,) N and Nm, what the tcp is to press with beside the law's own; base axes.
        posture: (n,) rad, joint positions preferred where the task leaves freedom; what a law in
            joint space tracks.
        posture_rate: (n,) rad/s, its velocity.
        flat: (34 + 2 n,) all of these: position, quaternion, rotation row by row, twist,
            acceleration, wrench, posture, posture_rate. They are views of it.
    """

    __slots__ = (
        'acceleration',
        'flat',
        'position',
        'posture',
        'posture_rate',
        'quaternion',
        'rotation',
        'twist',
        'wrench',
    )

    def __init__(self, posture: Array) -> None:
        """Start at the origin, at rest, with a copy of `posture` (n,) rad."""
        # One buffer and views of it: one assignment a tick instead of four, one address for C.
        n = len(posture)
        self.flat = flat = np.zeros(34 + 2 * n)
        self.position = flat[:3]
        self.quaternion = flat[3:7]
        self.rotation = flat[7:16].reshape(3, 3)
        self.twist = flat[16:22]
        self.acceleration = flat[22:28]
        self.wrench = flat[28:34]
        self.posture = flat[34 : 34 + n]
        self.posture_rate = flat[34 + n :]
        self.posture[:] = posture
        self.set((0.0, 0.0, 0.0), (0.0, 0.0, 0.0, 1.0))

    def set(
        self,
        position: Vector,
        quaternion: Quaternion,
        twist: Sequence[float] = (0.0,) * 6,
        acceleration: Sequence[float] = (0.0,) * 6,
    ) -> None:
        """Write the pose (m, unit xyzw), its twist and acceleration (6,), base axes."""
        matrix = rotations.to_matrix(quaternion)
        self.flat[:28] = (*position, *quaternion, *matrix, *twist, *acceleration)


class ControlLaw(ABC):
    """A control law. It neither limits nor filters: the limiter does, after it.

    Attributes:
        stiffness: N/m, of the tcp against a push; NaN if it has none.
        carries_gravity: whether its torque holds the arm's weight, or the robot does by itself.
        output: what it makes: joint torques ('effort'), or joint positions ('motion').
        tracks: what of the target it follows: the tcp's pose, or the joints' posture; or nothing,
            because a hand leads the arm.
    """

    stiffness: float = math.nan
    carries_gravity: bool = True
    output: ClassVar[Literal['effort', 'motion']] = 'effort'
    tracks: ClassVar[Literal['pose', 'joints', 'hand']] = 'pose'

    def reset(self, model: RobotModel, target: CartesianTarget) -> None:  # noqa: B027
        """Begin at the model's last update: the law is taken into use, or the arm was moved.

        `target` is the commanded pose, at rest.
        """

    def set_stiffness(self, stiffness: Array) -> None:
        """Take a Cartesian stiffness (6, 6) N/m, Nm/rad, N/rad; symmetric, positive semi-definite.

        The damping follows. Called between ticks.

        Raises:
            ValueError: this law has no Cartesian stiffness.
        """
        raise ValueError(f'stiffness: {type(self).__name__} has no Cartesian stiffness to set')

    @abstractmethod
    def torque(self, model: RobotModel, target: CartesianTarget, out: Array) -> Array:
        """Write the joint torque (n,) Nm at the model's last update into `out`; return `out`."""


class MotionLaw(ControlLaw):
    """A law for robots that take joint positions or velocities."""

    output = 'motion'

    @abstractmethod
    def motion(self, model: RobotModel, target: CartesianTarget, sent: Array, out: Array) -> Array:
        """Write the joint positions (n,) rad wanted in this tick into `out`; return `out`.

        `sent` (n,) rad is what was really sent in the last tick, after every limit.
        """

    def torque(self, model: RobotModel, target: CartesianTarget, out: Array) -> Array:
        """Refuse: a caller asks `output` first."""
        raise TypeError(f'{type(self).__name__} makes joint positions, not torques')
