"""Devices, one per file, made by name from the presets in config/teleop/."""

from dataclasses import dataclass, field
from typing import Any

from vla_ros.core import config
from vla_ros.robots import presets
from vla_ros.robots.spec import ArmSpec
from vla_ros.teleop.devices.device import Device
from vla_ros.teleop.devices.joystick import Joystick, JoystickConfig
from vla_ros.teleop.devices.keyboard import Keyboard, KeyboardConfig
from vla_ros.teleop.devices.leader import Leader, LeaderConfig
from vla_ros.teleop.devices.spacemouse import Spacemouse, SpacemouseConfig
from vla_ros.teleop.handover import HandoverConfig


# By the name in a preset's `device`.
DEVICES: presets.Kinds[Device] = {
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
        presets.require_kind('device', self.device, DEVICES)


def load_preset(name: str) -> TeleopPreset:
    """Load config/teleop/<name>.yaml, or a path to one.

    Raises:
        FileNotFoundError: no such preset; the message lists the valid names.
        ConfigError: the preset is not valid; the message names the field.
    """
    return presets.load(TeleopPreset, 'teleop', name)


def make_device(preset: TeleopPreset, spec: ArmSpec) -> Device:
    """Make the device of a preset for a robot.

    Raises:
        ConfigError: a parameter is not valid, or does not suit the robot; the message names it.
    """
    device = presets.make(DEVICES, preset.device, preset.parameters, spec, preset.device)
    with config.named(preset.device):
        config.require(
            device.gives_back or preset.handover.release_after > 0,
            'nothing gives the arm back: expected a release button or handover.release_after',
        )
    return device


__all__ = ['DEVICES', 'Device', 'TeleopPreset', 'load_preset', 'make_device']
