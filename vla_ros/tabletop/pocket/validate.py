"""How good a net is, in units that matter: millimetres, shares, refusals."""

import numpy as np
import torch
from torch import Tensor

from vla_ros.tabletop.language import render, requests
from vla_ros.tabletop.language.corpus import NO_TARGET, arm_class, classes, sample_texts
from vla_ros.tabletop.pocket.batches import Batch, Sampler
from vla_ros.tabletop.pocket.contract import POSE, STATE
from vla_ros.tabletop.pocket.embodiment import Embodiment
from vla_ros.tabletop.pocket.losses import wanted
from vla_ros.tabletop.pocket.policy_net import PolicyNet


COLOURS = 6


@torch.no_grad()
def validate(
    net: PolicyNet,
    sampler: Sampler,
    others: Sampler,
    false_refusals: float,
    batches: int = 12,
) -> dict:
    """Return measured figures over random batches of the sampler's demonstrations.

    The threshold rests on the first images of the `others` too: it takes many to know a per cent.
    """
    rows: list[dict[str, Tensor]] = []
    for _ in range(batches):
        rows.append(_one(net, sampler.draw(augment=False)))
    merged = {k: torch.cat([r[k] for r in rows]).numpy() for k in rows[0]}
    moving = merged['usable'] > 0
    present, absent = presence(net, sampler)
    more = presence(net, others)
    threshold = refusal_threshold(
        np.concatenate([present, more[0]]), np.concatenate([absent, more[1]]), false_refusals
    )
    result = {
        'action_mm': _mm(merged['action'][moving]),
        'first_mm': _mm(merged['first'][moving]),
        'gripper': float(merged['gripper'][moving].mean()) if moving.any() else float('nan'),
        'object_mm': _mm(merged['object']),
        'object_p95_mm': float(np.nanquantile(merged['object'], 0.95) * 1e3),
        'near_mm': _mm(merged['near']),
        'target_mm': _mm(merged['target']),
        'reasoner_mm': _mm(merged['reasoner']),
        'threshold': threshold,
        'present_refused': float((present < threshold).mean()),
        'absent_refused': float((absent < threshold).mean()),
    }
    return result | validate_text(net, sampler)


def _one(net: PolicyNet, batch: Batch) -> dict[str, Tensor]:
    body, state = batch.body, batch.state
    at = net.at(body, state)
    far, near = net.look(batch.far, batch.near)
    seen = net.reasoner.see(at, far, near)
    old = {k: seen[k][batch.source] for k in ('position', 'present')}
    latent = net.reasoner.think(body, old, net.read(body, batch.tokens)).latent
    found = net.expert.locate(at, latent[:, :2], far, near)
    made = net.expert.condition(at, found, net.expert.squeezed(near), latent, batch.age)
    actions = net.head.predict(made)
    error = (actions - batch.actions).abs()[..., : POSE * body.arms]
    error = error.unflatten(-1, (body.arms, POSE))
    places, asked = wanted(batch)
    distance = (found['position'] - places).norm(dim=-1)
    distance = torch.where(asked, distance, torch.nan)
    hands = torch.stack([state[:, STATE * i :][:, :2] for i in range(body.arms)], 1)
    above = (hands - places[:, :, 0, :2]).norm(dim=-1)
    believed = (seen['position'] - batch.places).norm(dim=-1)
    return {
        'action': error[..., :3].norm(dim=-1).mean((1, 2)),
        'first': error[:, :4, :, :3].norm(dim=-1).mean((1, 2)),
        'gripper': error[..., 6].mean((1, 2)),
        'object': distance[..., 0].flatten(),
        'near': torch.where(above < 0.05, distance[..., 0], torch.nan).flatten(),
        'target': distance[..., 1].flatten(),
        'reasoner': torch.where(batch.present, believed, torch.nan).flatten(),
        'usable': batch.usable.float(),
    }


