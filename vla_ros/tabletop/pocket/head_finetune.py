"""The last stage of training: condition and head alone, on what the finished eyes see.

Looking costs a thousand times more than deciding. Once the trunks are good, every frame is looked
at once, and the head then sees each of them hundreds of times with other delays and wordings.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
import math

import numpy as np
from numpy.typing import NDArray
import torch
from torch import Tensor, nn

from vla_ros.tabletop.language import requests
from vla_ros.tabletop.language.corpus import N_TARGET, NO_TARGET, positive
from vla_ros.tabletop.pocket.batches import Sampler
from vla_ros.tabletop.pocket.body_head import rest_scales
from vla_ros.tabletop.pocket.contract import POSE
from vla_ros.tabletop.pocket.demos import Demos
from vla_ros.tabletop.pocket.embodiment import Embodiment
from vla_ros.tabletop.pocket.heads import Condition
from vla_ros.tabletop.pocket.policy_net import PolicyNet
from vla_ros.tabletop.pocket.reasoner_net import Reading
from vla_ros.tabletop.pocket.train_config import HeadFinetuneSettings


WORDINGS = 48  # per request, drawn once
USUAL_SHARE = 0.25  # of a family whose share the recipe does not name


@dataclass(frozen=True)
class Views:
    """What the nets see in every frame (n) of a set of demonstrations."""

    position: Tensor  # (n, arms, NO_TARGET + 1, 3) m, where the expert believes each concept is
    attended: Tensor  # (n, arms, NO_TARGET + 1, width)
    glance: Tensor  # (n, arms, width)
    believed: Tensor  # (n, concepts, 3) m, the reasoner's
    present: Tensor  # (n, concepts) logits


@torch.no_grad()
def look(net: PolicyNet, demos: Demos, frames: NDArray, chunk: int = 64) -> Views:
    """Look at frames once."""
    every = net.reasoner.embed(torch.eye(N_TARGET)[: NO_TARGET + 1])
    parts: list[tuple[Tensor, ...]] = []
    for some in np.array_split(frames, max(1, len(frames) // chunk)):
        at = net.at(demos.body, torch.from_numpy(demos.state[some]))
        pictures = net.look(torch.from_numpy(demos.far[some]), torch.from_numpy(demos.near[some]))
        seen = net.reasoner.see(at, *pictures)
        found = net.expert.locate(at, every.expand(len(some), -1, -1), *pictures)
        glance = net.expert.squeezed(pictures[1])
        parts.append(
            (found['position'], found['attended'], glance, seen['position'], seen['present'])
        )
    return Views(*(torch.cat(column) for column in zip(*parts, strict=True)))


class Rehearsal:
    """The demonstrations of one robot, looked at once, for the head to learn from."""

    def __init__(
        self, net: PolicyNet, sampler: Sampler, settings: HeadFinetuneSettings, seed: int = 0
    ) -> None:
        """Look at every frame that may be learned from, or that a latent may come from."""
        self.net, self.sampler, self.settings = net, sampler, settings
        self.rng = np.random.default_rng(seed)
        demos = sampler.demos
        moving = np.unique(demos.episode[demos.usable])
        self.frames = np.flatnonzero(np.isin(demos.episode, moving))
        self.index = np.full(demos.n, -1)
        self.index[self.frames] = np.arange(len(self.frames))
        self.views = look(net, demos, self.frames)
        families = sampler.families
        self._words = _read(net, sampler, self.rng)
        order = {request: i for i, request in enumerate(requests(*families))}
        self._asked = np.array([order[request] for request in demos.requests])
        self._shares = [settings.shares.get(name, USUAL_SHARE) for name in families]
        family = np.array([families.index(r.family) for r in demos.requests])
        usable = np.flatnonzero(demos.usable)
        self._pools = [usable[family[demos.episode[usable]] == i] for i in range(len(families))]
        self._weight = _weight(demos.body, net.head.horizon)

    def choose(self, count: int) -> NDArray[np.int64]:
        """Return random usable frames, families in their shares."""
        groups = zip(self._shares, self._pools, strict=True)
        shares = np.array([share if len(pool) else 0.0 for share, pool in groups])
        counts = self.rng.multinomial(count, shares / shares.sum())
        pools = zip(self._pools, counts, strict=True)
        return np.concatenate([p[self.rng.integers(len(p), size=c)] for p, c in pools if c])

    def conditions(self, frames: NDArray, noisy: bool) -> tuple[Condition, Tensor]:
        """Return what the nets make of some frames, and the wanted chunks (k, H, C)."""
        demos, views = self.sampler.demos, self.views
        old, age = self.sampler.delays(frames)
        episode = demos.episode[frames]
        asked, request = demos.classes[episode], torch.from_numpy(self._asked[episode])
        now, then = self.index[frames], torch.from_numpy(self.index[old])
        pick = torch.from_numpy(self.rng.integers(WORDINGS, size=len(frames)))
        words = Reading(*(w[request, pick] for w in self._words))
        seen = {'position': views.believed[then], 'present': views.present[then]}
        with torch.no_grad():
            latent = self.net.reasoner.think(demos.body, seen, words).latent
        rows = torch.from_numpy(now)[:, None], slice(None), torch.from_numpy(asked)
        # Indices apart bring their axes to the front: (k, 2, arms, ...).
        position, attended = (x[rows].transpose(1, 2) for x in (views.position, views.attended))
        glance = views.glance[torch.from_numpy(now)]
        if noisy:
            position = position + self.settings.noise * torch.randn_like(position)
            attended = nn.functional.dropout(attended, self.settings.dropout)
            glance = nn.functional.dropout(glance, self.settings.dropout)
        found = {'position': position, 'attended': attended}
        at = self.net.at(demos.body, torch.from_numpy(demos.state[frames]))
        ages = torch.from_numpy(age.astype(np.float32))
        condition = self.net.expert.condition(at, found, glance, latent, ages)
        return condition, torch.from_numpy(demos.chunks(frames, self.net.head.horizon))

    def error(self, frames: NDArray) -> dict[str, float]:
        """Return the action errors of frames: mm over the first half of the chunk, fraction."""
        with torch.no_grad():
            condition, wanted = self.conditions(frames, noisy=False)
            off = (self.net.head.predict(condition) - wanted)[:, : self.net.head.horizon // 2]
        arms = self.sampler.demos.body.arms
        off = off[..., : POSE * arms].unflatten(-1, (-1, POSE))
        return {
            'first_mm': float(off[..., :3].norm(dim=-1).mean() * 1e3),
            'gripper': float(off[..., 6].abs().mean()),
        }

    def loss(self) -> Tensor:
        """Return the loss of a random batch."""
        condition, wanted = self.conditions(self.choose(self.settings.batch), noisy=True)
        loss, _ = self.net.head.loss(condition, wanted, self._weight)
        return loss.mean()


class HeadFinetuner:
    """Trains the head of a net's expert on rehearsals, which take turns."""

    def __init__(
        self,
        net: PolicyNet,
        samplers: Sequence[Sampler],
        settings: HeadFinetuneSettings,
        seed: int = 0,
    ) -> None:
        """Look at the demonstrations of every sampler."""
        self.net, self.settings = net, settings
        self.rehearsals = [Rehearsal(net, sampler, settings, seed) for sampler in samplers]

    def train(self, report: Callable[[dict], None]) -> None:
        """Train for a while; the net ends with averaged weights."""
        head = [*self.net.expert.deciding(), *self.net.head.parameters()]
        for parameter in self.net.parameters():
            parameter.requires_grad_(False)
        for parameter in head:
            parameter.requires_grad_(True)
        average = [p.detach().clone() for p in head]
        settings = self.settings
        optimiser = torch.optim.AdamW(head, settings.rate, weight_decay=settings.weight_decay)
        total, steps = 0.0, settings.steps * len(self.rehearsals)
        for step in range(steps):
            done = step / steps
            rate = settings.rate * min(1.0, (step + 1) / 100)
            optimiser.param_groups[0]['lr'] = rate * 0.5 * (1 + math.cos(math.pi * done))
            loss = self.rehearsals[step % len(self.rehearsals)].loss()
            optimiser.zero_grad(set_to_none=True)
            loss.backward()
            nn.utils.clip_grad_norm_(head, 5.0)
            optimiser.step()
            torch._foreach_lerp_(average, [p.detach() for p in head], 1 - settings.ema)
            total += loss.item()
            if step % 500 == 499:
                report({'polish': step + 1, 'done': done, 'loss': total / 500})
                total = 0.0
        for parameter, value in zip(head, average, strict=True):
            parameter.data.copy_(value)


def _weight(body: Embodiment, horizon: int) -> Tensor:
    """Return what an error counts (H, relative channels): in units of scales, early ones more."""
    scale = torch.tensor([*([0.02] * 3 + [0.1] * 3 + [0.25]) * body.arms, *rest_scales(body)])
    return torch.linspace(1.5, 0.5, horizon)[:, None] / scale / len(scale)


@torch.no_grad()
def _read(net: PolicyNet, sampler: Sampler, rng: np.random.Generator) -> Reading:
    """Return what the reasoner reads in WORDINGS texts of every request, (requests, W, ...)."""
    rows, families = [], sampler.families
    for request in requests(*families):
        words = [positive(request, rng, families) for _ in range(WORDINGS)]
        texts = np.stack([sampler.vocabulary.encode_words(text) for text in words])
        rows.append(net.read(sampler.demos.body, torch.from_numpy(texts)))
    return Reading(*(torch.stack(column) for column in zip(*rows, strict=True)))
