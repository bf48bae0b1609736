"""A person's hand on the arm: devices, what is made of their inputs, and who has the arm."""

from vla_ros.teleop.devices import DEVICES, Device, TeleopPreset, load_preset, make_device
from vla_ros.teleop.handover import Handover, HandoverConfig
from vla_ros.teleop.operator import STILL, Follower, Operator


__all__ = [
    'DEVICES',
    'STILL',
    'Device',
    'Follower',
    'Handover',
    'HandoverConfig',
    'Operator',
    'TeleopPreset',
    'load_preset',
    'make_device',
]
