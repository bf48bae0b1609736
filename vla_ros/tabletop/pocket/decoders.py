"""How a net's output becomes actions: one decoder per file, found by name."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from vla_ros.core.data import Array
from vla_ros.policies import Policy, PolicyError
from vla_ros.tabletop.pocket import l1


class Decoder(Protocol):
    """Outputs of `expert.onnx` -> actions (horizon, C) in the policy's action space."""

    def __call__(self, outputs: dict[str, NDArray[np.float32]]) -> Array:
        """Return the actions."""
        ...


@dataclass(frozen=True)
class _NoOptions:
    """What `l1` can be told."""


DECODERS: dict[str, Decoder] = {'l1': l1.decode}


def make_decoder(policy: Policy) -> Decoder:
    """Return the decoder that a policy names, `l1` where it names none.

    Raises:
        PolicyError: no such decoder; the message names the valid ones.
        ConfigError: an option that it does not have.
    """
    name = policy.spec.decoder.get('name', 'l1')
    if name not in DECODERS:
        raise PolicyError(f'{policy.path}: decoder {name!r} is not one of {sorted(DECODERS)}')
    policy.options('decoder', _NoOptions)
    return DECODERS[name]
