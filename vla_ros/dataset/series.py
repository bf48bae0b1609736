"""What an episode bag holds, as arrays over time. Stamps are int64 nanoseconds, ascending."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from vla_ros.core.data import SECOND, ActionChunk, Array, Image
from vla_ros.dataset.jpeg import decode


Stamps = NDArray[np.int64]


def latest(stamps: Stamps, time: int) -> int:
    """Return the index of the newest sample not after `time`; -1 when there is none."""
    return int(np.searchsorted(stamps, time, side='right')) - 1


@dataclass(frozen=True)
class ImageSeries:
    """One camera."""

    topic: str
    stamp: Stamps  # (N,)
    encoded: Sequence[bytes]  # N JPEGs

    def at(self, time: int) -> Image | None:
        """Return the newest image (H, W, 3) RGB not after `time` (ns)."""
        index = latest(self.stamp, time)
        return decode(self.encoded[index]) if index >= 0 else None


@dataclass(frozen=True)
class JointSeries:
    """Joint states, in the order of `names`."""

    names: tuple[str, ...]
    stamp: Stamps  # (N,)
    position: Array  # (N, joints) rad or m


@dataclass(frozen=True)
class PoseSeries:
    """Poses and gripper openings over time."""

    stamp: Stamps  # (N,)
    pose: Array  # (N, 7) xyz m, quaternion xyzw, base frame
    gripper: Array  # (N,) 0 closed to 1 open


@dataclass(frozen=True)
class StatusSeries:
    """ExecutionStatus over time."""

    stamp: Stamps  # (N,)
    mode: NDArray[np.int64]  # (N,) data.Mode
    cause: tuple[str, ...]
    instruction: tuple[str, ...]
    latent_age: Array  # (N,) s
    queue_seconds: Array  # (N,) s
    tick_p50: Array  # (N,) s
    tick_p99: Array  # (N,) s
    deadline_misses: NDArray[np.int64]  # (N,)
    ticks: NDArray[np.int64]  # (N,)
    refused_chunks: NDArray[np.int64]  # (N,)
    commanded: PoseSeries
    measured: PoseSeries


@dataclass(frozen=True)
class FailureSeries:
    """FailureStatus over time."""

    stamp: Stamps  # (N,)
    names: tuple[str, ...]
    values: Array  # (N, scores) standard deviations; NaN = unavailable
    p_value: Array  # (N,)
    alpha: Array  # (N,)
    guarantee: NDArray[np.int64]  # (N,) data.Guarantee
    alarm: NDArray[np.bool_]  # (N,)


@dataclass(frozen=True)
class LatentSeries:
    """What the reasoner said, without the tensors."""

    stamp: Stamps  # (N,)
    inference_end: Stamps  # (N,)
    instruction: tuple[str, ...]
    subgoal: tuple[str, ...]
    refusal: tuple[str, ...]


@dataclass(frozen=True)
class SimSeries:
    """Physics state of the simulation, to render the run again."""

    stamp: Stamps  # (N,)
    qpos: Array  # (N, nq)
    scene_id: tuple[str, ...]


@dataclass(frozen=True)
class Episode:
    """One recorded episode; a field is None or empty when the bag lacks the topic."""

    path: str
    metadata: Mapping[str, str]  # robot, policy, instruction, outcome, ...
    counts: Mapping[str, int]  # messages by topic
    start: int  # ns, first message
    end: int  # ns, last message
    images: Mapping[str, ImageSeries] = field(default_factory=dict)  # by camera name
    chunks: tuple[ActionChunk, ...] = ()
    chunk_arrival: Stamps = field(default_factory=lambda: np.zeros(0, np.int64))
    joints: JointSeries | None = None
    commanded: PoseSeries | None = None
    status: StatusSeries | None = None
    failures: FailureSeries | None = None
    latents: LatentSeries | None = None
    sim: SimSeries | None = None
    interventions: tuple[tuple[int, int], ...] = ()  # from, to: a person had the arm, ns

    @cached_property
    def duration(self) -> float:
        """Seconds from the first to the last message."""
        return (self.end - self.start) / SECOND

    @property
    def instruction(self) -> str:
        """The instruction that the episode was started with."""
        return self.metadata.get('instruction', '')

    @property
    def outcome(self) -> str:
        """How it ended: success, failure, aborted, interrupted, unknown."""
        return self.metadata.get('outcome', 'unknown')
