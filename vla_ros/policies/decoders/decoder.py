"""Decoder: how what a net made of an observation becomes chunks, at run time.

A net looks once and makes a condition; a head is evaluated on it as often as a decoder wants.
Decoders are numpy and an ONNX session, never torch.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from vla_ros.core.data import Array
from vla_ros.policies.expert import Prediction
from vla_ros.policies.onnx_session import Shape


# What a net made of one observation: the inputs by name that every evaluation of a head is given.
Condition = Mapping[str, NDArray[np.float32]]
# Chunks (n, H, C) -> what they cost (n,), and its gradient (n, H, C).
Guidance = Callable[[Array], tuple[Array, Array]]


class Net(Protocol):
    """What a decoder evaluates: a head.

    `inputs` has the shapes of all that it takes, by name.
    """

    inputs: Mapping[str, Shape]

    def run(self, **inputs: NDArray) -> dict[str, NDArray[np.float32]]:
        """Return the outputs by name."""
        ...


@dataclass(frozen=True)
class Traits:
    """What a decoder can do."""

    samples: bool  # whether the chunks that it draws on one condition differ
    # What it makes of a prefix; 'blend' is nothing: the queue blends one chunk into the next.
    prefix: Literal['trained', 'guided', 'replace', 'fixed', 'blend']


@dataclass(frozen=True)
class Prefix:
    """The steps still to come of the chunk in execution, which the next should go on from."""

    actions: Array  # (H', C), from the observation on, in the policy's action space
    delay: int  # the first of them that will be executed before the new chunk arrives


@dataclass(frozen=True)
class Drawn:
    """Chunks that were drawn on one condition; NaN where a decoder has no such number."""

    actions: Array  # (n, H, C), in the policy's action space
    log_density: Array  # (n,), comparable within one condition
    energy: Array  # (n,), likewise; the least is the best
    confidence: Array  # (n, H), 0..1
    evaluations: int  # of the head

    @classmethod
    def of(cls, actions: Array, evaluations: int, **known: Array) -> 'Drawn':
        """Return chunks (n, H, C) with the numbers that are known of them, NaN for the others."""
        n, horizon = actions.shape[:2]
        none = {
            'log_density': np.full(n, np.nan),
            'energy': np.full(n, np.nan),
            'confidence': np.full((n, horizon), np.nan),
        }
        return cls(actions, evaluations=evaluations, **(none | known))

    @property
    def scores(self) -> Array | None:
        """The number (n,) whose greatest is the best: the density, or minus the energy."""
        for values in (self.log_density, -self.energy):
            if np.isfinite(values).all():
                return values
        return None

    def prediction(self, feature: NDArray[np.float32]) -> Prediction:
        """Return the best chunk, or the first where none is better, and the others beside it."""
        scores, several = self.scores, len(self.actions) > 1
        best = 0 if scores is None else int(np.argmax(scores))
        confidence = self.confidence[best]
        return Prediction(
            self.actions[best],
            samples=self.actions if several else None,
            scores=scores if several else None,
            confidence=confidence if np.isfinite(confidence).all() else None,
            feature=feature,
        )


class Decoder(Protocol):
    """Draws chunks; one class a file, whose name in `DECODERS` is the one in `policy.yaml`."""

    # A frozen dataclass: what `decoder:` of a policy.yaml may say besides the name. `samples`,
    # where it is one of its fields, is how many chunks an expert is asked for.
    Options: ClassVar[type[Any]]
    traits: ClassVar[Traits]

    def __init__(self, net: Net, options: Any) -> None:
        """Take the head, whose outputs are the ones asked for, and checked options."""

    @staticmethod
    def outputs(horizon: int, width: int) -> Mapping[str, Shape]:
        """Return names and shapes of what it needs of a head, for chunks (horizon, width)."""
        ...

    def sample(
        self,
        condition: Condition,
        n: int = 1,
        prefix: Prefix | None = None,
        guidance: Sequence[Guidance] = (),
        noise: np.random.Generator | None = None,
        steps: int = 0,
    ) -> Drawn:
        """Return n chunks.

        Args:
            condition: of one observation.
            n: how many.
            prefix: what they should go on from.
            guidance: costs that they should keep low.
            noise: what is random; the same generator in the same state gives the same chunks.
            steps: rounds of evaluations; 0 is what the options say.

        Raises:
            ValueError: it cannot be guided.
        """
        ...

    def score(self, condition: Condition, actions: Array) -> Array:
        """Return the log density, or minus the energy (n,), of chunks (n, H, C) from anywhere."""
        ...
