"""Overlap inconsistency: does the policy still mean what it said a moment ago?

Two chunks that plan the same future instants are compared there. A policy that knows what it
does revises its plan little; one that dithers does not (Agia et al., "Unpacking Failure Modes
of Generative Policies: Runtime Monitoring of Consistency and Progress", STAC, 2024).
"""

from collections import deque
from collections.abc import Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from vla_ros.core.data import SECOND, ActionChunk, Array
from vla_ros.detect.scores.score import Parameters, Score


# Smallest deviation a channel is divided by: 0.1 mm, or about 0.01 deg of a quaternion component.
_FLOOR = 1e-4


class Overlap(Score):
    """Mean scaled distance between a chunk and an older one at the instants both plan.

    The older one is the newest chunk at least `gap` seconds older, so that the score does not
    depend on how often the expert runs. NaN while there is none, or when they do not overlap.
    """

    name = 'overlap'

    def __init__(self, scale: NDArray, gap: float) -> None:
        """`scale` (channels,): typical revision of each channel over successes."""
        self._scale = np.asarray(scale, dtype=np.float32)
        if self._scale.ndim != 1 or not np.all(self._scale > 0):
            raise ValueError('overlap: scale must be one positive number per channel')
        self._gap = round(gap * SECOND)
        self._past: deque[ActionChunk] = deque()

    @classmethod
    def fit(cls, episodes: Sequence[Sequence[ActionChunk]], settings: Any) -> Self:
        """Take each channel's root mean square revision as its scale."""
        channels = episodes[0][0].actions.shape[1]
        probe = cls(np.ones(channels), settings.gap)
        squares, count = np.zeros(channels), 0
        for episode in episodes:
            probe.reset()
            for chunk in episode:
                difference = probe._difference(chunk)
                squares += np.sum(difference**2, axis=0)
                count += len(difference)
        scale = np.sqrt(squares / max(count, 1))
        return cls(np.maximum(scale, _FLOOR), settings.gap)

    @classmethod
    def load(cls, parameters: Parameters, settings: Any) -> Self:
        """Rebuild from `parameters`."""
        if set(parameters) != {'scale'}:
            raise ValueError(f'overlap: expected parameter scale, got {sorted(parameters)}')
        return cls(parameters['scale'], settings.gap)

    def parameters(self) -> Parameters:
        """Return the scale."""
        return {'scale': self._scale}

    def reset(self) -> None:
        """Forget the chunks seen."""
        self._past.clear()

    def update(self, chunk: ActionChunk) -> float:
        """Return the mean over overlapping steps of the scaled distance (no unit)."""
        if not np.all(np.isfinite(chunk.actions)):
            return float('inf')
        if chunk.actions.shape[1] != len(self._scale):
            return float('nan')
        difference = self._difference(chunk)
        if not len(difference):
            return float('nan')
        return float(np.mean(np.linalg.norm(difference / self._scale, axis=1)))

    def _difference(self, chunk: ActionChunk) -> Array:
        """Return new minus old (steps, channels) where both plan; remembers `chunk`."""
        if self._past and chunk.stamp < self._past[-1].stamp:
            # Time ran backwards (a new episode without reset, a reordered chunk): start over.
            self._past.clear()
        while len(self._past) > 1 and self._past[1].stamp <= chunk.stamp - self._gap:
            self._past.popleft()
        old = self._past[0] if self._past else None
        self._past.append(chunk)
        if old is None or old.stamp > chunk.stamp - max(self._gap, 1):
            return np.zeros((0, chunk.actions.shape[1]))
        return _revision(old, chunk)


def _revision(old: ActionChunk, new: ActionChunk) -> Array:
    """Return new minus linearly interpolated old, (overlapping steps, channels)."""
    shift = (new.stamp - old.stamp) / SECOND
    times = shift + new.dt * np.arange(1, new.horizon + 1)  # s after old.stamp
    position = times / old.dt - 1.0  # in steps of `old`
    inside = (position > -1e-6) & (position < old.horizon - 1 + 1e-6)
    position = np.clip(position[inside], 0, old.horizon - 1)
    low = np.minimum(position.astype(int), max(old.horizon - 2, 0))
    high = np.minimum(low + 1, old.horizon - 1)
    blend = (position - low)[:, None]
    planned = _aligned(old.actions[low], old, new.actions[inside]) * (1 - blend)
    planned = planned + _aligned(old.actions[high], old, new.actions[inside]) * blend
    return new.actions[inside] - planned


def _aligned(actions: Array, chunk: ActionChunk, reference: Array) -> Array:
    """Return `actions` with quaternions in the hemisphere of `reference`: q and -q are equal."""
    starts = [
        i
        for i, (name, kind) in enumerate(zip(chunk.channels, chunk.kinds, strict=False))
        if kind == 'pose' and name.endswith('qx')
    ]
    result = actions.copy() if starts else actions
    for i in starts:
        dot = np.sum(result[:, i : i + 4] * reference[:, i : i + 4], axis=1)
        result[dot < 0, i : i + 4] *= -1
    return result
