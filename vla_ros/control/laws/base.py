"""What every control law is: a torque from the model's state and a target."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
import math

import numpy as np

from vla_ros.control import rotations
from vla_ros.control.rotations import Quaternion, Vector
from vla_ros.data import Array
from vla_ros.robots.model import RobotModel


class CartesianTarget:
    """What the arm tracks in one tick; written in place by the limiter, read by the law.

    Attributes:
        position: (3,) m, tcp in the base frame.
        rotation: (3, 3), columns are the tcp axes in the base frame.
        quaternion: (4,) xyzw, the same rotation.
        twist: (6,) m/s and rad/s, the velocity of the target, base axes.
        acceleration: (6,) m/s^2 and rad/s^2, likewise.
        posture: (n,) rad, joint positions preferred where the task leaves freedom.
    """

    __slots__ = (
        '_buffer',
        'acceleration',
        'position',
        'posture',
        'quaternion',
        'rotation',
        'twist',
    )

    def __init__(self, posture: Array) -> None:
        """Start at the origin, at rest, with a copy of `posture` (n,) rad."""
        # One buffer and views of it: one assignment a tick instead of four.
        self._buffer = np.zeros(28)
        self.position = self._buffer[:3]
        self.quaternion = self._buffer[3:7]
        self.rotation = self._buffer[7:16].reshape(3, 3)
        self.twist = self._buffer[16:22]
        self.acceleration = self._buffer[22:]
        self.posture = np.array(posture, dtype=np.float64)
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
        self._buffer[:] = (*position, *quaternion, *matrix, *twist, *acceleration)


class ControlLaw(ABC):
    """A control law. It neither limits nor filters: the limiter does, after it.

    Attributes:
        stiffness: N/m, of the tcp against a push; NaN where it has none.
    """

    stiffness: float = math.nan

    @abstractmethod
    def torque(self, model: RobotModel, target: CartesianTarget, out: Array) -> Array:
        """Write the joint torque (n,) Nm at the model's last update into `out`; return `out`."""
