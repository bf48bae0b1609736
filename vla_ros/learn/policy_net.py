"""Both nets with their shared trunks, and the two graphs that are exported."""

import torch
from torch import Tensor, nn

from vla_ros.learn.embodiment import Embodiment
from vla_ros.learn.expert import Expert
from vla_ros.learn.layers import Trunk
from vla_ros.learn.reasoner import Reasoner
from vla_ros.learn.settings import NetSettings


class PolicyNet(nn.Module):
    """What is trained, for one robot or for several.

    Both parts see the same cameras, so one trunk each learns from the images of both; each
    exported file holds its own copy.
    """

    def __init__(
        self, net: NetSettings, vocabulary: int, families: tuple[str, ...], robots: int = 1
    ) -> None:
        """Build both; `vocabulary` ids, these task families, so many robots."""
        super().__init__()
        self.far = Trunk(net.image_size, net.stem, net.width)
        self.near = Trunk(net.image_size, net.stem, net.width)
        self.reasoner = Reasoner(net, vocabulary, families)
        self.expert = Expert(net)
        self.marks = nn.Parameter(torch.randn(robots, net.body_width) * 0.1)

    def mark(self, body: Embodiment) -> Tensor:
        """Return what tells a robot from the others (B,)."""
        return self.marks[body.number]

    def look(self, far: Tensor, near: Tensor) -> tuple[Tensor, Tensor]:
        """Return features (n, width, S, S) and (n, arms, width, S, S).

        Args:
            far: (n, S, S, 3) pictures.
            near: (n, arms, S, S, 3) pictures.
        """
        hands: Tensor = self.near(near.flatten(0, 1))
        return self.far(far), hands.reshape(*near.shape[:2], *hands.shape[1:])


class ReasonerGraph(nn.Module):
    """reasoner.onnx: raw images and tokens in; latent, p_grounded, positions, family out."""

    def __init__(self, net: PolicyNet, body: Embodiment) -> None:
        super().__init__()
        self.net, self.body = net, body

    def forward(self, *inputs: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """See docs/design.md for names and shapes."""
        *images, tokens, state = inputs
        net, body = self.net, self.body
        far, near = net.look(images[0], torch.stack(images[1:], 1))
        seen = net.reasoner.see(body, net.mark(body), far, near, state)
        return net.reasoner.think(body, seen, net.reasoner.read(tokens))


class ExpertGraph(nn.Module):
    """expert.onnx: raw images, state, latent and its age in; actions, feature, positions out."""

    def __init__(self, net: PolicyNet, body: Embodiment) -> None:
        super().__init__()
        self.net, self.body = net, body

    def forward(self, *inputs: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """See docs/design.md for names and shapes."""
        *images, state, latent, age = inputs
        net, body, mark = self.net, self.body, self.net.mark(self.body)
        far, near = net.look(images[0], torch.stack(images[1:], 1))
        found = net.expert.locate(body, mark, latent[:, :2], far, near, state)
        glance = net.expert.squeezed(near)
        actions, feature = net.expert.decide(body, mark, found, glance, state, latent, age)
        # The opening is a fraction; training needs its gradient outside 0..1, deployment does not.
        parts = [
            part.clamp(0.0, 1.0) if i % 2 else part
            for i, part in enumerate(actions.split([6, 1] * body.arms, -1))
        ]
        return torch.cat(parts, -1), feature, found['position'].mean(1)
