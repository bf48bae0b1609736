"""The net predicts the chunk itself, trained with an L1 loss: one pass, no samples."""

import numpy as np
from numpy.typing import NDArray

from vla_ros.core.data import Array


def decode(outputs: dict[str, NDArray[np.float32]]) -> Array:
    """Return the actions (horizon, C), in the policy's action space."""
    return np.asarray(outputs['actions'][0], np.float64)
