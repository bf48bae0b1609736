"""The head gives the chunk itself, trained with an L1 loss: one pass, nothing random."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from vla_ros.core.data import Array
from vla_ros.policies.decoders.decoder import (
    Condition,
    Drawn,
    Guidance,
    Net,
    Prefix,
    Shape,
    Traits,
)


@dataclass(frozen=True)
class L1Options:
    """There are none."""


class L1:
    """The median of what was demonstrated; see `Decoder`."""

    Options: ClassVar[type[L1Options]] = L1Options
    traits: ClassVar[Traits] = Traits(samples=False, prefix='blend')

    def __init__(self, net: Net, options: L1Options) -> None:
        """Take a head whose output is `actions`."""
        self._net = net

    @staticmethod
    def outputs(horizon: int, width: int) -> Mapping[str, Shape]:
        """Return what it needs of a head."""
        return {'actions': (1, horizon, width)}

    def sample(
        self,
        condition: Condition,
        n: int = 1,
        prefix: Prefix | None = None,
        guidance: Sequence[Guidance] = (),
        noise: np.random.Generator | None = None,
        steps: int = 0,
    ) -> Drawn:
        """Return the same chunk n times, whatever the prefix; see `Decoder`."""
        if guidance:
            raise ValueError('decoder l1: cannot be guided; choose one that draws')
        actions = self._net.run(**condition)['actions'].astype(np.float64)
        return Drawn.of(np.repeat(actions, n, 0), evaluations=1)

    def score(self, condition: Condition, actions: Array) -> Array:
        """Return NaN: it has no density."""
        return np.full(len(actions), np.nan)
