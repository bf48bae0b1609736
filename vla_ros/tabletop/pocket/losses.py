"""What the nets are trained to get right; every term is a mean, about 1 when untrained."""

import torch
from torch import Tensor
from torch.nn import functional

from vla_ros.tabletop.language.corpus import CONCEPTS, N_TARGET, Texts
from vla_ros.tabletop.pocket.batches import Batch, inside
from vla_ros.tabletop.pocket.body_head import rest_scales
from vla_ros.tabletop.pocket.embodiment import Embodiment
from vla_ros.tabletop.pocket.heads import Condition
from vla_ros.tabletop.pocket.layers import Attention
from vla_ros.tabletop.pocket.policy_net import PolicyNet
from vla_ros.tabletop.pocket.reasoner_net import Reading
from vla_ros.tabletop.pocket.train_config import LossSettings


def total(net: PolicyNet, batch: Batch, weights: LossSettings) -> tuple[Tensor, dict[str, Tensor]]:
    """Return the weighted loss of a batch, and its parts."""
    body, at = batch.body, net.at(batch.body, batch.state)
    far, near = net.look(batch.far, batch.near)
    n, tokens = len(batch.state), torch.cat([batch.tokens, torch.from_numpy(batch.texts.tokens)])
    tokens = tokens[:, : int((tokens != 0).sum(1).amax())]
    every_word = net.read(body, tokens)
    words, more = every_word.part(slice(0, n)), every_word.part(slice(n, None))
    seen = net.reasoner.see(at, far, near)
    # The wording of the request differs between the two, the request does not.
    old = {k: v[batch.source] for k, v in seen.items() if k in ('position', 'present')}
    latent = net.reasoner.think(body, old, words).latent
    every = net.reasoner.embed(torch.eye(N_TARGET)[: len(CONCEPTS)]).expand(n, -1, -1)
    tokens = torch.cat([latent[:, :2], every], 1)
    found = net.expert.locate(at, tokens, far, near)
    made = net.expert.condition(at, found, net.expert.squeezed(near), latent, batch.age)
    slots, found = found['position'][:, :, :2], {k: v[:, :, 2:] for k, v in found.items()}
    parts = {
        'action': action_loss(net, made, batch, weights),
        'position': _position_losses(batch, seen, found, slots) / weights.position_scale,
        'heat': _heat_losses(net, batch, seen, found),
        'text': text_loss(batch, words, more),
        'presence': functional.binary_cross_entropy_with_logits(
            seen['present'], batch.present.float()
        ),
    }
    result = sum((getattr(weights, name) * part for name, part in parts.items()), torch.zeros(()))
    return result, parts


def action_loss(
    net: PolicyNet, condition: Condition, batch: Batch, weights: LossSettings
) -> Tensor:
    """Return the mean loss of the head over the chunks that may be learned from."""
    weight = chunk_weight(batch.body, batch.actions.shape[1], weights)
    loss, _ = net.head.loss(condition, batch.actions, weight)
    return (loss * batch.usable).sum() / batch.usable.sum().clamp(min=1)


def chunk_weight(body: Embodiment, horizon: int, weights: LossSettings) -> Tensor:
    """Return what an error counts (H, C): in units of the scales, early steps more.

    Of all arms together translations, rotations and openings weigh the same, and so do the rest.
    """
    groups = [(weights.position_scale, 3), (weights.rotation_scale, 3), (weights.gripper_scale, 1)]
    arm = [1 / (scale * count * body.arms) for scale, count in groups for _ in range(count)]
    rest = [1 / (scale * body.rest) for scale in rest_scales(body)]
    steps = torch.linspace(1.5, 0.5, horizon)[:, None] / horizon
    return steps * torch.tensor(arm * body.arms + rest)


def reading_loss(net: PolicyNet, body: Embodiment, texts: Texts) -> Tensor:
    """Return the loss of instructions alone."""
    tokens = torch.from_numpy(texts.tokens)
    tokens = tokens[:, : int((tokens != 0).sum(1).amax())]
    return _texts(net.read(body, tokens), texts)


def text_loss(batch: Batch, words: Reading, more: Reading) -> Tensor:
    """Return the cross-entropy of object, target, family and arm over all instructions."""
    loss = functional.cross_entropy(words.object, batch.classes[:, 0])
    loss = loss + functional.cross_entropy(words.target, batch.classes[:, 1])
    return loss + functional.cross_entropy(words.arm, batch.arm) + _texts(more, batch.texts)


def _texts(words: Reading, texts: Texts) -> Tensor:
    loss = functional.cross_entropy(words.object, torch.from_numpy(texts.object))
    loss = loss + functional.cross_entropy(words.target, torch.from_numpy(texts.target))
    # -1 where a text means nothing, or says nothing about it.
    for logits, wanted in ((words.family, texts.family), (words.arm, texts.arm)):
        labels = torch.from_numpy(wanted)
        loss = loss + functional.cross_entropy(logits, labels, ignore_index=-1)
    return loss


def _position_losses(
    batch: Batch,
    seen: dict[str, Tensor],
    found: dict[str, Tensor],
    slots: Tensor,
) -> Tensor:
    """Return the mean position error over concepts and estimates, m."""
    there = batch.present[:, None]
    near = there & inside(batch.seen.near_grips)
    loss = _distance(seen['position'], batch.places, batch.present)
    loss = loss + _distance(found['position'], batch.grips, there)
    loss = loss + 0.5 * _distance(found['far'], batch.grips, there)
    loss = loss + 0.5 * _distance(found['near'], batch.grips, near)
    return loss + _distance(slots, *wanted(batch))


def wanted(batch: Batch) -> tuple[Tensor, Tensor]:
    """Return where object and target are for each arm (n, arms, 2, 3) m, and if there is one."""
    index = batch.classes.clamp(max=len(CONCEPTS) - 1)
    there = batch.present.gather(1, index) & (batch.classes < len(CONCEPTS))
    index = index[:, None, :, None].expand(-1, batch.body.arms, -1, 3)
    return batch.grips.gather(2, index), there[:, None]


def _distance(a: Tensor, b: Tensor, mask: Tensor) -> Tensor:
    error = (a - b).abs().sum(-1).clamp(max=1.0)
    mask = mask.expand(error.shape)
    return (error * mask).sum() / mask.sum().clamp(min=1)


def _heat_losses(
    net: PolicyNet, batch: Batch, seen: dict[str, Tensor], found: dict[str, Tensor]
) -> Tensor:
    reasoner, expert, where = net.reasoner, net.expert, batch.seen
    return (
        heat_loss(reasoner.far.attention, seen['logits'], where.far)
        + heat_loss(reasoner.near, seen['near_logits'], where.near)
        + heat_loss(expert.far.attention, found['far_logits'], where.far_grips)
        + heat_loss(expert.near.attention, found['near_logits'], where.near_grips)
    )


def heat_loss(attention: Attention, logits: Tensor, pixels: Tensor) -> Tensor:
    """Return the cross-entropy of an attention against spots at `pixels` (..., 2), or nowhere."""
    logits, pixels = logits.flatten(0, -3), pixels.flatten(0, -3)
    there = inside(pixels)
    spot = attention.spot(pixels.nan_to_num(9.0)) * there[..., None]
    # On the border it is a matter of taste whether a thing is still in the image.
    clear = (pixels.nan_to_num(9.0).abs().amax(-1) - 1.0).abs() > 0.08
    heat = attention.heat(logits)
    loss = -torch.where(there, (spot * heat[..., :-1]).sum(-1), heat[..., -1])
    return (loss * clear).sum() / clear.sum().clamp(min=1)
