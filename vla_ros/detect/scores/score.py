"""What every score offers: one number per chunk, larger meaning less like a success."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from vla_ros.core.data import ActionChunk


Parameters = dict[str, NDArray[np.float32]]


class Score(ABC):
    """A causal score over the chunks of one episode.

    Parameters are float32 because the artefact stores float32: a score that was just fitted and
    one that was loaded give the same numbers.
    """

    name: ClassVar[str]

    @classmethod
    @abstractmethod
    def fit(cls, episodes: Sequence[Sequence[ActionChunk]], settings: Any) -> Self:
        """Learn parameters from successful episodes; `settings` is a MonitorConfig."""

    @classmethod
    @abstractmethod
    def load(cls, parameters: Parameters, settings: Any) -> Self:
        """Rebuild the score from what `parameters` returned; ValueError when they do not fit."""

    @abstractmethod
    def parameters(self) -> Parameters:
        """Return everything `load` needs."""

    @abstractmethod
    def reset(self) -> None:
        """Forget the episode."""

    @abstractmethod
    def update(self, chunk: ActionChunk) -> float:
        """Return the score of this chunk; NaN means unavailable, +inf a non-finite input."""
