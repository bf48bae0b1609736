"""Devices, one per file, made by name from the presets in config/teleop/."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from vla_ros import config
from vla_ros.paths import config_file
from vla_ros.robots.spec import RobotSpec
from vla_ros.teleop.devices.base import Device
from vla_ros.teleop.devices.joystick import Joystick, JoystickConfig
from vla_ros.teleop.devices.keyboard import Keyboard, KeyboardConfig
from vla_ros.teleop.devices.leader import Leader, LeaderConfig
from vla_ros.teleop.devices.spacemouse import Spacemouse, SpacemouseConfig
from vla_ros.teleop.handover import HandoverConfig


# Name in a preset's `device` -> the configuration it is given and what makes the device from it.
DEVICES: dict[str, tuple[type, Callable[[Any, RobotSpec], Device]]] = {
    'joystick': (JoystickConfig, Joystick),
    'keyboard': (KeyboardConfig, Keyboard),
    'leader': (LeaderConfig, Leader),
    'spacemouse': (SpacemouseConfig, Spacemouse),
}


@dataclass(frozen=True)
class TeleopPreset:
    """One file in config/teleop/: a device, and when it gives the arm back."""

    device: str
    handover: HandoverConfig = field(default_factory=HandoverConfig)
    parameters: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        valid = sorted(DEVICES)
        config.require(self.device in DEVICES, f'device: {self.device!r} is not one of {valid}')


def load_preset(name: str) -> TeleopPreset:
    """Load config/teleop/<name>.yaml, or a path to one.

    Raises:
        FileNotFoundError: no such preset; the message lists the valid names.
        ConfigError: the preset is not valid; the message names the field.
    """
    return config.load(TeleopPreset, config_file('teleop', name))


def make_device(preset: TeleopPreset, spec: RobotSpec) -> Device:
    """Make the device of a preset for a robot.

    Raises:
        ConfigError: a parameter is not valid, or does not suit the robot; the message names it.
    """
    kind, make = DEVICES[preset.device]
    try:
        device = make(config.build(kind, preset.parameters, where=preset.device), spec)
        config.require(
            device.gives_back or preset.handover.release_after > 0,
            'nothing gives the arm back: expected a release button or handover.release_after',
        )
    except config.ConfigError:
        raise
    except ValueError as error:
        raise config.ConfigError(f'{preset.device}: {error}') from error
    return device


__all__ = ['DEVICES', 'Device', 'TeleopPreset', 'load_preset', 'make_device']
