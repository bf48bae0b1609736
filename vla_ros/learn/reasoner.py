"""The reasoner: pictures and an instruction into a latent.

Language reaches vision through concepts (six colours, bowl, zone): the text chooses a mixture of
concepts, and a concept's embedding is what looks at the images. So every image trains every
concept that is in it, whatever its instruction was.
"""

from typing import NamedTuple

import torch
from torch import Tensor, nn

from vla_ros.language.corpus import ARM_CLASSES, CONCEPTS, N_OBJECT, N_TARGET, NO_ARM
from vla_ros.language.families import FAMILIES
from vla_ros.learn.embodiment import Embodiment
from vla_ros.learn.layers import Attention, TextEncoder, mlp
from vla_ros.learn.locator import Locator
from vla_ros.learn.settings import NetSettings


N = len(CONCEPTS)


class Reading(NamedTuple):
    """What a text is understood to say; logits."""

    object: Tensor  # (n, N_OBJECT)
    target: Tensor  # (n, N_TARGET)
    family: Tensor  # (n, families)
    arm: Tensor  # (n, arm classes)
    whole: Tensor  # (n, text_width), no logits: the text

    def part(self, some: slice) -> 'Reading':
        """Return the same of some texts."""
        return Reading(*(value[some] for value in self))


class Reasoner(nn.Module):
    """Images and instruction -> latent tokens, p_grounded, positions, family."""

    needs_arm: Tensor  # (families,) 1 where a text must say which arm

    def __init__(self, net: NetSettings, vocabulary: int, families: tuple[str, ...]) -> None:
        super().__init__()
        self.text = TextEncoder(vocabulary, net.tokens, net.text_width, queries=4)
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

    def see(
        self, body: Embodiment, mark: Tensor, far: Tensor, near: Tensor, state: Tensor
    ) -> dict[str, Tensor]:
        """Return what is believed about each of the N concepts.

        Args:
            body: whose cameras they are.
            mark: (B,) the robot's mark.
            far: (n, width, S, S) features.
            near: (n, arms, width, S, S) features.
            state: (n, 16 per arm).
        """
        n, arms = near.shape[:2]
        query = self.query_far.expand(n, -1, -1)
        seen: dict[str, Tensor] = self.far(body, mark, query, far, body.eye(body.far, state))
        query = self.query_near.expand(n * arms, -1, -1)
        _, _, sure, logits = self.near(query, near.flatten(0, 1))
        sure = sure.reshape(n, arms, N)
        present = torch.logsumexp(torch.cat([seen['seen'][:, None], sure], 1), 1)
        near_logits = logits.reshape(n, arms, N, -1)
        return {**seen, 'near_logits': near_logits, 'present': present}

    def read(self, tokens: Tensor) -> Reading:
        """Return what texts (n, L) say."""
        text = self.text(tokens)
        return Reading(
            self.object(text[:, 0]),
            self.target(text[:, 1]),
            self.family(text[:, 2]),
            self.arm(text[:, 3]),
            text[:, 2],
        )

    def embed(self, weights: Tensor) -> Tensor:
        """Return the token of a mixture of target classes (..., N_TARGET)."""
        return torch.tanh(torch.matmul(weights, self.concepts))

    def think(
        self, body: Embodiment, seen: dict[str, Tensor], words: Reading
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Return latent (n, 4, D), p_grounded (n,), positions (n, 2, 3), family (n, F)."""
        p_object = torch.softmax(words.object, -1)
        p_target = torch.softmax(words.target, -1)
        family, arm = torch.softmax(words.family, -1), torch.softmax(words.arm, -1)
        present = torch.sigmoid(seen['present'])
        colours = N_OBJECT - 1
        there = (p_object[:, :colours] * present[:, :colours]).sum(-1)
        goal = (p_target[:, :N] * present).sum(-1) + p_target[:, N]
        same = (p_object[:, :colours] * p_target[:, :colours]).sum(-1)
        by = 1.0 - torch.matmul(family, self.needs_arm) * arm[:, NO_ARM]
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
        return torch.stack(tokens, 1), p_grounded, positions, family


def _padded(x: Tensor, width: int) -> Tensor:
    return nn.functional.pad(x, (0, width - x.shape[-1]))
