"""The reasoner: pictures and an instruction into a latent.

Language reaches vision through concepts (six colours, bowl, zone): the text chooses a mixture of
concepts, and a concept's embedding is what looks at the images. So every image trains every
concept that is in it, whatever its instruction was.
"""

from typing import NamedTuple

import torch
from torch import Tensor, nn

from vla_ros.tabletop.language.corpus import (
    ARM_CLASSES,
    BAD_TARGET,
    CONCEPTS,
    N_OBJECT,
    N_TARGET,
    NO_ARM,
)
from vla_ros.tabletop.language.families import FAMILIES
from vla_ros.tabletop.pocket.embodiment import Embodiment, Moment
from vla_ros.tabletop.pocket.layers import Attention, TextEncoder, mlp
from vla_ros.tabletop.pocket.locator import Locator
from vla_ros.tabletop.pocket.train_config import NetSettings


N = len(CONCEPTS)
_NEVER = 1e4  # off the logit of what a robot does not do


class Reading(NamedTuple):
    """What a text is understood to say; logits."""

    object: Tensor  # (n, N_OBJECT)
    target: Tensor  # (n, N_TARGET)
    family: Tensor  # (n, families), of all that the net knows
    arm: Tensor  # (n, arm classes)
    whole: Tensor  # (n, text_width), no logits: the text

    def part(self, some: slice) -> 'Reading':
        """Return the same of some texts."""
        return Reading(*(value[some] for value in self))


class Thought(NamedTuple):
    """What the reasoner makes of pictures and a text."""

    latent: Tensor  # (n, 4, D)
    p_grounded: Tensor  # (n,) that the text means something that is seen
    positions: Tensor  # (n, 2, 3) m, of object and target
    family: Tensor  # (n, families of the robot)
    p_understood: Tensor  # (n,) that the text means something, seen or not


class Reasoner(nn.Module):
    """Images and instruction -> latent tokens, p_grounded, positions, family."""

    needs_arm: Tensor  # (families,) 1 where a text must say which arm

    def __init__(self, net: NetSettings, vocabulary: int, families: tuple[str, ...]) -> None:
        super().__init__()
        self.text = TextEncoder(vocabulary, net.tokens, net.text_width, 4, net.body_width)
        self.object = nn.Linear(net.text_width, N_OBJECT)
        self.target = nn.Linear(net.text_width, N_TARGET)
        self.family = nn.Linear(net.text_width, len(families))
        self.arm = nn.Linear(net.text_width, len(ARM_CLASSES))
        self.query_far = nn.Parameter(torch.randn(N, net.width) * 0.5)
        self.query_near = nn.Parameter(torch.randn(N, net.width) * 0.5)
        self.far = Locator(net)
        self.near = Attention(net.image_size // 4, net.width)
        self.concepts = nn.Parameter(torch.randn(N_TARGET, net.latent_width) * 0.5)
        self.context = mlp(net.text_width + len(families) + len(ARM_CLASSES), 64, net.latent_width)
        self.scene = mlp(2 * 3 + 2, 64, net.latent_width)
        needs = [float('' not in FAMILIES[name].arms) for name in families]
        self.register_buffer('needs_arm', torch.tensor(needs), persistent=False)

    def see(self, at: Moment, far: Tensor, near: Tensor) -> dict[str, Tensor]:
        """Return what is believed about each of the N concepts.

        Args:
            at: whose cameras they are, and when.
            far: (n, width, S, S) features.
            near: (n, arms, width, S, S) features.
        """
        n, arms = near.shape[:2]
        query = self.query_far.expand(n, -1, -1)
        eye = at.body.eye(at.body.far, at.state)
        seen: dict[str, Tensor] = self.far(at, query, far, eye)
        query = self.query_near.expand(n * arms, -1, -1)
        _, _, sure, logits = self.near(query, near.flatten(0, 1))
        sure = sure.reshape(n, arms, N)
        present = torch.logsumexp(torch.cat([seen['seen'][:, None], sure], 1), 1)
        near_logits = logits.reshape(n, arms, N, -1)
        return {**seen, 'near_logits': near_logits, 'present': present}

    def read(self, to: Embodiment, mark: Tensor, tokens: Tensor) -> Reading:
        """Return what texts (n, L) say to a robot with this mark (B,)."""
        text = self.text(tokens, mark)
        family = self.family(text[:, 2])
        others = torch.ones_like(family[0]).index_fill(0, torch.tensor(to.rows), 0.0)
        return Reading(
            self.object(text[:, 0]),
            self.target(text[:, 1]),
            family - _NEVER * others,
            self.arm(text[:, 3]),
            text[:, 2],
        )

    def embed(self, weights: Tensor) -> Tensor:
        """Return the token of a mixture of target classes (..., N_TARGET)."""
        return torch.tanh(torch.matmul(weights, self.concepts))

    def think(self, body: Embodiment, seen: dict[str, Tensor], words: Reading) -> Thought:
        """Return what comes of what is seen and read."""
        p_object = torch.softmax(words.object, -1)
        p_target = torch.softmax(words.target, -1)
        family, arm = torch.softmax(words.family, -1), torch.softmax(words.arm, -1)
        present = torch.sigmoid(seen['present'])
        colours = N_OBJECT - 1
        there = (p_object[:, :colours] * present[:, :colours]).sum(-1)
        goal = (p_target[:, :N] * present).sum(-1) + p_target[:, N]
        same = (p_object[:, :colours] * p_target[:, :colours]).sum(-1)
        by = 1.0 - torch.matmul(family, self.needs_arm) * arm[:, NO_ARM]
        named = 1.0 - p_object[:, colours]
        p_understood = named * (1.0 - p_target[:, BAD_TARGET]) * (1.0 - same) * by
        p_grounded = (there * goal * (1.0 - same) * by).clamp(0.0, 1.0)
        shares = torch.stack([_padded(p_object[:, :colours], N), p_target[:, :N]], 1)
        positions = torch.matmul(shares, seen['position'])
        scene = ((positions - body.centre) * 4).flatten(1)
        scene = self.scene(torch.cat([scene, there[:, None], goal[:, None]], -1))
        context = self.context(torch.cat([words.whole, family, arm], -1))
        tokens = [
            self.embed(_padded(p_object[:, :colours], N_TARGET)),
            self.embed(p_target),
            torch.tanh(context),
            torch.tanh(scene),
        ]
        family = family[:, list(body.rows)]
        return Thought(torch.stack(tokens, 1), p_grounded, positions, family, p_understood)


def _padded(x: Tensor, width: int) -> Tensor:
    return nn.functional.pad(x, (0, width - x.shape[-1]))
