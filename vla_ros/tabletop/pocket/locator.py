"""Locator: where what is asked about is, as one camera sees it."""

import torch
from torch import Tensor, nn

from vla_ros.tabletop.pocket.embodiment import Eye, Moment
from vla_ros.tabletop.pocket.layers import Attention, mlp
from vla_ros.tabletop.pocket.train_config import NetSettings


class Locator(nn.Module):
    """Queries -> positions seen by one camera; the weights know no camera by name."""

    def __init__(self, net: NetSettings) -> None:
        super().__init__()
        self.attention = Attention(net.image_size // 4, net.width)
        self.height = mlp(net.width + 3 + net.body_width, 48, 1)
        self.correction = mlp(net.width + 6 + net.body_width, 64, 3)

    def forward(
        self,
        at: Moment,
        query: Tensor,
        features: Tensor,
        eye: Eye,
        reach: Tensor | None = None,
    ) -> dict[str, Tensor]:
        """Return `position` (n, k, 3) m, `attended`, `seen` (logit) and `logits` (heat).

        Args:
            at: whose camera it is, and when.
            query: (n, k, width).
            features: (n, width, S, S).
            eye: the camera.
            reach: (n,) m, height of the hand that carries it.
        """
        place, attended, seen, logits = self.attention(query, features)
        n, k, _ = place.shape
        height = torch.zeros_like(place[..., :1])
        if reach is not None:
            height = height + reach[:, None, None]
        body, mark = at.body, at.mark.expand(n, k, -1)
        height = 0.05 + 0.1 * self.height(torch.cat([attended, place, height, mark], -1))
        point = sight(eye, place, height + body.floor).clamp(-2.0, 2.0)
        inputs = torch.cat([attended, place, height, point - body.centre, mark], -1)
        position = point + 0.05 * self.correction(inputs)
        return {'position': position, 'attended': attended, 'seen': seen, 'logits': logits}


def sight(eye: Eye, place: Tensor, height: Tensor) -> Tensor:
    """Return where lines of sight meet heights, (n, k, 3) m.

    Args:
        eye: the camera.
        place: (n, k, 2) image coordinates.
        height: (n, k, 1) m, in the base frame.
    """
    ones = torch.ones_like(place[..., :1])
    ray = torch.cat([place * eye.tangent, ones], -1)
    ray = torch.matmul(ray, eye.rotation.transpose(1, 2))
    origin = eye.origin[:, None]
    # A line of sight that is nearly level would meet the height far away, or never.
    slope = ray[..., 2:].clamp(max=-0.3)
    distance = ((height - origin[..., 2:]) / slope).clamp(0.0, 2.0)
    return origin + ray * distance
