"""DriverSpec: the topics of a robot's ROS 2 driver, and of the simulators that take its place."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any, Final, Literal, Self, get_args

from vla_ros.core.config import require
from vla_ros.robots.following import BaseFollowing, JointFollowing


# effort, position, velocity: std_msgs/Float64MultiArray of a joint group controller, in Nm, rad,
# rad/s, or with {joint} in the topic's name a std_msgs/Float64 for each joint; trajectory:
# trajectory_msgs/JointTrajectory; joint_state: sensor_msgs/JointState with positions and
# velocities; pose: geometry_msgs/PoseStamped for a compliance controller of the robot's own
CommandType = Literal['effort', 'position', 'velocity', 'trajectory', 'joint_state', 'pose']
# opening: std_msgs/Float64, m between the pads; fingers: std_msgs/Float64MultiArray with the
# position of each finger joint, or with {joint} in the topic's name a std_msgs/Float64 for each;
# with_arm: the finger joints stand in the arm's own commands, by name
GripperType = Literal['opening', 'fingers', 'with_arm']
# Of these, what a joint group takes: positions. It has no torques and no tcp.
JointGroupCommand = Literal['position', 'trajectory', 'joint_state']
# Of efforts, what holds the arm's weight: they themselves do, or the robot, whose own controller
# adds that to what it is sent, as libfranka's does
Gravity = Literal['effort', 'robot']
# twist: geometry_msgs/Twist; twist_stamped: geometry_msgs/TwistStamped, as drive controllers take
# it from Jazzy on
MobileBaseCommand = Literal['twist', 'twist_stamped']

_GROUPS = ('effort', 'position', 'velocity')
_NAMED = ('joint_state', 'trajectory')
EACH = '{joint}'  # in a topic's name: one topic for each joint
NO_SENSOR = 'none'
WITH_ARM: Final = 'with_arm'


@dataclass(frozen=True)
class BridgeSpec:
    """What differs from the robot's driver where a simulator's bridge takes its place.

    What is left out is as in `BRIDGES`, and else as the driver has it.
    """

    joint_states: str = ''
    gripper_states: str = ''
    command: str = ''
    command_type: Literal['', CommandType] = ''
    gripper_command: str = ''
    gripper_type: Literal['', GripperType] = ''
    gravity: Literal['', Gravity] = ''
    stale_after: float = 0.0  # s of simulated time; 0: the driver's
    law: str = ''  # control preset; '': the robot's, or <robot>_cartesian_servo if it must move
    wrench: str = ''  # topic of the force sensor; 'none': the simulator has none
    cameras: Mapping[str, str] = field(default_factory=dict, hash=False)  # topics, by name


# What the usual bridges are like: ros2_control in Gazebo, the action graph of Isaac Sim.
BRIDGES = {
    'gazebo': BridgeSpec(
        joint_states='joint_states',
        gripper_states=WITH_ARM,
        gripper_command='gripper_controller/commands',
        gripper_type='fingers',
        gravity='effort',
    ),
    'isaac': BridgeSpec(
        joint_states='joint_states',
        gripper_states=WITH_ARM,
        command='joint_command',
        command_type='joint_state',
        gripper_type=WITH_ARM,
    ),
}


class Bridged:
    """A driver whose place the bridge of a simulator may take."""

    gazebo: BridgeSpec
    isaac: BridgeSpec

    def bridge(self, simulator: str) -> BridgeSpec:
        """Return what the bridge of a simulator, a name in `BRIDGES`, is like."""
        return _over(BRIDGES[simulator], getattr(self, simulator), BridgeSpec)

    def through(self, bridge: BridgeSpec) -> Self:
        """Return the topics with a bridge in the driver's place."""
        return _over(self, bridge, type(self))


