"""A game controller or joystick: sticks move, a held button is the dead-man switch."""

from dataclasses import dataclass
from typing import Literal

from vla_ros.core.config import require
from vla_ros.robots.spec import ArmSpec
from vla_ros.teleop.buttons import Buttons
from vla_ros.teleop.devices.device import Device
from vla_ros.teleop.grip import Grip
from vla_ros.teleop.inputs import Joy, Latest, Sample, joy_problem
from vla_ros.teleop.operator import STILL, Follower, Operator
from vla_ros.teleop.shaping import AxisMap, Speeds


@dataclass(frozen=True)
class JoystickConfig:
    """Parameters of the joystick; the shipped ones are for game_controller_node of package joy."""

    speeds: Speeds
    axes: AxisMap
    buttons: Buttons
    topic: str = 'joy'
    frame: Literal['base', 'tool'] = 'base'
    dead_zone: float = 0.1  # of full deflection
    stale_after: float = 0.2  # s

    def __post_init__(self) -> None:
        require(0 <= self.dead_zone < 1, f'dead_zone: expected 0..1, got {self.dead_zone}')
        require(0 < self.stale_after <= 1, f'stale_after: expected 0..1 s, got {self.stale_after}')


class Joystick(Device):
    """Axes and buttons of one sensor_msgs/Joy."""

    def __init__(self, config: JoystickConfig, spec: ArmSpec) -> None:
        """Move `spec`'s robot; raises ValueError when it is not that fast."""
        config.speeds.check(spec)
        self.frame = config.frame
        self.topics = {config.topic: Joy}
        self.gives_back = config.buttons.release >= 0
        self.help = config.buttons.help
        self._config = config
        self._joy: Latest[Joy] = Latest(config.topic, config.stale_after)
        self._axes = config.axes.axes
        self._buttons = max(config.axes.buttons, config.buttons.count)
        self._grip = Grip()

    def take(self, sample: Sample) -> None:
        """Take a Joy over."""
        assert isinstance(sample, Joy)
        self._joy.take(sample, joy_problem(sample, self._axes, self._buttons))

    def read(self, now: int) -> Operator:
        """Return what the person wants at `now`, ns."""
        joy, cause = self._joy.get(now)
        if joy is None:
            return Operator(now, cause=cause)
        config = self._config
        deadman, release, wish = config.buttons.read(joy, self._grip)
        if not deadman:
            return Operator(now, release=release)
        deflections = config.axes.read(joy.axes, joy.buttons, config.dead_zone)
        twist = config.speeds.twist(deflections)
        stamp = now if twist == STILL else joy.stamp
        return Operator(stamp, True, twist, gripper=wish, release=release)

    def begin(self, follower: Follower) -> None:
        """Leave the gripper as it is."""
        self._grip.begin(follower.gripper)
