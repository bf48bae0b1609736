"""RobotSpec: one YAML per robot in config/robots/, checked on construction."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal

import numpy as np

from vla_ros import config
from vla_ros.config import require
from vla_ros.data import Array
from vla_ros.paths import config_file, share_dir


@dataclass(frozen=True)
class JointSpec:
    """One actuated arm joint, as named in the URDF and in joint_states."""

    name: str
    lower: float  # rad
    upper: float  # rad
    velocity: float  # rad/s
    acceleration: float  # rad/s^2
    jerk: float  # rad/s^3
    torque: float  # Nm
    torque_rate: float  # Nm/s
    home: float  # rad
    armature: float = 0.0  # kg m^2, the motor's inertia seen at the joint; not in the URDF

    def __post_init__(self) -> None:
        require(self.armature >= 0, f'{self.name}.armature must not be negative')
        require(self.lower < self.upper, f'{self.name}: lower must be below upper')
        require(self.lower <= self.home <= self.upper, f'{self.name}: home outside its limits')
        require(abs(self.lower) < 10 and abs(self.upper) < 10, f'{self.name}: limits are in rad')
        for name in ('velocity', 'acceleration', 'jerk', 'torque', 'torque_rate'):
            require(getattr(self, name) > 0, f'{self.name}.{name} must be positive')


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
class KeepOut:
    """A box that the commanded tcp never enters; it knows nothing of the hand around the tcp."""

    name: str
    lower: tuple[float, float, float]  # m, base frame
    upper: tuple[float, float, float]  # m, base frame

    def __post_init__(self) -> None:
        ordered = all(lo < up for lo, up in zip(self.lower, self.upper, strict=True))
        require(
            ordered, f'keep_out {self.name!r}: every lower bound must be below its upper bound'
        )


@dataclass(frozen=True)
class CartesianLimits:
    """Bounds on the commanded end-effector pose."""

    lower: tuple[float, float, float]  # m, base frame
    upper: tuple[float, float, float]  # m, base frame
    velocity: float  # m/s
    acceleration: float  # m/s^2
    jerk: float  # m/s^3
    angular_velocity: float  # rad/s
    angular_acceleration: float  # rad/s^2
    angular_jerk: float  # rad/s^3
    tilt: float  # rad, greatest rotation away from the home orientation
    keep_out: tuple[KeepOut, ...] = ()

    def __post_init__(self) -> None:
        ordered = all(lo < up for lo, up in zip(self.lower, self.upper, strict=True))
        require(ordered, 'workspace: every lower bound must be below its upper bound')
        for name in ('velocity', 'acceleration', 'jerk'):
            for field in (name, f'angular_{name}'):
                require(getattr(self, field) > 0, f'cartesian.{field} must be positive')
        require(0 < self.tilt <= 3, f'cartesian.tilt: expected 0..3 rad, got {self.tilt}')
        names = [box.name for box in self.keep_out]
        require(len(set(names)) == len(names), f'keep_out: a name is given twice in {names}')
        for box in self.keep_out:
            covered = np.less_equal(box.lower, self.lower) & np.less_equal(self.upper, box.upper)
            require(not covered.all(), f'keep_out {box.name!r} leaves nothing of the workspace')


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
class DriverSpec:
    """The topics of the robot's ROS 2 driver, relative to the robot's namespace."""

    joint_states: str
    command: str
    command_type: Literal['effort', 'position', 'velocity', 'pose']
    gripper_command: str
    stale_after: float  # s without joint_states before the arm holds


@dataclass(frozen=True)
class RobotSpec:
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

    def __post_init__(self) -> None:
        names = [joint.name for joint in self.joints]
        require(len(set(names)) == len(names), f'joints: a name is given twice in {names}')
        cameras = [camera.name for camera in self.cameras]
        require(len(set(cameras)) == len(cameras), f'cameras: a name is given twice in {cameras}')
        require(0 < self.control_rate <= 2000, 'control_rate: expected 0..2000 Hz')

    @property
    def n(self) -> int:
        """Number of arm joints."""
        return len(self.joints)

    @property
    def joint_names(self) -> tuple[str, ...]:
        """Arm joint names, in order."""
        return tuple(joint.name for joint in self.joints)

    @property
    def urdf_path(self) -> Path:
        """Absolute path of the URDF."""
        return share_dir() / self.urdf

    @cached_property
    def home(self) -> Array:
        """Home joint positions (n,), rad; read-only."""
        return self.joint_array('home')

    def joint_array(self, name: str) -> Array:
        """Return one JointSpec field over all joints as a read-only (n,) array."""
        array = np.array([getattr(joint, name) for joint in self.joints], dtype=np.float64)
        array.flags.writeable = False
        return array

    def camera(self, name: str) -> CameraSpec:
        """Return the camera called `name`.

        Raises:
            KeyError: no such camera; the message names the valid ones.
        """
        for camera in self.cameras:
            if camera.name == name:
                return camera
        raise KeyError(f'camera {name!r} is not one of {[c.name for c in self.cameras]}')


def load_robot(name: str) -> RobotSpec:
    """Load config/robots/<name>.yaml (or a path to one).

    Raises:
        FileNotFoundError: no such robot; the message lists the valid names.
        ConfigError: the file is not a valid robot; the message names the field.
    """
    return config.load(RobotSpec, config_file('robots', name))
