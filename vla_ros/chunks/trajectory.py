"""Trajectory: a chunk on the playback clock, with a track for each of its groups."""

from collections.abc import Sequence
from typing import Any

from vla_ros.chunks.kinds import GroupPlayback
from vla_ros.core.data import ActionChunk, Array


class Trajectory:
    """A chunk on the playback clock: when it begins and ends, and a track for each group."""

    __slots__ = ('anchor', 'chunk', 'dt', 'end', 'groups', 'start', 'tracks')

    def __init__(
        self,
        chunk: ActionChunk,
        anchor: float,
        groups: Sequence[tuple[GroupPlayback[Any], slice, slice]],
    ) -> None:
        """Put `chunk` on the playback clock, its observation at `anchor`, s.

        `groups` are those it moves, each with its columns in the chunk, and its place among what
        is wanted of all groups of the robot.
        """
        self.chunk = chunk
        self.anchor = anchor
        self.dt = chunk.dt
        self.start = anchor
        self.end = anchor + chunk.horizon * chunk.dt
        self.groups = tuple((group, place) for group, _, place in groups)
        self.tracks = tuple(
            group.track(chunk.actions[:, columns], anchor, chunk.dt)
            for group, columns, _ in groups
        )

    def step(self, clock: float) -> float:
        """Return the step, with its fraction, that is due at `clock`; -1 at the observation."""
        return (clock - self.anchor) / self.dt - 1

    def lead_in(self, clock: float, blend: float) -> float:
        """Begin at `clock` where the groups are; return the greatest seam, m.

        All blend in the same time, `blend` s or as long as the slowest takes: what they do
        together stays together.
        """
        pairs = [
            (group, track) for (group, _), track in zip(self.groups, self.tracks, strict=True)
        ]
        seams = [group.seam(track, clock) for group, track in pairs]
        blend = max(blend, *(seam.seconds for seam in seams))
        for group, track in pairs:
            group.lead_in(track, clock, blend)
        self.start = clock
        return max(seam.distance for seam in seams)

    def play(self, clock: float, rate: float, seconds: float, out: Array) -> None:
        """Write what is wanted of its groups at `clock`, `seconds` after the last, into `out`.

        `rate` (0..1) is that of playback.
        """
        for (group, place), track in zip(self.groups, self.tracks, strict=True):
            values = group.play(track, clock, rate)
            group.move(values, seconds)
            out[place] = values
