"""The channel groups of a robot: what a chunk may say of each limb, and in which numbers."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from vla_ros.core.config import require
from vla_ros.robots.joint_group import JointGroupSpec
from vla_ros.robots.loading import named_limbs
from vla_ros.robots.mobile_base import MobileBaseSpec
from vla_ros.robots.robot import LimbSpec, Robot
from vla_ros.robots.spec import ArmSpec


# pose: tcp in the base frame, m and quaternion xyzw; joint: rad; twist: m/s, m/s, rad/s of the
# moving frame; gripper: m between the pads.
Kind = Literal['pose', 'joint', 'twist', 'gripper']
KINDS: tuple[Kind, ...] = ('pose', 'joint', 'twist', 'gripper')


@dataclass(frozen=True)
class ChannelGroup:
    """Numbers of one kind that a limb can be commanded."""

    limb: int  # number of the limb
    spec: LimbSpec  # the limb
    kind: Kind
    names: tuple[str, ...]  # as chunks carry them: '<limb>.<name>' where there are several limbs
    span: slice  # among the numbers of all groups of the robot


def channel_groups(robot: Robot) -> tuple[ChannelGroup, ...]:
    """Return the groups of all limbs, limb by limb.

    An arm has a pose, a gripper and its joints; of pose and joints a chunk says one.

    Raises:
        ConfigError: the channels of an arm are not a pose and an opening.
    """
    groups: list[ChannelGroup] = []
    first = 0
    for limb, (name, spec) in enumerate(named_limbs(robot)):
        for kind, own in limb_groups(spec):
            names = tuple(f'{name}.{channel}' if name else channel for channel in own)
            groups.append(
                ChannelGroup(limb, spec, kind, names, slice(first, first := first + len(names)))
            )
    return tuple(groups)


def limb_groups(spec: LimbSpec) -> 'Groups':
    """Return kind and names of each group of a limb, without the limb's name.

    Raises:
        ConfigError: the channels of an arm are not a pose and an opening.
    """
    return _GROUPS[spec.kind](spec)


def channel_kinds(robot: Robot) -> tuple[Kind, ...]:
    """Return the kind of each of `robot.channels`."""
    kinds = {name: group.kind for group in channel_groups(robot) for name in group.names}
    return tuple(kinds[name] for name in robot.channels)


Groups = tuple[tuple[Kind, tuple[str, ...]], ...]


def _of_arm(spec: ArmSpec) -> Groups:
    *pose, gripper = spec.channels
    require(len(pose) == 7, f'channels: expected a pose and a gripper: {spec.channels}')
    return ('pose', tuple(pose)), ('gripper', (gripper,)), ('joint', spec.joint_names)


def _of_joint_group(spec: JointGroupSpec) -> Groups:
    return (('joint', spec.channels),)


def _of_mobile_base(spec: MobileBaseSpec) -> Groups:
    return (('twist', spec.channels),)


# The groups of each kind of limb.
_GROUPS: dict[str, Callable[[Any], Groups]] = {
    'arm': _of_arm, 'joint_group': _of_joint_group, 'mobile_base': _of_mobile_base,
}  # fmt: skip
