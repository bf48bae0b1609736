"""Devices from the shipped presets, and what is sent to them."""

from vla_ros.core.data import SECOND
from vla_ros.robots import load_robot
from vla_ros.teleop import Follower, TeleopPreset, load_preset, make_device
from vla_ros.teleop.inputs import JointPositions, Joy, Keys


SPEC = load_robot('franka')
HOME = Follower(SPEC.home, 1.0)
LOWER, UPPER = SPEC.joint_array('lower'), SPEC.joint_array('upper')
NOW = 1_700_000_000 * SECOND
MS = SECOND // 1000


def device(name, **changes):
    preset = load_preset(name)
    parameters = {**preset.parameters, **changes}
    return make_device(TeleopPreset(preset.device, preset.handover, parameters), SPEC)


def joy(*pressed, stamp=NOW, axes=(0.0,) * 6, count=21):
    return Joy(stamp, tuple(axes), tuple(int(i in pressed) for i in range(count)))


def keys(*names, stamp=NOW):
    return Keys(stamp, names)


def joints(position, stamp=NOW, names=SPEC.joint_names):
    return JointPositions(stamp, tuple(names), tuple(float(q) for q in position))
