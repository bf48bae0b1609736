"""Presets: the shipped ones are valid, and a mistake is named."""

from device_bench import device
import pytest

from vla_ros.core import config
from vla_ros.core.config import ConfigError
from vla_ros.core.paths import share_dir
from vla_ros.robots import load_robot
from vla_ros.teleop import DEVICES, TeleopPreset, load_preset, make_device


def test_every_shipped_preset_is_a_device_of_its_name():
    shipped = {path.stem for path in (share_dir() / 'config' / 'teleop').glob('*.yaml')}
    assert shipped == set(DEVICES)
    assert all(load_preset(name).device == name for name in shipped)


@pytest.mark.parametrize('robot', ['franka', 'ur5e'])
def test_every_shipped_preset_suits_every_robot(robot):
    spec = load_robot(robot)
    for name in DEVICES:
        make_device(load_preset(name), spec)


@pytest.mark.parametrize(
    ('name', 'changes', 'words'),
    [
        ('joystick', {'speeds': {'linear': 0.9, 'angular': 0.8}}, 'linear: 0.9 m/s is above the'),
        ('joystick', {'speeds': {'linear': -1, 'angular': 0.8}}, 'linear: expected more than 0'),
        ('joystick', {'speeds': {'linear': 0.1, 'angular': 0.8, 'expo': 2}}, 'expo: expected'),
        ('joystick', {'axes': {'x': [{'axis': 1, 'button': 2}]}}, 'either an axis or a button'),
        ('joystick', {'axes': {'x': [{'axis': 1, 'scale': 2}]}}, 'scale: expected -1..1'),
        ('joystick', {'buttons': {'deadman': -1}}, 'deadman: expected the index of a button'),
        ('joystick', {'buttons': {}}, "missing key 'deadman'"),
        ('joystick', {'buttons': {'deadman': 9}}, 'nothing gives the arm back'),
        ('keyboard', {'keys': {'w': '+x'}}, 'nothing gives the arm back'),
        ('joystick', {'frame': 'world'}, "frame: 'world' is not one of"),
        ('joystick', {'stale_after': 5}, 'stale_after: expected 0..1 s'),
        ('joystick', {'dead_zone': 1}, 'dead_zone: expected 0..1'),
        ('spacemouse', {'axes': {'x': [{'axis': 6}]}}, 'has the axes 0 to 5'),
        ('spacemouse', {'axes': {'x': [{'button': 0}]}}, 'moves by its axes alone'),
        ('spacemouse', {'full': 0.0}, 'full: expected'),
        ('keyboard', {'keys': {'w': 'up'}}, "keys.w: 'up' is not one of"),
        ('keyboard', {'keys': {'o': 'open'}}, 'no key moves the arm'),
        ('keyboard', {'start': 0.0}, 'start: expected 0.1..1'),
        ('keyboard', {'hold': 2}, 'hold: expected 0..1 s'),
        ('leader', {'joints': {'fr3_joint1': {'source': 'a'}}}, 'a mapping of every joint'),
        ('leader', {'speed': 5.0}, 'speed: 5.0 rad/s is above the 2.62'),
        ('leader', {'catch_up': 2.0}, 'catch_up: expected 0..1.5'),
        ('leader', {'tolerance': 0.0}, 'tolerance: expected 0..1 rad'),
        ('leader', {'gripper': {'source': 't', 'closed': 1, 'open': 1}}, 'must differ'),
    ],
)  # fmt: skip
def test_a_wrong_parameter_is_named(name, changes, words):
    with pytest.raises(ConfigError, match=words):
        device(name, **changes)


def test_an_unknown_device_is_named():
    with pytest.raises(FileNotFoundError, match=r"'mouse' is not one of \['joystick'"):
        load_preset('mouse')
    with pytest.raises(ValueError, match="device: 'mouse' is not one of"):
        TeleopPreset('mouse')
    with pytest.raises(ConfigError, match="unknown key 'handovers'"):
        config.build(TeleopPreset, {'device': 'joystick', 'handovers': {}})
