"""ChunkLayout: which columns of a chunk are whose."""

from dataclasses import dataclass

from vla_ros.core.data import ActionChunk
from vla_ros.robots.channels import KINDS, ChannelGroup, channel_groups
from vla_ros.robots.robot import Robot


_MOTIONS = ('pose', 'joint', 'twist')


@dataclass(frozen=True)
class Columns:
    """The columns of one group in a chunk."""

    group: int  # number of the group among `channel_groups` of the robot
    columns: slice


class ChunkLayout:
    """Finds the groups of a robot in chunks, which name their columns.

    Groups may stand in any order. A limb or a gripper that a chunk does not name holds.

    Attributes:
        groups: those of the robot.
    """

    def __init__(self, robot: Robot) -> None:
        """Take the groups of a robot."""
        self.groups = channel_groups(robot)
        self._limbs = len(robot.limbs)
        self._first: dict[tuple[str, str], ChannelGroup] = {
            (group.kind, group.names[0]): group for group in self.groups
        }
        self._known: tuple[tuple[str, ...], tuple[str, ...]] | None = None
        self._columns: tuple[Columns, ...] = ()

    def refusal(self, chunk: ActionChunk) -> str:
        """Return why the columns of a chunk are not those of groups of this robot, or ''."""
        if self._known == (chunk.channels, chunk.kinds):
            return ''
        if len(chunk.kinds) != len(chunk.channels):
            return (
                f'kinds: expected one of {list(KINDS)} for each of {len(chunk.channels)} '
                f'channels, got {list(chunk.kinds)}'
            )
        found: list[Columns] = []
        while (start := found[-1].columns.stop if found else 0) < len(chunk.channels):
            group = self._first.get((chunk.kinds[start], chunk.channels[start]))
            stop = start + (len(group.names) if group else 0)
            if group is None or not _is(group, chunk, slice(start, stop)):
                return self._unknown(chunk, start)
            found.append(Columns(self.groups.index(group), slice(start, stop)))
        if cause := self._twice(found):
            return cause
        self._known, self._columns = (chunk.channels, chunk.kinds), tuple(found)
        return ''

    def columns(self, chunk: ActionChunk) -> tuple[Columns, ...]:
        """Return the columns of each group in a chunk that is not refused."""
        if cause := self.refusal(chunk):
            raise ValueError(cause)
        return self._columns

    def motions(self, columns: tuple[Columns, ...]) -> tuple[str, ...]:
        """Return what moves each limb: its kind, 'gripper' where that alone moves, or ''."""
        result = [''] * self._limbs
        for own in columns:
            group = self.groups[own.group]
            if group.kind in _MOTIONS or not result[group.limb]:
                result[group.limb] = group.kind
        return tuple(result)

    def _unknown(self, chunk: ActionChunk, start: int) -> str:
        expected = '; '.join(f'{group.kind} {list(group.names)}' for group in self.groups)
        return (
            f'channels: expected groups of {expected}; got {list(chunk.channels[start:])} of the '
            f'kinds {list(chunk.kinds[start:])}'
        )

    def _twice(self, found: list[Columns]) -> str:
        moved: dict[int, ChannelGroup] = {}
        for own in found:
            group = self.groups[own.group]
            if group.kind == 'gripper':
                continue
            if other := moved.get(group.limb):
                return (
                    f'channels: expected one motion of {group.spec.name}, '
                    f'got {other.kind} and {group.kind}'
                )
            moved[group.limb] = group
        names = [own.group for own in found]
        return '' if len(set(names)) == len(names) else 'channels: a gripper is given twice'


def _is(group: ChannelGroup, chunk: ActionChunk, columns: slice) -> bool:
    kinds = set(chunk.kinds[columns])
    return chunk.channels[columns] == group.names and kinds == {group.kind}
