"""Slowdown: the share of its speed that the commanded motion may keep."""

from vla_ros.control.approach import Approach
from vla_ros.control.collision import SelfCollision
from vla_ros.control.laws.base import CartesianTarget
from vla_ros.control.singularity import Singularity
from vla_ros.data import Array
from vla_ros.robots.model import RobotModel
from vla_ros.robots.spec import RobotSpec


class Slowdown:
    """Watches singularities and the arm's own links, on the way from here to the goal.

    A tenth of a millisecond a call: meant for 50 to 100 Hz, after the torque was sent.

    Attributes:
        scale: the share in [0, 1], of the last call.
        cause: what slows the motion; '' when nothing does.
        collision, singularity: its parts.
    """

    def __init__(self, spec: RobotSpec, model: RobotModel | None = None) -> None:
        """Prepare for a robot; `model` is for its use alone."""
        self.collision, self.singularity = SelfCollision(spec), Singularity(spec, model)
        self._approach = Approach(spec)
        self.scale, self.cause = 1.0, ''

    def towards(
        self, model: RobotModel, target: CartesianTarget, position: Array, quaternion: Array
    ) -> float:
        """Judge the way from the commanded pose to a goal: (3,) m, (4,) xyzw."""
        return self._judge(model, self._approach.towards(model, target, position, quaternion))

    def along(self, model: RobotModel, twist: Array) -> float:
        """Judge motion of the tcp at a wanted twist (6,) m/s and rad/s, base axes."""
        return self._judge(model, self._approach.along(model, twist))

    def posture(self, model: RobotModel, goal: Array) -> float:
        """Judge the way to joint positions (n,) rad, which singularities do not hinder."""
        return self._judge(model, self._approach.posture(model, goal), cartesian=False)

    def _judge(self, model: RobotModel, velocity: Array, cartesian: bool = True) -> float:
        scale, cause = self.collision.scale(model.q, velocity), self.collision.cause
        if cartesian:
            kept = self.singularity.scale(model, velocity)
            if kept < scale:
                scale = kept
                cause = f'singularity: condition number {self.singularity.condition:.0f}'
        self.scale, self.cause = scale, cause
        return scale
