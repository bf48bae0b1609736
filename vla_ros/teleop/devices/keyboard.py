"""A terminal's keyboard. A key that repeats is the dead-man switch: let go, and the arm stops."""

from dataclasses import dataclass
from typing import Literal

from vla_ros.core.config import require
from vla_ros.robots.spec import ArmSpec
from vla_ros.teleop.devices.device import Device
from vla_ros.teleop.grip import Grip
from vla_ros.teleop.inputs import Keys, Sample
from vla_ros.teleop.keys import HeldKeys
from vla_ros.teleop.operator import Follower, Operator
from vla_ros.teleop.shaping import Speeds, clip


_COMPONENTS = ('x', 'y', 'z', 'roll', 'pitch', 'yaw')
_MOVES = tuple(sign + name for name in _COMPONENTS for sign in '+-')
_ACTIONS = ('open', 'close', 'release', 'faster', 'slower', 'stop')
_SLOWEST, _FACTOR = 0.1, 1.25  # of the speeds; a press of faster or slower


@dataclass(frozen=True)
class KeyboardConfig:
    """Parameters of the keyboard."""

    speeds: Speeds
    keys: dict[str, str]  # key -> '+x', '-yaw', ... or open, close, release, faster, slower, stop
    frame: Literal['base', 'tool'] = 'base'
    # s that a key counts as down after it was hit; terminals repeat a held key 11 to 33 times a
    # second, after a first delay of 0.25 to 0.66 s in which the arm stops once
    hold: float = 0.2
    start: float = 1.0  # part of the speeds to begin with

    def __post_init__(self) -> None:
        for key, action in self.keys.items():
            valid = [*_MOVES, *_ACTIONS]
            require(action in valid, f'keys.{key}: {action!r} is not one of {valid}')
        require(
            any(action in _MOVES for action in self.keys.values()), 'keys: no key moves the arm'
        )
        require(0 < self.hold <= 1, f'hold: expected 0..1 s, got {self.hold}')
        require(_SLOWEST <= self.start <= 1, f'start: expected {_SLOWEST}..1, got {self.start}')


class Keyboard(Device):
    """Keys of the terminal that the node runs in."""

    reads_keys = True

    def __init__(self, config: KeyboardConfig, spec: ArmSpec) -> None:
        """Move `spec`'s robot; raises ValueError when it is not that fast."""
        config.speeds.check(spec)
        self.frame = config.frame
        self.gives_back = 'release' in config.keys.values()
        self.help = '\n'.join(f'{key:>8}  {action}' for key, action in config.keys.items())
        self._config = config
        self._held = HeldKeys(config.hold)
        self._part = config.start
        self._grip = Grip()

    def take(self, sample: Sample) -> None:
        """Take keys over."""
        assert isinstance(sample, Keys)
        for name in sample.names:
            action = self._config.keys.get(name, '')
            if action == 'stop':
                self._held.clear()
            elif action == 'faster':
                self._part = min(self._part * _FACTOR, 1.0)
            elif action == 'slower':
                self._part = max(self._part / _FACTOR, _SLOWEST)
            elif action:
                # By what it does, so that two keys for one motion are no faster.
                self._held.hit(action, sample.stamp)

    def read(self, now: int) -> Operator:
        """Return what the person wants at `now`, ns."""
        down = {action for action in (*_MOVES, *_ACTIONS) if self._held.down(action, now)}
        deadman = bool(down - {'release'})
        wish = self._grip.press('open' in down, 'close' in down, False, deadman)
        x, y, z, roll, pitch, yaw = (
            clip(float(f'+{name}' in down) - float(f'-{name}' in down)) for name in _COMPONENTS
        )
        twist = self._config.speeds.twist((x, y, z, roll, pitch, yaw), self._part)
        # The keys are read here and now, so the intent is of now, however slowly they repeat.
        return Operator(now, deadman, twist, gripper=wish, release='release' in down)

    def begin(self, follower: Follower) -> None:
        """Leave the gripper as it is."""
        self._grip.begin(follower.gripper)
