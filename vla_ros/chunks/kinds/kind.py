"""What each kind of channel group brings: a check of its columns, and their playback."""

from abc import ABC, abstractmethod
from typing import Any, Generic, NamedTuple, TypeVar

import numpy as np

from vla_ros.chunks.queue_config import CheckConfig
from vla_ros.core.data import Array


Track = TypeVar('Track')


class Seam(NamedTuple):
    """What lies between where a group is wanted and where a new chunk wants it."""

    distance: float  # m, of a tcp
    seconds: float  # that the blend takes at least


class Latch(NamedTuple):
    """Shares of a gripper's opening, between which it stays as it is."""

    closed: float
    open: float


class GroupCheck(ABC):
    """Checks one group's columns of a chunk, (horizon, width); numbers are finite."""

    @abstractmethod
    def __init__(self, spec: Any, config: CheckConfig) -> None:
        """Prepare the bounds of a limb that has such a group."""

    def jump(self, action: list[float], wanted: list[float], step: int) -> str:
        """Return why the action of a step is too far from what is wanted now, or ''."""
        return ''

    @abstractmethod
    def values(self, actions: Array) -> str:
        """Return what is wrong with single steps, or ''."""

    def motion(self, actions: Array, dt: float) -> str:
        """Return why the way from step to step, dt s apart, is too fast, or ''."""
        return ''


class GroupPlayback(ABC, Generic[Track]):
    """What is wanted of one group while chunks play.

    Attributes:
        wanted: (width,) what is wanted.
    """

    wanted: list[float]

    @abstractmethod
    def __init__(self, spec: Any, latch: Latch) -> None:
        """Begin anywhere."""

    @abstractmethod
    def track(self, knots: Array, anchor: float, dt: float) -> Track:
        """Return its columns of a chunk, (horizon, width), dt s apart; observed at anchor, s."""

    def stand(self, values: list[float]) -> None:
        """Stand still at `values` (width,)."""
        self.wanted = values

    def move(self, values: list[float], seconds: float) -> None:
        """Be at `values` (width,), so many seconds after the last."""
        self.wanted = values

    @abstractmethod
    def play(self, track: Track, clock: float, rate: float) -> list[float]:
        """Return what a track wants (width,) at `clock`, played at `rate` (0..1)."""

    def seam(self, track: Track, clock: float) -> Seam:
        """Return how far the track is at `clock`, and how long it takes to get there."""
        return Seam(0.0, 0.0)

    @abstractmethod
    def lead_in(self, track: Track, clock: float, blend: float) -> None:
        """Let the track begin at `clock` where the group is; it is joined within blend s."""


def outside(actions: Array, lower: Array, upper: Array, names: tuple[tuple[str, str], ...]) -> str:
    """Return which of the numbers (horizon, n), by name and unit, is not in its bounds, or ''."""
    found = (actions < lower) | (actions > upper)
    if not found.any():
        return ''
    step, i = np.argwhere(found)[0]
    name, unit = names[i]
    return (
        f'actions: expected {name} in {lower[i]:.3f} to {upper[i]:.3f} {unit}, '
        f'got {actions[step, i]:.3f} at step {step}'
    )
