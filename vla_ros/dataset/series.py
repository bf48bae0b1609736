"""What an episode bag holds, as arrays over time. Stamps are int64 nanoseconds, ascending."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from vla_ros.core.data import (
    SECOND,
    ActionChunk,
    Array,
    ExecutionStatus,
    FailureScore,
    Image,
    Latent,
)
from vla_ros.core.events import CommandedState
from vla_ros.core.fields import Field, fields_of, floats_in
from vla_ros.dataset.jpeg import decode


T = TypeVar('T')
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


class Series(Generic[T]):
    """Values of one dataclass over time: an attribute for each of its fields.

    Numbers are arrays (N,), stamps int64 ns; texts are tuples of N. Poses are (N, 7), xyz m and
    quaternion xyzw. Arrays are (N, most), shorter ones padded with NaN. Lists of names are those
    of the newest value.
    """

    def __init__(self, kind: type[T], values: Sequence[T]) -> None:
        """Take the values, in the order of their stamps."""
        self._count = len(values)
        for own in fields_of(kind):
            setattr(self, own.name, _column(own, [getattr(value, own.name) for value in values]))

    def __getattr__(self, name: str) -> Any:
        """Say what there is: the columns are set in the constructor."""
        raise AttributeError(f'expected one of {sorted(vars(self))}, got {name!r}')

    def __len__(self) -> int:
        """Return N."""
        return self._count


def padded(rows: Sequence[Any]) -> Array:
    """Stack rows of numbers; shorter ones are padded with NaN."""
    width = max(map(len, rows), default=0)
    result = np.full((len(rows), width), np.nan)
    for row, value in zip(result, rows, strict=True):
        row[: len(value)] = value
    return result


_DTYPES = {'time': np.int64, 'int': np.int64, 'enum': np.int64, 'bool': np.bool_, 'float': float}


def _column(field: Field, values: list[Any]) -> Any:
    if field.kind in _DTYPES:
        return np.array(values, _DTYPES[field.kind])
    if field.kind == 'nested':
        parts = [own.name for own in fields_of(field.type)]
        rows = [np.concatenate([getattr(value, name) for name in parts]) for value in values]
        return np.array(rows).reshape(len(values), floats_in(field.type))
    if field.kind in ('array', 'tensor'):
        return padded([() if value is None else np.ravel(value) for value in values])
    if field.kind == 'texts':
        return values[-1] if values else ()
    return tuple(values)


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
    # By topic within the stack's namespace, e.g. 'left/joint_states', 'head/commanded_joints'.
    joints: Mapping[str, JointSeries] = field(default_factory=dict)
    # By arm, '' for the only limb of a robot.
    commanded: Mapping[str, Series[CommandedState]] = field(default_factory=dict)
    status: Series[ExecutionStatus] | None = None
    failures: Series[FailureScore] | None = None
    latents: Series[Latent] | None = None  # without the tensors
    sim: SimSeries | None = None
    interventions: tuple[tuple[int, int], ...] = ()  # from, to: a person had the arm, ns
    refused: Mapping[str, int] = field(default_factory=dict)  # messages left out, by topic

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
