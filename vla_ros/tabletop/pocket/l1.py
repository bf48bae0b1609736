"""The net predicts the chunk itself, trained with an L1 loss: one pass, no samples."""

import numpy as np
from numpy.typing import NDArray

from vla_ros.core.data import Array
from vla_ros.policies import PolicySpec, absolute_actions


def decode(outputs: dict[str, NDArray[np.float32]], state: Array, spec: PolicySpec) -> Array:
    """Return absolute actions (horizon, channels)."""
    return absolute_actions(outputs['actions'][0], state, spec.gripper_open, spec.parts)
