"""What every robot and every limb has by its description: joints, in order, and a home posture."""

from abc import ABC, abstractmethod
from functools import cached_property
from pathlib import Path

import numpy as np

from vla_ros.core.config import require
from vla_ros.core.data import Array
from vla_ros.core.paths import share_dir
from vla_ros.robots.limits import JointSpec


class HasUrdf(ABC):
    """What has a URDF and joints, whether it is one limb or several."""

    urdf: str  # relative to the share folder

    @property
    def urdf_path(self) -> Path:
        """Absolute path of the URDF."""
        return share_dir() / self.urdf

    @cached_property
    def home(self) -> Array:
        """Home joint positions (n,), rad; read-only."""
        return self.joint_array('home')

    @abstractmethod
    def joint_array(self, name: str) -> Array:
        """Return one JointSpec field over all joints as a read-only (n,) array."""


class Limb(HasUrdf):
    """What a limb of any kind has: an arm, a joint group, a mobile base."""

    name: str
    joints: tuple[JointSpec, ...]
    control_rate: float  # Hz

    def check(self) -> None:
        """Raise ValueError for what is wrong with a limb of whatever kind."""
        names = self.joint_names
        require(len(set(names)) == len(names), f'joints: a name is given twice in {list(names)}')
        require(0 < self.control_rate <= 2000, 'control_rate: expected 0..2000 Hz')

    @property
    def n(self) -> int:
        """Number of joints, those of a gripper not counted."""
        return len(self.joints)

    @property
    def joint_names(self) -> tuple[str, ...]:
        """Joint names, in order."""
        return tuple(joint.name for joint in self.joints)

    def joint_array(self, name: str) -> Array:
        """Return one JointSpec field over all joints as a read-only (n,) array."""
        array = np.array([getattr(joint, name) for joint in self.joints], dtype=np.float64)
        array.flags.writeable = False
        return array
