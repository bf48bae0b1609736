"""BodyHead: what moves besides the arms, told what these are told and what they make of it."""

import torch
from torch import Tensor, nn

from vla_ros.tabletop.pocket.embodiment import Embodiment
from vla_ros.tabletop.pocket.features import SCALES as PLACED
from vla_ros.tabletop.pocket.features import scales
from vla_ros.tabletop.pocket.layers import mlp
from vla_ros.tabletop.pocket.train_config import NetSettings


# What one unit of the net's output is, by kind: rad from what is commanded, m/s or rad/s.
SCALES = {'joint': 0.1, 'twist': 0.2}


class BodyHead(nn.Module):
    """Joints of postures and twists of drives over the chunk."""

    def __init__(self, net: NetSettings, told: int, channels: int) -> None:
        """Build it for up to so many channels, told so many numbers besides features and place."""
        super().__init__()
        self.horizon, self.channels = net.horizon, channels
        self.net = mlp(
            told + PLACED + net.feature_width, net.hidden, net.hidden, channels * net.horizon
        )

    def forward(self, body: Embodiment, told: list[Tensor], feature: Tensor) -> Tensor:
        """Return relative actions (n, H, rest of the robot).

        Args:
            body: the robot.
            told: what its arms are told in common, and last where the object is (n, 3) m.
            feature: (n, F) what the arms make of it.
        """
        inputs = torch.cat([*told[:-1], scales(told[-1]), feature], -1)
        raw = self.net(inputs).reshape(-1, self.horizon, self.channels)[..., : body.rest]
        return raw * raw.new_tensor(rest_scales(body))


def rest_scales(body: Embodiment) -> list[float]:
    """Return what one unit of each channel of a robot's rest is."""
    return [SCALES[kind] for kind in body.action_space.units if kind in SCALES]