@torch.no_grad()
def presence(net: PolicyNet, sampler: Sampler) -> tuple[np.ndarray, np.ndarray]:
    """Return p_grounded of requests for present and for absent things, before the arm has moved.

    Of one thing and of two: a stack names two, and both must be there. A camera that turns may not
    have them in its picture at first: there it is at any time, of what is in it and what is not.
    """
    demos = sampler.demos
    frames = np.unique(demos.start[demos.usable])
    if demos.body.far.links:
        frames = np.sort(sampler.rng.choice(demos.n, min(demos.n, 300), replace=False))
    frames = frames[:300] if len(frames) else np.arange(min(demos.n, 256))
    there = np.isfinite(demos.places[frames, :COLOURS, 0])
    if demos.body.far.links:
        there &= sampler.seen.at(frames).anywhere[:, :COLOURS].numpy()
    chances = []
    for some in np.array_split(frames, -(-len(frames) // 64)):
        pictures = net.look(torch.from_numpy(demos.far[some]), torch.from_numpy(demos.near[some]))
        state = torch.from_numpy(demos.state[some])
        seen = net.reasoner.see(net.at(demos.body, state), *pictures)
        chances.append(torch.sigmoid(seen['present'][:, :COLOURS]))
    p = torch.cat(chances).numpy()
    pairs = [(i, j) for i in range(COLOURS) for j in range(i)]
    both = np.stack([there[:, i] & there[:, j] for i, j in pairs], 1)
    product = np.stack([p[:, i] * p[:, j] for i, j in pairs], 1)
    present = np.concatenate([p[there], product[both]])
    return present, np.concatenate([p[~there], product[~both]])


def _mm(errors: np.ndarray) -> float:
    """Return the mean in mm of what is not NaN, NaN if nothing is."""
    known = errors[np.isfinite(errors)]
    return float(known.mean() * 1e3) if len(known) else float('nan')


def refusal_threshold(
    present: np.ndarray, absent: np.ndarray, false_refusals: float, misses: float = 0.04
) -> float:
    """Return the p_grounded below which to refuse.

    It makes the worse of the two shares smallest, each relative to what is allowed: of present
    cubes refused and of absent ones accepted. Where many thresholds do, it is the middle one.
    """
    grid = 1 / (1 + np.exp(-np.linspace(-3.5, 3.5, 141)))
    refused = np.array([(present < t).mean() if len(present) else 0.0 for t in grid])
    missed = np.array([(absent >= t).mean() if len(absent) else 0.0 for t in grid])
    cost = np.maximum(refused / false_refusals, missed / misses)
    best = np.flatnonzero(cost <= cost.min() + 1e-9)
    return float(grid[best[len(best) // 2]])


@torch.no_grad()
def validate_text(net: PolicyNet, sampler: Sampler, n: int = 400) -> dict:
    """Return how often the object, target and arm of unseen instructions are understood."""
    rng = np.random.default_rng(7)
    texts = sample_texts(sampler.vocabulary, n, rng, sampler.families)
    body = sampler.demos.body
    object_, target, _ = _understood(net, body, texts.tokens)
    right = (object_ == texts.object) & (target == texts.target)
    bad = (texts.object == COLOURS) | (texts.target == NO_TARGET + 1)
    result = {
        'text': float(right[~bad].mean()),
        'text_refused': float(((object_ == COLOURS) | (target == NO_TARGET + 1))[bad].mean()),
    }
    for family in sampler.families:
        options = requests(family)
        asked = [options[rng.integers(len(options))] for _ in range(n // 4)]
        tokens = [sampler.vocabulary.encode(render(r, rng, 'heldout')) for r in asked]
        meant = np.array([(*classes(r), arm_class(r)) for r in asked])
        found = np.stack(_understood(net, body, np.stack(tokens)), 1)
        result[f'heldout_{family}'] = float((found == meant).all(1).mean())
    return result


def _understood(net: PolicyNet, body: Embodiment, tokens: np.ndarray) -> tuple[np.ndarray, ...]:
    """Return the classes of object, target and arm of texts, (n,) each."""
    words = net.read(body, torch.from_numpy(tokens))
    every = (words.object, words.target, words.arm)
    return tuple(logits.argmax(-1).numpy() for logits in every)