@dataclass(frozen=True)
class DriverSpec(Bridged):
    """The topics of the robot's ROS 2 driver, relative to the robot's namespace."""

    joint_states: str
    command: str
    command_type: CommandType
    gripper_command: str
    stale_after: float  # s without joint_states before the arm holds
    gripper_type: GripperType = 'opening'
    # topic of the finger joints if the gripper has a driver of its own; with_arm: joint_states
    gripper_states: str = WITH_ARM
    gravity: Gravity = 'effort'
    following: JointFollowing = JointFollowing()
    gazebo: BridgeSpec = BridgeSpec()
    isaac: BridgeSpec = BridgeSpec()

    @property
    def gripper_separate(self) -> bool:
        """Whether the fingers' joints have a topic of their own."""
        return self.gripper_states not in (WITH_ARM, self.joint_states)

    @property
    def joint_topics(self) -> tuple[str, ...]:
        """Where joints are published, those of the fingers too."""
        own = (self.gripper_states,) if self.gripper_separate else ()
        return (self.joint_states, *own)

    @property
    def owned(self) -> tuple[str, ...]:
        """Topics of commands that do not say whose they are."""
        hand = () if self.gripper_type == WITH_ARM else (self.gripper_command,)
        return _unnamed((*_of_group(self.command, self.command_type), *hand))

    def __post_init__(self) -> None:
        _check_each(self.command, self.command_type)
        _check_stale(self.stale_after)
        require(bool(self.gripper_states), f'gripper_states: expected a topic, or {WITH_ARM}')
        if self.gripper_type == 'with_arm':
            kind = self.command_type
            require(kind in _NAMED, f'gripper_type: with_arm needs one of {_NAMED}, not {kind}')

    def takes(self, output: str) -> bool:
        """Whether a law with this output ('effort' or 'motion') can move the robot."""
        return self.command_type == 'pose' or (self.command_type == 'effort') == (
            output == 'effort'
        )


@dataclass(frozen=True)
class JointGroupDriverSpec(Bridged):
    """The topics of a joint group's driver, relative to the robot's namespace."""

    joint_states: str
    command: str
    command_type: JointGroupCommand
    stale_after: float  # s without joint_states before the robot holds
    following: JointFollowing = JointFollowing()
    gazebo: BridgeSpec = BridgeSpec()
    isaac: BridgeSpec = BridgeSpec()

    @property
    def joint_topics(self) -> tuple[str, ...]:
        """Where joints are published."""
        return (self.joint_states,)

    @property
    def owned(self) -> tuple[str, ...]:
        """Topics of commands that do not say whose they are."""
        return _unnamed(_of_group(self.command, self.command_type))

    def __post_init__(self) -> None:
        kind = self.command_type
        valid = get_args(JointGroupCommand)
        require(
            kind in valid, f'command_type: a joint group takes one of {list(valid)}, not {kind}'
        )
        _check_each(self.command, kind)
        _check_stale(self.stale_after)


@dataclass(frozen=True)
class MobileBaseDriverSpec:
    """The topics of a mobile base's driver; in every simulator they are the same."""

    odom: str  # nav_msgs/Odometry, with the twist in the moving frame
    command: str
    command_type: MobileBaseCommand
    stale_after: float  # s without odom before the robot holds
    following: BaseFollowing = BaseFollowing()

    @property
    def owned(self) -> tuple[str, ...]:
        """Topics of commands that do not say whose they are."""
        return (self.command,)

    def __post_init__(self) -> None:
        _check_stale(self.stale_after)


def _of_group(command: str, kind: str) -> tuple[str, ...]:
    """Return the topic of commands without names, if it is one."""
    return () if kind in _NAMED else (command,)


def _unnamed(topics: tuple[str, ...]) -> tuple[str, ...]:
    """Return the topics that are not one of each joint."""
    return tuple(topic for topic in topics if EACH not in topic)


def _check_each(command: str, kind: str) -> None:
    """Raise ValueError for a topic of each joint with commands that name several."""
    if EACH in command:
        require(kind in _GROUPS, f'command: {EACH} needs one of {_GROUPS}, not {kind}')


def _check_stale(seconds: float) -> None:
    """Raise ValueError for a silence that is never or always one."""
    require(0 < seconds <= 10, f'stale_after: expected 0..10 s, got {seconds}')


def _over(base: Any, over: Any, kind: type) -> Any:
    """Return `base` with whatever `over` says."""
    own = {f.name for f in fields(kind)}
    said = {f.name: getattr(over, f.name) for f in fields(over) if f.name in own}
    return replace(base, **{name: value for name, value in said.items() if value})
