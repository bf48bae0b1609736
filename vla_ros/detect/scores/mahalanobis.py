"""Feature distance: has the expert seen anything like this while it succeeded?

Mahalanobis distance of the expert's feature after principal components, with the covariance
shrunk towards a multiple of the identity (Ledoit and Wolf, 2004), because there are few
episodes and their frames are correlated.
"""

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from vla_ros.data import ActionChunk
from vla_ros.detect.scores.base import Parameters, Score


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
        from sklearn.covariance import ledoit_wolf  # slow to import, and only needed here

        features = np.stack([c.feature for episode in episodes for c in episode]).astype(float)
        if features.shape[1] == 0 or not np.all(np.isfinite(features)):
            raise ValueError('mahalanobis: the rollouts carry no finite feature vector')
        stride = -(-len(features) // _MOST_FRAMES)
        features = features[::stride]
        mean = features.mean(axis=0)
        centred = features - mean
        _, _, axes = np.linalg.svd(centred, full_matrices=False)
        axes = axes[: min(settings.components, len(axes))]
        covariance, _ = ledoit_wolf(centred @ axes.T, assume_centered=True)
        values, vectors = np.linalg.eigh(covariance)
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
