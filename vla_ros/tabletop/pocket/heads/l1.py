"""The chunk itself, trained with an L1 loss: the median of what was demonstrated."""

import torch
from torch import Tensor, nn

from vla_ros.tabletop.pocket.contract import POSE
from vla_ros.tabletop.pocket.heads.head import Condition, Head, clipped
from vla_ros.tabletop.pocket.train_config import NetSettings


_SCALE = (0.1, 0.1, 0.1, 0.2, 0.2, 0.2, 1.0)  # of what one unit of the net is: m, rad, fraction
_SHIFT = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.5)


class L1Head(Head):
    """One linear layer on the summary of each arm; see `Head`."""

    def __init__(self, net: NetSettings, told: int, rest: int) -> None:
        """Build it; see `Head`."""
        super().__init__(net, told, rest)
        self.out = nn.Linear(net.feature_width, net.horizon * POSE)

    def loss(
        self,
        condition: Condition,
        x: Tensor,
        weight: Tensor,
        known: Tensor | None = None,
        repeat: int = 1,
        generator: torch.Generator | None = None,
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Return the weighted L1 distance (n,), of the steps that are not given; see `Head`."""
        every = (self.predict(condition) - x).abs() * weight
        if known is not None:
            every = every * (torch.arange(x.shape[1]) >= known[:, None])[..., None]
        error = every.sum((1, 2))
        return error, {'l1': error}

    def predict(self, condition: Condition) -> Tensor:
        """Return the chunk (n, H, C); see `Head`."""
        n, arms, _ = condition.summary.shape
        raw = self.out(condition.summary).reshape(n, arms, self.horizon, POSE)
        return self.whole(condition, raw * raw.new_tensor(_SCALE) + raw.new_tensor(_SHIFT))

    def evaluate(self, condition: Condition, *inputs: Tensor) -> tuple[Tensor, ...]:
        """Return the chunk (1, H, C); see `Head`."""
        return (clipped(condition.body, self.predict(condition)),)
