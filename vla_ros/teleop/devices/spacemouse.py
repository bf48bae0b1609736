"""A 3Dconnexion SpaceMouse, through the driver of package spacenav."""

from dataclasses import dataclass
from typing import Literal

from vla_ros.core.config import require
from vla_ros.robots.spec import ArmSpec
from vla_ros.teleop.buttons import Buttons
from vla_ros.teleop.devices.device import Device
from vla_ros.teleop.grip import Grip
from vla_ros.teleop.inputs import Joy, Latest, Motion, Sample, finite, joy_problem
from vla_ros.teleop.operator import STILL, Follower, Operator
from vla_ros.teleop.shaping import AxisMap, Speeds


@dataclass(frozen=True)
class SpacemouseConfig:
    """Parameters of the SpaceMouse."""

    speeds: Speeds
    axes: AxisMap  # of its twist: 0..5 are x, y, z, roll, pitch, yaw
    buttons: Buttons
    motion_topic: str = 'spacenav/twist'
    button_topic: str = 'spacenav/joy'
    frame: Literal['base', 'tool'] = 'base'
    full: float = 0.68  # what the driver sends at full deflection: most devices give 350 of 512
    dead_zone: float = 0.1  # of full deflection
    stale_after: float = 0.2  # s

    def __post_init__(self) -> None:
        require(0 < self.full <= 10, f'full: expected 0..10, got {self.full}')
        require(0 <= self.dead_zone < 1, f'dead_zone: expected 0..1, got {self.dead_zone}')
        require(0 < self.stale_after <= 1, f'stale_after: expected 0..1 s, got {self.stale_after}')
        require(self.axes.axes <= 6, 'axes: a SpaceMouse has the axes 0 to 5')
        require(self.axes.buttons == 0, 'axes: a SpaceMouse moves by its axes alone')


class Spacemouse(Device):
    """The cap's deflection from one topic, the buttons from the other; both must be fresh."""

    def __init__(self, config: SpacemouseConfig, spec: ArmSpec) -> None:
        """Move `spec`'s robot; raises ValueError when it is not that fast."""
        config.speeds.check(spec)
        self.frame = config.frame
        self.topics = {config.motion_topic: Motion, config.button_topic: Joy}
        self.gives_back = config.buttons.release >= 0
        self.help = config.buttons.help
        self._config = config
        self._motion: Latest[Motion] = Latest(config.motion_topic, config.stale_after)
        self._joy: Latest[Joy] = Latest(config.button_topic, config.stale_after)
        self._grip = Grip()

    def take(self, sample: Sample) -> None:
        """Take a Motion or a Joy over."""
        if isinstance(sample, Motion):
            good = len(sample.values) == 6 and finite(sample.values)
            problem = '' if good else f'expected 6 finite numbers, got {sample.values}'
            self._motion.take(sample, problem)
        else:
            assert isinstance(sample, Joy)
            self._joy.take(sample, joy_problem(sample, 0, self._config.buttons.count))

    def read(self, now: int) -> Operator:
        """Return what the person wants at `now`, ns."""
        joy, cause = self._joy.get(now)
        motion, motionless = self._motion.get(now)
        if joy is None or motion is None:
            return Operator(now, cause=cause or motionless)
        config = self._config
        deadman, release, wish = config.buttons.read(joy, self._grip)
        if not deadman:
            return Operator(now, release=release)
        values = [value / config.full for value in motion.values]
        twist = config.speeds.twist(config.axes.read(values, (), config.dead_zone))
        stamp = now if twist == STILL else motion.stamp
        return Operator(stamp, True, twist, gripper=wish, release=release)

    def begin(self, follower: Follower) -> None:
        """Leave the gripper as it is."""
        self._grip.begin(follower.gripper)
