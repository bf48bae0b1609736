"""Joint impedance: every joint is a spring and a damper towards the target's posture."""

from dataclasses import dataclass

import numpy as np

from vla_ros.config import require
from vla_ros.control.laws.base import CartesianTarget, ControlLaw
from vla_ros.data import Array
from vla_ros.robots.model import RobotModel
from vla_ros.robots.spec import RobotSpec


@dataclass(frozen=True)
class JointImpedanceConfig:
    """Gains of the joint impedance, one per joint."""

    stiffness: tuple[float, ...]  # Nm/rad
    damping: tuple[float, ...] = ()  # Nms/rad; empty: 2 sqrt(stiffness x inertia)
    inertia: float = 1.0  # kg m^2, for which the damping that is not given is critical
    gravity: bool = True  # False where the robot's own controller compensates it
    coriolis: bool = True

    def __post_init__(self) -> None:
        require(all(0 <= k <= 5000 for k in self.stiffness), 'stiffness: expected 0..5000 Nm/rad')
        require(all(0 <= d <= 500 for d in self.damping), 'damping: expected 0..500 Nms/rad')
        require(0 < self.inertia <= 10, 'inertia: expected 0..10 kg m^2')


class JointImpedance(ControlLaw):
    """tau = K (q_d - q) - D q' + c + g; q_d is the target's posture."""

    tracks = 'posture'

    def __init__(self, config: JointImpedanceConfig, spec: RobotSpec) -> None:
        """Prepare the gains for a robot.

        Raises:
            ValueError: not one gain per joint.
        """
        damping = config.damping or tuple(
            2 * (k * config.inertia) ** 0.5 for k in config.stiffness
        )
        for name, values in (('stiffness', config.stiffness), ('damping', damping)):
            require(
                len(values) == spec.n,
                f'{name}: expected {spec.n} values for {spec.name}, got {len(values)}',
            )
        self.config = config
        self._stiffness, self._damping = np.array(config.stiffness), np.array(damping)
        self._term = np.zeros(spec.n)

    def torque(self, model: RobotModel, target: CartesianTarget, out: Array) -> Array:
        """Write the joint torque (n,) Nm into out."""
        np.subtract(target.posture, model.q, out=out)
        np.multiply(out, self._stiffness, out=out)
        np.multiply(model.dq, self._damping, out=self._term)
        np.subtract(out, self._term, out=out)
        if self.config.gravity:
            np.add(out, model.gravity, out=out)
        return np.add(out, model.coriolis, out=out) if self.config.coriolis else out
