"""The channels of a whole body: which limb each belongs to, of what kind it is, in which unit.

Absolute channels are what chunks carry, named '<limb>.<channel>', or '<channel>' where the robot
is one arm. Relative ones are what policies predict; a pose has seven absolute channels and six
relative ones.
"""

from collections.abc import Sequence
from dataclasses import dataclass
import itertools
from typing import Literal


ARM = ('ee.x', 'ee.y', 'ee.z', 'ee.qx', 'ee.qy', 'ee.qz', 'ee.qw', 'gripper')
TWIST = ('vx', 'vy', 'wz')
POSE = 7  # relative channels of an arm
STATE = 16  # numbers of an arm in a state

# Relative channels. position: m, rotation: rad of a rotation vector, both from the commanded pose
# in the arms' base frame; gripper: share of the opening; joint: rad from the commanded position;
# twist: m/s or rad/s, of the mobile base in its own axes.
Kind = Literal['position', 'rotation', 'gripper', 'joint', 'twist']
_KINDS: dict[str, tuple[Kind, ...]] = {
    'arm': ('position',) * 3 + ('rotation',) * 3 + ('gripper',),
    'joint_group': ('joint',),
    'mobile_base': ('twist',),
}


@dataclass(frozen=True)
class Part:
    """One limb's share of actions and states."""

    limb: str  # '' where the robot is one arm
    kind: Literal['arm', 'joint_group', 'mobile_base']
    absolute: slice  # of its absolute channels
    relative: slice  # of its relative channels
    commanded: slice  # in observation.state, what is commanded of it


def parts_of(channels: Sequence[str]) -> tuple[Part, ...]:
    """Return the limbs that absolute channels belong to, in order.

    In a state every limb has what is measured and then what is commanded of each of its channels.

    Raises:
        ValueError: a channel of no known kind.
    """
    parts: list[Part] = []
    start = relative = 0
    for limb, group in itertools.groupby(channels, _limb):
        names = [name.removeprefix(f'{limb}.') for name in group]
        kind, width = _kind(limb, names), len(names)
        count = POSE if kind == 'arm' else width
        parts.append(
            Part(
                limb,
                kind,
                slice(start, start + width),
                slice(relative, relative + count),
                slice(2 * start + width, 2 * (start + width)),
            )
        )
        start, relative = start + width, relative + count
    return tuple(parts)


def kinds_of(channels: Sequence[str]) -> tuple[Kind, ...]:
    """Return the kinds of the relative channels that belong to absolute ones.

    Raises:
        ValueError: a channel of no known kind.
    """
    kinds: list[Kind] = []
    for part in parts_of(channels):
        own = _KINDS[part.kind]
        kinds += own if part.kind == 'arm' else own * (part.relative.stop - part.relative.start)
    return tuple(kinds)


def _limb(channel: str) -> str:
    """Return the limb that a channel belongs to; '' where the robot is one arm."""
    for name in ARM:
        if channel == name or channel.endswith(f'.{name}'):
            return channel.removesuffix(name).rstrip('.')
    return channel.rpartition('.')[0]


def _kind(limb: str, names: list[str]) -> Literal['arm', 'joint_group', 'mobile_base']:
    if tuple(names) == ARM:
        return 'arm'
    if tuple(names) == TWIST:
        return 'mobile_base'
    if all(name.endswith('joint') for name in names):
        return 'joint_group'
    raise ValueError(
        f'channels of limb {limb!r}: expected those of an arm {ARM}, of a drive {TWIST} or names '
        f'that end with "joint", got {tuple(names)}'
    )
