"""What the nets are trained to get right; every term is a mean, about 1 when untrained."""

import torch
from torch import Tensor
from torch.nn import functional

from vla_ros.language.corpus import CONCEPTS, N_TARGET, Texts
from vla_ros.learn.batches import Batch
from vla_ros.learn.layers import Attention
from vla_ros.learn.policy_net import PolicyNet
from vla_ros.learn.settings import LossSettings


def total(net: PolicyNet, batch: Batch, weights: LossSettings) -> tuple[Tensor, dict[str, Tensor]]:
    """Return the weighted loss of a batch, and its parts."""
    front, wrist = net.front(batch.images['front']), net.wrist(batch.images['wrist'])
    n, tokens = len(batch.state), torch.cat([batch.tokens, torch.from_numpy(batch.texts.tokens)])
    tokens = tokens[:, : int((tokens != 0).sum(1).amax())]
    every_word = net.reasoner.read(tokens)
    first, second, third, whole = (word[:n] for word in every_word)
    words, more = (first, second, third, whole), tuple(word[n:] for word in every_word)
    seen = net.reasoner.see(front, wrist)
    # The wording of the request differs between the two, the request does not.
    old = {k: v[batch.source] for k, v in seen.items() if k in ('position', 'present')}
    latent, _, _, _ = net.reasoner.think(old, words)
    every = net.reasoner.embed(torch.eye(N_TARGET)[: len(CONCEPTS)]).expand(n, -1, -1)
    found = net.expert.locate(torch.cat([latent[:, :2], every], 1), front, wrist, batch.state)
    glance = net.expert.squeezed(wrist)
    actions, _ = net.expert.decide(found, glance, batch.state, latent, batch.age)
    slots, found = found['position'][:, :2], {k: v[:, 2:] for k, v in found.items()}
    parts = {
        'action': action_loss(actions, batch, weights),
        'position': _position_losses(batch, seen, found, slots) / weights.position_scale,
        'heat': _heat_losses(net, batch, seen, found),
        'text': text_loss(batch, words, more),
        'presence': functional.binary_cross_entropy_with_logits(
            seen['present'], batch.present.float()
        ),
    }
    result = sum((getattr(weights, name) * part for name, part in parts.items()), torch.zeros(()))
    return result, parts


def action_loss(actions: Tensor, batch: Batch, weights: LossSettings) -> Tensor:
    """Return the mean L1 distance of chunks in units of the scales; early steps count more."""
    error = (actions - batch.actions).abs()
    steps = torch.linspace(1.5, 0.5, actions.shape[1])[:, None]
    error = error * steps
    scaled = (
        error[..., :3].mean((1, 2)) / weights.position_scale
        + error[..., 3:6].mean((1, 2)) / weights.rotation_scale
        + error[..., 6].mean(1) / weights.gripper_scale
    )
    return (scaled * batch.usable).sum() / batch.usable.sum().clamp(min=1)


def reading_loss(net: PolicyNet, texts: Texts) -> Tensor:
    """Return the loss of instructions alone."""
    tokens = torch.from_numpy(texts.tokens)
    tokens = tokens[:, : int((tokens != 0).sum(1).amax())]
    words = net.reasoner.read(tokens)
    loss = functional.cross_entropy(words[0], torch.from_numpy(texts.object))
    loss = loss + functional.cross_entropy(words[1], torch.from_numpy(texts.target))
    family = torch.from_numpy(texts.family)
    return loss + functional.cross_entropy(words[2], family, ignore_index=-1)


def text_loss(batch: Batch, words: tuple[Tensor, ...], more: tuple[Tensor, ...]) -> Tensor:
    """Return the cross-entropy of object, target and family over all instructions."""
    pairs = (
        (more[0], torch.from_numpy(batch.texts.object)),
        (more[1], torch.from_numpy(batch.texts.target)),
        (words[0], batch.classes[:, 0]),
        (words[1], batch.classes[:, 1]),
    )
    loss = sum((functional.cross_entropy(a, b) for a, b in pairs), torch.zeros(()))
    family = torch.from_numpy(batch.texts.family)
    return loss + functional.cross_entropy(more[2], family, ignore_index=-1)


def _position_losses(
    batch: Batch,
    seen: dict[str, Tensor],
    found: dict[str, Tensor],
    slots: Tensor,
) -> Tensor:
    """Return the mean position error over concepts and estimates, m."""
    there = batch.present
    near = there & _inside(batch.pixels['wrist'])
    loss = _distance(seen['position'], batch.places, there)
    loss = loss + _distance(found['position'], batch.places, there)
    loss = loss + 0.5 * _distance(found['far'], batch.places, there)
    loss = loss + 0.5 * _distance(found['near'], batch.places, near)
    index = batch.classes.clamp(max=len(CONCEPTS) - 1)[..., None].expand(-1, -1, 3)
    asked = batch.classes < len(CONCEPTS)
    return loss + _distance(slots, batch.places.gather(1, index), asked)


def _distance(a: Tensor, b: Tensor, mask: Tensor) -> Tensor:
    error = (a - b).abs().sum(-1).clamp(max=1.0)
    return (error * mask).sum() / mask.sum().clamp(min=1)


def _heat_losses(
    net: PolicyNet, batch: Batch, seen: dict[str, Tensor], found: dict[str, Tensor]
) -> Tensor:
    reasoner, expert = net.reasoner, net.expert
    far, near = expert.front.attention, expert.wrist.attention
    front = ((reasoner.front.attention, seen['logits']), (far, found['far_logits']))
    wrist = ((reasoner.wrist, seen['near_logits']), (near, found['near_logits']))
    return heat_loss(front, batch.pixels['front']) + heat_loss(wrist, batch.pixels['wrist'])


def heat_loss(pairs: tuple[tuple[Attention, Tensor], ...], pixels: Tensor) -> Tensor:
    """Return the cross-entropy of attentions against spots at `pixels` (n, N, 2), or nowhere."""
    inside = _inside(pixels)
    spot = pairs[0][0].spot(pixels.nan_to_num(9.0)) * inside[..., None]
    # On the border it is a matter of taste whether a thing is still in the image.
    clear = (pixels.nan_to_num(9.0).abs().amax(-1) - 1.0).abs() > 0.08
    result = torch.zeros(())
    for attention, logits in pairs:
        heat = attention.heat(logits)
        loss = -torch.where(inside, (spot * heat[..., :-1]).sum(-1), heat[..., -1])
        result = result + (loss * clear).sum() / clear.sum().clamp(min=1)
    return result


def _inside(pixels: Tensor) -> Tensor:
    return pixels.nan_to_num(9.0).abs().amax(-1) < 1.0
