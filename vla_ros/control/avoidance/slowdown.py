"""Slowdown: the share of its speed that the commanded motion may keep."""

from vla_ros.control.avoidance.approach import Approach
from vla_ros.control.avoidance.collision import SelfCollision
from vla_ros.control.avoidance.inter_arm import InterArmAvoidance
from vla_ros.control.avoidance.singularity import Singularity
from vla_ros.control.laws.law import CartesianTarget
from vla_ros.core.data import Array
from vla_ros.robots.model import RobotModel
from vla_ros.robots.spec import ArmSpec


class Slowdown:
    """Watches links, singularities and other arms, on the way from here to the goal.

    Each call looks at the arm's own links or at the rest, in turn, and costs one to three tenths
    of a millisecond: meant for 100 Hz, after the torque was sent.

    Attributes:
        scale: the share in [0, 1], of the last call.
        cause: what slows the motion; '' when nothing does.
        collision, singularity: its parts. neighbours: the other arms of a robot, if it has any.
    """

    def __init__(self, spec: ArmSpec, model: RobotModel | None = None) -> None:
        """Prepare for a robot; `model` is for its use alone."""
        self.collision, self.singularity = SelfCollision(spec), Singularity(spec, model)
        self.neighbours: InterArmAvoidance | None = None
        self._approach = Approach(spec)
        self.reset()

    def reset(self) -> None:
        """Forget what was seen: motion is free until it is judged."""
        self.scale, self.cause = 1.0, ''
        self._links, self._pose, self._others = 1.0, 1.0, 1.0
        self._links_next = True

    def towards(
        self, model: RobotModel, target: CartesianTarget, position: Array, quaternion: Array
    ) -> float:
        """Judge the way from the commanded pose to a goal: (3,) m, (4,) xyzw."""
        self._approach.towards(model, target, position, quaternion)
        return self._judge()

    def along(self, model: RobotModel, target: CartesianTarget, twist: Array) -> float:
        """Judge motion from the commanded pose at a wanted twist (6,) m/s, rad/s, base axes."""
        self._approach.along(model, target, twist)
        return self._judge()

    def joints(self, commanded: Array, goal: Array) -> float:
        """Judge the way between joint positions (n,) rad, which singularities do not hinder."""
        self._approach.joints(commanded, goal)
        self._links = self.collision.scale(self._approach.q, self._approach.velocity)
        self._pose = 1.0
        self._avoid()
        return self._conclude()

    def _judge(self) -> float:
        q, velocity = self._approach.q, self._approach.velocity
        if self._links_next:
            self._links = self.collision.scale(q, velocity)
        else:
            self._pose = self.singularity.scale(q, velocity)
            self._avoid()
        self._links_next = not self._links_next
        return self._conclude()

    def _avoid(self) -> None:
        if self.neighbours is not None:
            self._others = self.neighbours.scale(self._approach.q, self._approach.velocity)

    def _conclude(self) -> float:
        self.scale = min(self._links, self._pose, self._others)
        if self.scale == self._links:
            self.cause = self.collision.cause
        elif self.scale == self._pose:
            self.cause = f'singularity: condition number {self.singularity.condition:.0f}'
        else:
            self.cause = self.neighbours.cause if self.neighbours is not None else ''
        return self.scale
