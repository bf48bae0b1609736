"""Both nets with their shared trunks, and the graphs that are exported."""

import torch
from torch import Tensor, nn

from vla_ros.tabletop.pocket.embodiment import Embodiment, Moment, all_families
from vla_ros.tabletop.pocket.expert_net import Expert
from vla_ros.tabletop.pocket.heads import HEADS, Condition
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
        """Build both for robots and texts of so many ids; ValueError where no such head is."""
        super().__init__()
        self.far = Backbone(net.image_size, net.stem, net.width)
        self.near = Backbone(net.image_size, net.stem, net.width)
        self.reasoner = Reasoner(net, vocabulary, all_families(bodies))
        rest = max(body.rest for body in bodies)
        self.expert = Expert(net, rest)
        if net.head not in HEADS:
            raise ValueError(f'net.head: {net.head!r} is not one of {sorted(HEADS)}')
        self.head = HEADS[net.head](net, self.expert.told, rest)
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


class PerceiveGraph(nn.Module):
    """perceive.onnx: raw images, state, latent and its age in; what a head is told out."""

    def __init__(self, net: PolicyNet, body: Embodiment) -> None:
        super().__init__()
        self.net, self.body = net, body

    @property
    def outputs(self) -> tuple[str, ...]:
        """Their names."""
        return (*conditions(self.body), 'feature', 'positions')

    def forward(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        """See docs/design.md for names and shapes."""
        *images, state, latent, age = inputs
        net, at = self.net, self.net.at(self.body, state)
        far, near = net.look(images[0], torch.stack(images[1:], 1))
        found = net.expert.locate(at, latent[:, :2], far, near)
        made = net.expert.condition(at, found, net.expert.squeezed(near), latent, age)
        told = (made.arms,) if made.rest is None else (made.arms, made.rest)
        return (*told, made.summary.mean(1), found['position'].mean(1))


class HeadGraph(nn.Module):
    """head.onnx: what `perceive.onnx` made of one observation in, what a head says of it out."""

    def __init__(self, net: PolicyNet, body: Embodiment) -> None:
        super().__init__()
        self.net, self.body = net, body

    def forward(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        """See docs/design.md for names and shapes."""
        count = len(conditions(self.body))
        arms, *rest = inputs[:count]
        made = Condition(self.body, arms, self.net.expert.summary(arms), *rest)
        return self.net.head.evaluate(made, *inputs[count:])


def conditions(body: Embodiment) -> tuple[str, ...]:
    """Return the names of what both graphs share."""
    return ('condition', 'rest') if body.rest else ('condition',)
