"""Both nets with their shared trunks, and the two graphs that are exported."""

import torch
from torch import Tensor, nn

from vla_ros.tabletop.pocket.embodiment import Embodiment, Moment, all_families
from vla_ros.tabletop.pocket.expert_net import Expert
from vla_ros.tabletop.pocket.layers import Backbone
from vla_ros.tabletop.pocket.reasoner_net import Reading, Reasoner, Thought
from vla_ros.tabletop.pocket.train_config import NetSettings


class PolicyNet(nn.Module):
    """What is trained, for one robot or for several.

    Both parts see the same cameras, so one trunk each learns from the images of both; each
    exported file holds its own copy.
    """

    def __init__(
        self,
        net: NetSettings,
        vocabulary: int,
        bodies: tuple[Embodiment, ...],
    ) -> None:
        """Build both for robots and texts of so many ids."""
        super().__init__()
        self.far = Backbone(net.image_size, net.stem, net.width)
        self.near = Backbone(net.image_size, net.stem, net.width)
        self.reasoner = Reasoner(net, vocabulary, all_families(bodies))
        self.expert = Expert(net, max(body.rest for body in bodies))
        self.marks = nn.Parameter(torch.randn(len(bodies), net.body_width) * 0.1)

    def at(self, body: Embodiment, state: Tensor) -> Moment:
        """Return a robot at its states (n, 2 per channel)."""
        return Moment(body, self.marks[body.number], state)

    def read(self, body: Embodiment, tokens: Tensor) -> Reading:
        """Return what texts (n, L) say to a robot."""
        return self.reasoner.read(body, self.marks[body.number], tokens)

    def look(self, far: Tensor, near: Tensor) -> tuple[Tensor, Tensor]:
        """Return features (n, width, S, S) and (n, arms, width, S, S).

        Args:
            far: (n, S, S, 3) pictures.
            near: (n, arms, S, S, 3) pictures.
        """
        hands: Tensor = self.near(near.flatten(0, 1))
        return self.far(far), hands.reshape(*near.shape[:2], *hands.shape[1:])


class ReasonerGraph(nn.Module):
    """reasoner.onnx: raw images, tokens and state in; what the reasoner makes of them out."""

    def __init__(self, net: PolicyNet, body: Embodiment) -> None:
        super().__init__()
        self.net, self.body = net, body

    def forward(self, *inputs: Tensor) -> Thought:
        """See docs/design.md for names and shapes."""
        *images, tokens, state = inputs
        net, body = self.net, self.body
        pictures = net.look(images[0], torch.stack(images[1:], 1))
        seen = net.reasoner.see(net.at(body, state), *pictures)
        return net.reasoner.think(body, seen, net.read(body, tokens))


class ExpertGraph(nn.Module):
    """expert.onnx: raw images, state, latent and its age in; actions, feature, positions out."""

    def __init__(self, net: PolicyNet, body: Embodiment) -> None:
        super().__init__()
        self.net, self.body = net, body

    def forward(self, *inputs: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """See docs/design.md for names and shapes."""
        *images, state, latent, age = inputs
        net, body, at = self.net, self.body, self.net.at(self.body, state)
        far, near = net.look(images[0], torch.stack(images[1:], 1))
        found = net.expert.locate(at, latent[:, :2], far, near)
        actions, feature = net.expert.decide(at, found, net.expert.squeezed(near), latent, age)
        # The opening is a fraction; training needs its gradient outside 0..1, deployment does not.
        parts = [
            part.clamp(0.0, 1.0) if i % 2 else part
            for i, part in enumerate(actions.split([*[6, 1] * body.arms, body.rest], -1))
        ]
        return torch.cat(parts, -1), feature, found['position'].mean(1)
