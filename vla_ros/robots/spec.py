"""ArmSpec: one YAML per robot in config/robots/, checked on construction."""

from dataclasses import dataclass, field
from typing import Literal

from vla_ros.core.config import require
from vla_ros.robots.driver import DriverSpec
from vla_ros.robots.limb import Limb
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
class MountSpec:
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


class HasCameras:
    """What has cameras."""

    cameras: tuple[CameraSpec, ...]

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
class ArmSpec(Limb, HasCameras):
    """Everything the stack knows about an arm, which may be a whole robot."""

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
    base: MountSpec = field(default_factory=MountSpec)
    force_sensor: ForceSensorSpec | None = None
    slowdown: SlowdownSpec = SlowdownSpec()
    stop_law: str = ''  # control preset of STOP; '' is <name>_stop
    sim: str = 'tabletop'  # the world in config/sim/ that it is simulated in
    kind: Literal['arm'] = 'arm'

    def __post_init__(self) -> None:
        self.check()
        cameras = [camera.name for camera in self.cameras]
        require(len(set(cameras)) == len(cameras), f'cameras: a name is given twice in {cameras}')
        require(
            len(set(self.tasks)) == len(self.tasks), f'tasks: one is given twice in {self.tasks}'
        )

    @property
    def feels(self) -> bool:
        """Whether the wrench on the tcp can be known: by a sensor, or from the torques sent."""
        return self.force_sensor is not None or self.driver.command_type == 'effort'

    @property
    def limbs(self) -> tuple['ArmSpec', ...]:
        """What a chunk moves: this arm."""
        return (self,)

    @property
    def arms(self) -> tuple['ArmSpec', ...]:
        """The arms among the limbs: this one."""
        return (self,)
