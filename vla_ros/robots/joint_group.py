"""JointGroupSpec: joints that are sent where to be, like a waist or a neck."""

from dataclasses import dataclass
from typing import Literal

from vla_ros.core.config import require
from vla_ros.robots.driver import JointGroupDriverSpec
from vla_ros.robots.limb import Limb
from vla_ros.robots.limits import JointSpec


@dataclass(frozen=True)
class JointGroupSpec(Limb):
    """A limb without tcp, gripper and law: its action channels are the positions of its joints."""

    name: str
    urdf: str  # relative to the share folder
    joints: tuple[JointSpec, ...]
    driver: JointGroupDriverSpec
    control_rate: float  # Hz
    kind: Literal['joint_group'] = 'joint_group'

    def __post_init__(self) -> None:
        self.check()
        require(len(self.joints) > 0, 'joints: expected one or more')

    @property
    def channels(self) -> tuple[str, ...]:
        """Names of the action channels: those of the joints, rad."""
        return self.joint_names
