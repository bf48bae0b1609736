"""What the nets are trained to get right; every term is a mean, about 1 when untrained."""

import torch
from torch import Tensor
from torch.nn import functional

from vla_ros.language.corpus import CONCEPTS, N_TARGET
from vla_ros.learn.batches import Batch
from vla_ros.learn.layers import Attention
from vla_ros.learn.policy_net import PolicyNet
from vla_ros.learn.settings import LossSettings


def total(net: PolicyNet, batch: Batch, weights: LossSettings) -> tuple[Tensor, dict[str, Tensor]]:
    """Return the weighted loss of a batch, and its parts."""
    front, wrist = net.front(batch.now['front']), net.wrist(batch.now['wrist'])
    with torch.no_grad():  # the trunks learn from the images of now; old ones cost a third so
        old_front, old_wrist = net.front(batch.old['front']), net.wrist(batch.old['wrist'])
    words = net.reasoner.read(batch.tokens)
    old = net.reasoner.see(old_front, old_wrist)
    latent, _, _, _ = net.reasoner.think(old, words)
    actions, _, slots = net.expert(front, wrist, batch.state, latent, batch.age)
    seen = net.reasoner.see(front, wrist)
    every = torch.eye(N_TARGET)[: len(CONCEPTS)].expand(len(batch.state), -1, -1)
    found = net.expert.locate(net.reasoner.embed(every), front, wrist, batch.state)
    parts = {
        'action': action_loss(actions, batch, weights),
        'position': _position_losses(batch, seen, old, found, slots) / weights.position_scale,
        'heat': _heat_losses(net, batch, seen, found),
        'text': text_loss(net, batch, words),
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


def text_loss(net: PolicyNet, batch: Batch, words: tuple[Tensor, ...]) -> Tensor:
    """Return the cross-entropy of object, target and family over all instructions."""
    more = net.reasoner.read(torch.from_numpy(batch.texts.tokens))
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
    old: dict[str, Tensor],
    found: dict[str, Tensor],
    slots: Tensor,
) -> Tensor:
    """Return the mean position error over concepts and estimates, m."""
    there = batch.present
    near = there & _inside(batch.pixels['wrist'])
    loss = _distance(seen['position'], batch.places, there)
    loss = loss + 0.5 * _distance(old['position'], batch.old_places, there)
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
    front, wrist = batch.pixels['front'], batch.pixels['wrist']
    reasoner, expert = net.reasoner, net.expert
    loss = heat_loss(reasoner.front.attention, seen['logits'], front)
    loss = loss + heat_loss(reasoner.wrist, seen['near_logits'], wrist)
    loss = loss + heat_loss(expert.front.attention, found['far_logits'], front)
    return loss + heat_loss(expert.wrist.attention, found['near_logits'], wrist)


def heat_loss(attention: Attention, logits: Tensor, pixels: Tensor) -> Tensor:
    """Return the cross-entropy of attention against a spot at `pixels` (n, N, 2), or nowhere."""
    cell = 2.0 / logits.shape[-1] ** 0.5
    squared = (attention.grid[:, None] - pixels.nan_to_num(9.0)[:, :, None]).square().sum(-1)
    spot = torch.exp(-squared / (2 * (0.8 * cell) ** 2))
    inside = _inside(pixels)
    wanted = spot / spot.sum(-1, keepdim=True).clamp(min=1e-6) * inside[..., None]
    wanted = torch.cat([wanted, (~inside).float()[..., None]], -1)
    # On the border it is a matter of taste whether a thing is still in the image.
    clear = (pixels.nan_to_num(9.0).abs().amax(-1) - 1.0).abs() > 0.08
    loss = -(wanted * attention.heat(logits)).sum(-1)
    return (loss * clear).sum() / clear.sum().clamp(min=1)


def _inside(pixels: Tensor) -> Tensor:
    return pixels.nan_to_num(9.0).abs().amax(-1) < 1.0
