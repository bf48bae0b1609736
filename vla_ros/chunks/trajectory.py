"""Trajectory: a chunk on the playback clock, with a track for each limb."""

from collections.abc import Sequence
from typing import Any

from vla_ros.chunks.limb_playback import LimbPlayback
from vla_ros.core.data import ActionChunk


class Trajectory:
    """A chunk on the playback clock: when it begins and ends, and a track for each limb."""

    __slots__ = ('anchor', 'chunk', 'dt', 'end', 'limbs', 'start', 'tracks')

    def __init__(
        self, chunk: ActionChunk, anchor: float, limbs: Sequence[LimbPlayback[Any]]
    ) -> None:
        """Put `chunk` for `limbs` on the playback clock, its observation at `anchor`, s."""
        self.chunk = chunk
        self.anchor = anchor
        self.dt = chunk.dt
        self.start = anchor
        self.end = anchor + chunk.horizon * chunk.dt
        self.limbs = tuple(limbs)
        self.tracks = tuple(
            limb.track(chunk.actions[:, limb.span].tolist(), anchor, chunk.dt) for limb in limbs
        )

    def step(self, clock: float) -> float:
        """Return the step, with its fraction, that is due at `clock`; -1 at the observation."""
        return (clock - self.anchor) / self.dt - 1

    def lead_in(self, clock: float, blend: float) -> float:
        """Begin at `clock` where the limbs are; return the greatest seam, m.

        All blend in the same time, `blend` s or as long as the slowest takes: what they do
        together stays together.
        """
        pairs = tuple(zip(self.limbs, self.tracks, strict=True))
        seams = [limb.seam(track, clock) for limb, track in pairs]
        blend = max(blend, *(seam.seconds for seam in seams))
        for limb, track in pairs:
            limb.lead_in(track, clock, blend)
        self.start = clock
        return max(seam.distance for seam in seams)

    def play(self, clock: float, rate: float, seconds: float) -> list[float]:
        """Return what is wanted of every limb at `clock`, `seconds` after the last.

        `rate` (0..1) is that of playback.
        """
        wanted: list[float] = []
        for limb, track in zip(self.limbs, self.tracks, strict=True):
            values = limb.play(track, clock, rate)
            limb.move(values, seconds)
            wanted += values
        return wanted
