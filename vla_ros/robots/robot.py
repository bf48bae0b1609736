"""RobotSpec: a robot of several limbs, which share cameras, chunks and one supervisor."""

from dataclasses import dataclass

import numpy as np

from vla_ros.core.config import require
from vla_ros.core.data import Array
from vla_ros.robots.joint_group import JointGroupSpec
from vla_ros.robots.limb import HasUrdf
from vla_ros.robots.limits import InterArmSpec
from vla_ros.robots.mobile_base import MobileBaseSpec
from vla_ros.robots.spec import ArmSpec, CameraSpec, HasCameras, MountSpec


LimbSpec = ArmSpec | JointGroupSpec | MobileBaseSpec


@dataclass(frozen=True)
class RobotSpec(HasUrdf, HasCameras):
    """A robot of several limbs: one or more arms, then joint groups and mobile bases.

    An arm is a ArmSpec without cameras, with a tcp, a gripper, limits and a law of its own. The
    action channels are those of the limbs, in order, each after its limb's name.
    """

    name: str
    urdf: str  # relative to the share folder, the same for every limb
    limbs: tuple[LimbSpec, ...]
    cameras: tuple[CameraSpec, ...]
    control_rate: float  # Hz
    tasks: tuple[str, ...] = ()  # families of tasks it can do in simulation
    sim: str = 'tabletop'  # the world in config/sim/ that it is simulated in
    inter_arm_clearance: InterArmSpec = InterArmSpec()  # how near its arms may come to each other

    def __post_init__(self) -> None:
        require(
            len(set(self.tasks)) == len(self.tasks), f'tasks: one is given twice in {self.tasks}'
        )
        names = [limb.name for limb in self.limbs]
        require(len(names) > 1, 'limbs: expected two or more; with one it is a robot as it is')
        require(
            all(name.isidentifier() for name in names), f'limbs: {names} are to be topic names'
        )
        require(len(set(names)) == len(names), f'limbs: a name is given twice in {names}')
        kinds = [limb.kind for limb in self.limbs]
        # Hand number i is that of limb number i.
        first = bool(self.arms) and 'arm' not in kinds[len(self.arms) :]
        require(first, f'limbs: expected one or more arms, then the others, got {kinds}')
        joints = list(self.joint_names)
        twice = sorted({name for name in joints if joints.count(name) > 1})
        require(not twice, f'limbs: {twice} belong to two of them')
        topics = [topic for limb in self.limbs for topic in limb.driver.owned]
        shared = sorted({topic for topic in topics if topics.count(topic) > 1})
        require(not shared, f'limbs: {shared} would take the commands of two of them')
        mounts = {limb.base for limb in self.arms}
        require(len(mounts) == 1, 'limbs: expected the same base for all')
        for limb in self.limbs:
            same = limb.control_rate == self.control_rate and limb.urdf == self.urdf
            require(same, f'limbs: {limb.name} has another control_rate or urdf than the robot')

    @property
    def arms(self) -> tuple[ArmSpec, ...]:
        """The arms among the limbs, which are the first of them."""
        return tuple(limb for limb in self.limbs if isinstance(limb, ArmSpec))

    @property
    def n(self) -> int:
        """Number of joints."""
        return sum(limb.n for limb in self.limbs)

    @property
    def joint_names(self) -> tuple[str, ...]:
        """Joint names, limb by limb."""
        return tuple(name for limb in self.limbs for name in limb.joint_names)

    @property
    def channels(self) -> tuple[str, ...]:
        """Names of the action channels, '<limb>.<channel>', in order."""
        return tuple(f'{limb.name}.{channel}' for limb in self.limbs for channel in limb.channels)

    @property
    def base(self) -> MountSpec:
        """How the robot is mounted."""
        return self.arms[0].base

    def joint_array(self, name: str) -> Array:
        """Return one JointSpec field over all joints as a read-only (n,) array."""
        array: Array = np.concatenate([limb.joint_array(name) for limb in self.limbs])
        array.flags.writeable = False
        return array


Robot = ArmSpec | RobotSpec
