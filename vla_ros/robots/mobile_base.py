"""MobileBaseSpec: a base that moves in the plane, commanded by its twist."""

from dataclasses import dataclass
from typing import Literal

from vla_ros.core.config import require
from vla_ros.robots.driver import MobileBaseDriverSpec
from vla_ros.robots.limb import Limb
from vla_ros.robots.limits import JointSpec


AXES = ('vx', 'vy', 'wz')
UNITS = ('m/s', 'm/s', 'rad/s')


@dataclass(frozen=True)
class MobileBaseSpec(Limb):
    """A holonomic base: x and y of its frame, and the turn about z.

    Its joints carry `frame` through the simulated world, in m, m and rad; their velocities,
    accelerations and jerks are those of the twist, whose axes are the frame's. Only the simulation
    has ends: nothing keeps the base within the joints' positions.
    """

    name: str
    urdf: str  # relative to the share folder
    frame: str  # link that moves; the twist is of it, in its axes
    joints: tuple[JointSpec, JointSpec, JointSpec]  # x, y, yaw
    driver: MobileBaseDriverSpec
    control_rate: float  # Hz
    kind: Literal['mobile_base'] = 'mobile_base'

    def __post_init__(self) -> None:
        self.check()
        require(bool(self.frame), 'frame: expected the name of the link that moves')

    @property
    def channels(self) -> tuple[str, ...]:
        """Names of the action channels."""
        return AXES
