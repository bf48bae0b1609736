"""Head: what is trained to make chunks of a condition, and what is exported of it.

The nets look once; a head is evaluated as often as its decoder wants (`policies/decoders/`).
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import ClassVar, NamedTuple

import torch
from torch import Tensor, nn

from vla_ros.tabletop.pocket.body_head import BodyHead
from vla_ros.tabletop.pocket.embodiment import Embodiment
from vla_ros.tabletop.pocket.train_config import NetSettings


class Condition(NamedTuple):
    """What the nets made of n observations of one robot."""

    body: Embodiment
    arms: Tensor  # (n, arms, hidden), of each arm in its own frame
    summary: Tensor  # (n, arms, feature_width), of the same; the detector reads its mean
    rest: Tensor | None = None  # (n, R), what moves besides the arms rests on it; None if nothing

    def repeated(self, count: int) -> 'Condition':
        """Return every row `count` times, one after the other."""
        rest = None if self.rest is None else self.rest.repeat_interleave(count, 0)
        arms, summary = (x.repeat_interleave(count, 0) for x in (self.arms, self.summary))
        return Condition(self.body, arms, summary, rest)


class Head(nn.Module, ABC):
    """One member a file, whose name in `HEADS` is the one in the recipe.

    What moves besides the arms is always predicted by a `BodyHead`.
    """

    outputs: ClassVar[tuple[str, ...]] = ('actions',)  # names of what `evaluate` returns

    def __init__(self, net: NetSettings, told: int, rest: int) -> None:
        """Build it.

        Args:
            net: sizes.
            told: numbers of `Condition.rest`.
            rest: the greatest number of channels besides the arms', 0 where no robot has any.
        """
        super().__init__()
        self.horizon = net.horizon
        self.rest = BodyHead(net, told, rest) if rest else None

    def prepare(self, chunks: Sequence[tuple[Embodiment, Tensor]]) -> None:
        """Fit scales, bins or tokens to chunks (k, H, C) of each robot; once, before training."""

    @abstractmethod
    def loss(
        self,
        condition: Condition,
        x: Tensor,
        weight: Tensor,
        known: Tensor | None = None,
        repeat: int = 1,
        generator: torch.Generator | None = None,
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Return the loss (n,) of every row, and its parts (n,).

        Args:
            condition: of n observations.
            x: (n, H, C) the chunks that were demonstrated, in the policy's action space.
            weight: (H, C), how much an error of each number counts.
            known: (n,) how many steps of each chunk are given: a prefix. None is 0 everywhere.
            repeat: how often each condition is used, where something is drawn.
            generator: of what is drawn.
        """

    @abstractmethod
    def predict(self, condition: Condition) -> Tensor:
        """Return a chunk (n, H, C) for each row, for validation."""

    def examples(self, body: Embodiment) -> dict[str, Tensor]:
        """Return what `evaluate` takes besides a condition, by name, for export.

        Their first axis is the number of samples, which is then free.
        """
        return {}

    @abstractmethod
    def evaluate(self, condition: Condition, *inputs: Tensor) -> tuple[Tensor, ...]:
        """Return `outputs` on a condition of one row: what `head.onnx` does."""

    def whole(self, condition: Condition, arms: Tensor) -> Tensor:
        """Return actions (n, H, C) out of those of the arms, (n, arms, H, 7) in their frames."""
        body = condition.body
        actions = body.actions(arms)
        if self.rest is None or condition.rest is None:
            return actions
        return torch.cat([actions, self.rest(body, condition.rest)], -1)


def clipped(body: Embodiment, actions: Tensor) -> Tensor:
    """Return actions whose openings lie in 0..1: training needs their gradients outside."""
    parts = [
        part.clamp(0.0, 1.0) if i % 2 else part
        for i, part in enumerate(actions.split([*[6, 1] * body.arms, body.rest], -1))
    ]
    return torch.cat(parts, -1)
