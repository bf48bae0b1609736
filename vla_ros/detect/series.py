"""From chunks to r_t: standardise, smooth over a window, take the largest.

Calibration and the live detector use this one class, so that their numbers are the same.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
import math

import numpy as np

from vla_ros.core.data import SECOND, ActionChunk, Array
from vla_ros.detect.scores import Score
from vla_ros.detect.settings import MonitorConfig


# Standardised scores are clipped here: a non-finite input stays comparable, and fits in JSON.
LIMIT = 1e9


@dataclass(frozen=True)
class ScaledScore:
    """A score with its mean and deviation over successes."""

    score: Score
    mean: float
    std: float


class ScoreSeries:
    """Causal r_t of one episode; `update` costs tens of microseconds."""

    def __init__(self, scores: Sequence[ScaledScore], settings: MonitorConfig) -> None:
        self._scores = tuple(scores)
        self._smooth = round(settings.smooth * SECOND)
        self._window = round(settings.window * SECOND)
        self._recent: list[deque[tuple[int, float]]] = [deque() for _ in self._scores]
        self._largest: deque[tuple[int, float]] = deque()  # decreasing r: a monotonic queue

    def reset(self) -> None:
        """Forget the episode."""
        for scaled, recent in zip(self._scores, self._recent, strict=True):
            scaled.score.reset()
            recent.clear()
        self._largest.clear()

    def update(self, chunk: ActionChunk) -> Array:
        """Return the smoothed, standardised scores (n,) of this chunk; NaN = unavailable."""
        if self._largest and chunk.stamp < self._largest[-1][0]:
            self.reset()  # time ran backwards: nothing from before can be compared with it
        values = np.array(
            [
                self._smoothed(recent, chunk.stamp, (s.score.update(chunk) - s.mean) / s.std)
                for s, recent in zip(self._scores, self._recent, strict=True)
            ]
        )
        known = values[~np.isnan(values)]
        r = float(known.max()) if len(known) else -math.inf
        while self._largest and self._largest[-1][1] <= r:
            self._largest.pop()
        self._largest.append((chunk.stamp, r))
        while self._largest[0][0] < chunk.stamp - self._window:
            self._largest.popleft()
        return values

    @property
    def largest(self) -> float:
        """Largest r inside the window; -inf when no score was available."""
        return self._largest[0][1] if self._largest else -math.inf

    def _smoothed(self, recent: deque[tuple[int, float]], stamp: int, value: float) -> float:
        """Return the mean of the available values of the last `smooth` seconds."""
        if not math.isnan(value):
            recent.append((stamp, value))
        while recent and recent[0][0] < stamp - self._smooth:
            recent.popleft()
        if math.isnan(value) or not recent:
            return math.nan
        mean = sum(v for _, v in recent) / len(recent)
        return min(max(mean, -LIMIT), LIMIT)


def episode_maximum(series: ScoreSeries, chunks: Sequence[ActionChunk]) -> float:
    """Return D: the largest r of an episode, -LIMIT when no score was ever available."""
    series.reset()
    largest = -LIMIT
    for chunk in chunks:
        series.update(chunk)
        largest = max(largest, series.largest)
    return largest
