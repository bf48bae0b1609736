"""Both nets with their shared trunks, and the two graphs that are exported."""

import torch
from torch import Tensor, nn

from vla_ros.learn.cameras import Pinhole
from vla_ros.learn.layers import Trunk
from vla_ros.learn.networks import Expert, Reasoner
from vla_ros.learn.settings import NetSettings


class PolicyNet(nn.Module):
    """What is trained."""

    def __init__(
        self, net: NetSettings, vocabulary: int, cameras: tuple[Pinhole, ...], families: int
    ) -> None:
        """Build both; `vocabulary` ids, so many task families."""
        super().__init__()
        self.front = Trunk(net.image_size, net.stem, net.width)
        self.wrist = Trunk(net.image_size, net.stem, net.width)
        self.reasoner = Reasoner(net, vocabulary, cameras, families)
        self.expert = Expert(net, cameras)


class ReasonerGraph(nn.Module):
    """reasoner.onnx: raw images and tokens in; latent, p_grounded, positions, family out."""

    def __init__(self, net: PolicyNet) -> None:
        super().__init__()
        self.net = net

    def forward(
        self, front: Tensor, wrist: Tensor, tokens: Tensor
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """See docs/design.md for names and shapes."""
        seen = self.net.reasoner.see(self.net.front(front), self.net.wrist(wrist))
        return self.net.reasoner.think(seen, self.net.reasoner.read(tokens))


class ExpertGraph(nn.Module):
    """expert.onnx: raw images, state, latent and its age in; actions, feature, positions out."""

    def __init__(self, net: PolicyNet) -> None:
        super().__init__()
        self.net = net

    def forward(
        self, front: Tensor, wrist: Tensor, state: Tensor, latent: Tensor, age: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """See docs/design.md for names and shapes."""
        far, near = self.net.front(front), self.net.wrist(wrist)
        actions, feature, positions = self.net.expert(far, near, state, latent, age)
        # The opening is a fraction; training needs its gradient outside 0..1, deployment does not.
        opening = actions[..., 6:].clamp(0.0, 1.0)
        return torch.cat([actions[..., :6], opening], -1), feature, positions
