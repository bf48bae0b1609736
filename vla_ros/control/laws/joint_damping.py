"""Joint damping: the arm carries its own weight and resists motion; the target is ignored."""

from dataclasses import dataclass

import numpy as np

from vla_ros.config import require
from vla_ros.control.laws.base import CartesianTarget, ControlLaw
from vla_ros.data import Array
from vla_ros.robots.model import RobotModel
from vla_ros.robots.spec import RobotSpec


@dataclass(frozen=True)
class JointDampingConfig:
    """Gains of the joint damping: heavy for STOP, light for guiding by hand."""

    damping: tuple[float, ...]  # Nms/rad, one per joint
    gravity: bool = True  # False where the robot's own controller compensates it

    def __post_init__(self) -> None:
        require(all(0 <= d <= 500 for d in self.damping), 'damping: expected 0..500 Nms/rad')


class JointDamping(ControlLaw):
    """tau = -D q' + g."""

    def __init__(self, config: JointDampingConfig, spec: RobotSpec) -> None:
        """Prepare the gains for a robot.

        Raises:
            ValueError: not one gain per joint.
        """
        require(
            len(config.damping) == spec.n,
            f'damping: expected {spec.n} values for {spec.name}, got {len(config.damping)}',
        )
        self.config = config
        self._gain = -np.array(config.damping)

    def torque(self, model: RobotModel, target: CartesianTarget, out: Array) -> Array:
        """Write the joint torque (n,) Nm into out."""
        np.multiply(self._gain, model.dq, out=out)
        return np.add(out, model.gravity, out=out) if self.config.gravity else out
