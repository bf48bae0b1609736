"""BodyHead: what moves besides the arms, told what these are told in common and make of it."""

from torch import Tensor, nn

from vla_ros.tabletop.pocket.embodiment import Embodiment
from vla_ros.tabletop.pocket.layers import mlp
from vla_ros.tabletop.pocket.train_config import NetSettings


# What one unit of the net's output is, by kind: rad from what is commanded, m/s or rad/s.
SCALES = {'joint': 0.1, 'twist': 0.2}


class BodyHead(nn.Module):
    """Joints of postures and twists of drives over the chunk."""

    def __init__(self, net: NetSettings, told: int, channels: int) -> None:
        """Build it for up to so many channels, told so many numbers."""
        super().__init__()
        self.horizon, self.channels = net.horizon, channels
        self.net = mlp(told, net.hidden, net.hidden, channels * net.horizon)

    def forward(self, body: Embodiment, told: Tensor) -> Tensor:
        """Return relative actions (n, H, rest of the robot) on what it is told (n, R)."""
        raw = self.net(told).reshape(-1, self.horizon, self.channels)[..., : body.rest]
        return raw * raw.new_tensor(rest_scales(body))


def rest_scales(body: Embodiment) -> list[float]:
    """Return what one unit of each channel of a robot's rest is."""
    return [SCALES[kind] for kind in body.action_space.units if kind in SCALES]
