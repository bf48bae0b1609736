"""RobotSpec: one YAML per robot in config/robots/, checked on construction."""

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np

from vla_ros.config import require
from vla_ros.data import Array
from vla_ros.language.families import check_families
from vla_ros.paths import share_dir
from vla_ros.robots.driver import DriverSpec
from vla_ros.robots.limits import CartesianLimits, JointSpec, SlowdownSpec


@dataclass(frozen=True)
class GripperSpec:
    """A parallel gripper that is commanded by its opening."""

    joints: tuple[str, ...]  # finger joints, each moves half of the opening
    open: float  # m between the pads
    closed: float  # m between the pads
    speed: float  # m/s of the opening
    force: float  # N

    def __post_init__(self) -> None:
        require(0 <= self.closed < self.open < 1, 'gripper: 0 <= closed < open, in metres')
        require(self.speed > 0 and self.force > 0, 'gripper: speed and force must be positive')


@dataclass(frozen=True)
class CameraSpec:
    """A camera: where it is mounted, what it publishes, what the policy sees of it."""

    name: str
    frame: str  # link it is fixed to
    position: tuple[float, float, float]  # m, in `frame`
    look_at: tuple[float, float, float]  # m, in `frame`
    up: tuple[float, float, float]  # direction, in `frame`
    fov_y: float  # rad
    width: int  # px
    height: int  # px
    rate: float  # Hz
    topic: str  # sensor_msgs/Image, rgb8


@dataclass(frozen=True)
class BaseSpec:
    """How the robot is mounted: its base frame in the world, whose z axis points up."""

    frame: str = 'world'
    position: tuple[float, float, float] = (0.0, 0.0, 0.0)  # m
    quaternion: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 1.0)  # xyzw

    def __post_init__(self) -> None:
        norm = sum(value * value for value in self.quaternion) ** 0.5
        require(abs(norm - 1) < 1e-6, f'base.quaternion: expected norm 1, got {norm:.6g}')
        require(bool(self.frame), 'base.frame: expected a name')


@dataclass(frozen=True)
class ForceSensorSpec:
    """A force/torque sensor in the wrist.

    It measures what the side of the tool does to the side of the arm: pressing down on a table
    gives a force upwards, a tool that hangs free its weight.
    """

    frame: str  # link with the axes and the origin of its readings, rigidly before the tcp
    topic: str  # geometry_msgs/WrenchStamped, relative to the robot's namespace
    tool_mass: float  # kg of all that hangs behind it, the gripper included
    tool_centre: tuple[float, float, float]  # m, centre of that mass, in `frame`
    cutoff: float = 30.0  # Hz, of the low pass
    stale_after: float = 0.1  # s without a reading before the arm holds

    def __post_init__(self) -> None:
        require(0 <= self.tool_mass <= 50, 'tool_mass: expected 0..50 kg')
        near = all(abs(x) <= 1 for x in self.tool_centre)
        require(near, 'tool_centre: expected -1..1 m')
        require(0 < self.cutoff <= 500, 'cutoff: expected 0..500 Hz')
        require(0 < self.stale_after <= 1, 'stale_after: expected 0..1 s')


class Described(ABC):
    """What a robot has by its description and its cameras, whether it is one limb or several."""

    urdf: str  # relative to the share folder
    cameras: tuple[CameraSpec, ...]

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

    def camera(self, name: str) -> CameraSpec:
        """Return the camera called `name`.

        Raises:
            KeyError: no such camera; the message names the valid ones.
        """
        for camera in self.cameras:
            if camera.name == name:
                return camera
        raise KeyError(f'camera {name!r} is not one of {[c.name for c in self.cameras]}')


@dataclass(frozen=True)
class RobotSpec(Described):
    """Everything the stack knows about a robot."""

    name: str
    urdf: str  # relative to the share folder
    base_frame: str
    ee_frame: str  # the tcp
    joints: tuple[JointSpec, ...]
    gripper: GripperSpec
    cartesian: CartesianLimits
    cameras: tuple[CameraSpec, ...]
    driver: DriverSpec
    control_rate: float  # Hz
    law: str  # name of the control preset in config/control/
    channels: tuple[str, ...]  # names of the action channels, in order
    tasks: tuple[str, ...] = ()  # families of tasks, in the order of its policies' classes
    base: BaseSpec = field(default_factory=BaseSpec)
    force_sensor: ForceSensorSpec | None = None
    slowdown: SlowdownSpec = SlowdownSpec()
    stop_law: str = ''  # control preset of STOP; '' is <name>_stop
    sim: str = 'tabletop'  # the world in config/sim/ that it is simulated in

    def __post_init__(self) -> None:
        names = [joint.name for joint in self.joints]
        require(len(set(names)) == len(names), f'joints: a name is given twice in {names}')
        cameras = [camera.name for camera in self.cameras]
        require(len(set(cameras)) == len(cameras), f'cameras: a name is given twice in {cameras}')
        require(0 < self.control_rate <= 2000, 'control_rate: expected 0..2000 Hz')
        check_families(self.tasks, 'tasks')

    @property
    def limbs(self) -> tuple['RobotSpec', ...]:
        """The arms that a chunk moves: this one."""
        return (self,)

    @property
    def n(self) -> int:
        """Number of arm joints."""
        return len(self.joints)

    @property
    def joint_names(self) -> tuple[str, ...]:
        """Arm joint names, in order."""
        return tuple(joint.name for joint in self.joints)

    def joint_array(self, name: str) -> Array:
        """Return one JointSpec field over all joints as a read-only (n,) array."""
        array = np.array([getattr(joint, name) for joint in self.joints], dtype=np.float64)
        array.flags.writeable = False
        return array
