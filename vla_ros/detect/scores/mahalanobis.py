"""Feature distance: has the expert seen anything like this while it succeeded?

Mahalanobis distance of the expert's feature after principal components, with the covariance
shrunk towards a multiple of the identity (Ledoit and Wolf, 2004), because there are few
episodes and their frames are correlated.
"""

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from vla_ros.core.data import ActionChunk, Array
from vla_ros.detect.scores.score import Parameters, Score


# Frames of one episode hardly differ: more than this many add cost and no information.
_MOST_FRAMES = 20_000


class Mahalanobis(Score):
    """Distance of `chunk.feature` from the features of successes, per root dimension."""

    name = 'mahalanobis'

    def __init__(self, mean: NDArray, whiten: NDArray) -> None:
        """`mean` (features,); `whiten` (components, features) maps to unit covariance."""
        self._mean = np.asarray(mean, dtype=np.float32)
        self._whiten = np.asarray(whiten, dtype=np.float32)
        if self._mean.ndim != 1 or self._whiten.ndim != 2:
            raise ValueError('mahalanobis: mean must be a vector and whiten a matrix')
        if self._whiten.shape[1] != len(self._mean):
            raise ValueError(
                f'mahalanobis: whiten is for {self._whiten.shape[1]} features, '
                f'mean has {len(self._mean)}'
            )

    @classmethod
    def fit(cls, episodes: Sequence[Sequence[ActionChunk]], settings: Any) -> Self:
        """Fit mean, principal components and the shrunk covariance."""
        features = np.stack([c.feature for episode in episodes for c in episode]).astype(float)
        if features.shape[1] == 0 or not np.all(np.isfinite(features)):
            raise ValueError('mahalanobis: the rollouts carry no finite feature vector')
        stride = -(-len(features) // _MOST_FRAMES)
        features = features[::stride]
        mean = features.mean(axis=0)
        centred = features - mean
        _, _, axes = np.linalg.svd(centred, full_matrices=False)
        axes = axes[: min(settings.components, len(axes))]
        values, vectors = np.linalg.eigh(ledoit_wolf(centred @ axes.T))
        floor = max(float(values[-1]) * 1e-9, 1e-12)  # a constant feature has no spread at all
        whiten = (vectors / np.sqrt(np.maximum(values, floor))).T @ axes
        return cls(mean, whiten)

    @classmethod
    def load(cls, parameters: Parameters, settings: Any) -> Self:
        """Rebuild from `parameters`."""
        if set(parameters) != {'mean', 'whiten'}:
            raise ValueError(
                f'mahalanobis: expected parameters mean and whiten, got {sorted(parameters)}'
            )
        return cls(parameters['mean'], parameters['whiten'])

    def parameters(self) -> Parameters:
        """Return mean and whitening matrix."""
        return {'mean': self._mean, 'whiten': self._whiten}

    def reset(self) -> None:
        """Nothing is remembered between chunks."""

    def update(self, chunk: ActionChunk) -> float:
        """Return the distance divided by sqrt(components): about 1 on what was fitted."""
        if len(chunk.feature) != len(self._mean):
            return float('nan')
        if not np.all(np.isfinite(chunk.feature)):
            return float('inf')
        white = self._whiten @ (chunk.feature - self._mean)
        return float(np.sqrt(np.mean(np.square(white, dtype=np.float64))))


def ledoit_wolf(samples: Array) -> Array:
    """Return the shrunk covariance (d, d) of centred samples (n, d).

    Ledoit and Wolf, "A well-conditioned estimator for large-dimensional covariance matrices"
    (2004), theorem 3.2: (1 - s) S + s m I with the s that minimises the expected squared error.
    """
    n, d = samples.shape
    covariance = samples.T @ samples / n
    mean = float(np.trace(covariance)) / d
    distance = float(np.sum(covariance**2)) / d - mean**2
    # E |x x' - S|^2 over the samples, without forming each x x'.
    fourth = float(np.sum(np.sum(samples**2, axis=1) ** 2)) / n
    spread = (fourth - float(np.sum(covariance**2))) / (n * d)
    shrinkage = min(max(spread / distance, 0.0), 1.0) if distance > 0 else 1.0
    return (1 - shrinkage) * covariance + shrinkage * mean * np.eye(d)
