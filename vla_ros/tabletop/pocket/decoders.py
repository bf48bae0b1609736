"""How a net's output becomes absolute actions: one decoder per file, found by name."""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from vla_ros.core.data import Array
from vla_ros.policies import PolicySpec
from vla_ros.tabletop.pocket import l1


class Decoder(Protocol):
    """Outputs of `expert.onnx` -> absolute actions (horizon, channels)."""

    def __call__(
        self, outputs: dict[str, NDArray[np.float32]], state: Array, spec: PolicySpec
    ) -> Array:
        """Return the actions; `state` is `RobotState.vector()` at the observation."""
        ...


DECODERS: dict[str, Decoder] = {'l1': l1.decode}


def decoder(name: str) -> Decoder:
    """Return the decoder called `name`.

    Raises:
        KeyError: no such decoder; the message names the valid ones.
    """
    if name not in DECODERS:
        raise KeyError(f'decoder {name!r} is not one of {sorted(DECODERS)}')
    return DECODERS[name]
