"""Checkpoints in safetensors: weights, averaged weights, optimiser moments. Never pickle."""

import copy
from pathlib import Path
import re

from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
import torch

from vla_ros.tabletop.pocket.policy_net import PolicyNet


# Weights of the head, which was part of the expert in checkpoints from before the cut.
_MOVED = re.compile(r'^expert\.(?=(out|rest)\.)')


class Average:
    """An exponential moving average of a net's weights: what is validated and exported."""

    def __init__(self, net: PolicyNet, decay: float) -> None:
        self.net = copy.deepcopy(net).requires_grad_(False)
        self._decay = decay
        self._steps = 0

    @torch.no_grad()
    def update(self, net: PolicyNet) -> None:
        """Move towards the weights of `net`; faster in the first steps."""
        self._steps += 1
        decay = min(self._decay, (1 + self._steps) / (10 + self._steps))
        mine: list[torch.Tensor] = list(self.net.parameters())
        theirs = [p.detach() for p in net.parameters()]
        torch._foreach_lerp_(mine, theirs, 1 - decay)


def save(
    path: Path, net: PolicyNet, average: Average, optimiser: torch.optim.AdamW, step: int
) -> None:
    """Write a checkpoint; the file is complete or not there."""
    tensors = {f'net.{k}': v for k, v in net.state_dict().items()}
    tensors |= {f'average.{k}': v for k, v in average.net.state_dict().items()}
    for name, parameter in net.named_parameters():
        state = optimiser.state.get(parameter, {})
        for key in ('exp_avg', 'exp_avg_sq'):
            if key in state:
                tensors[f'{key}.{name}'] = state[key]
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix('.part')
    save_file({k: v.contiguous() for k, v in tensors.items()}, part, {'step': str(step)})
    part.replace(path)


def restore(
    path: Path,
    net: PolicyNet,
    average: Average | None = None,
    optimiser: torch.optim.AdamW | None = None,
) -> int:
    """Read a checkpoint into the objects given and return its step.

    Raises:
        ValueError: not a checkpoint of this net; the message names the file.
    """
    try:
        with safe_open(path, framework='pt') as file:
            tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
            step = int((file.metadata() or {})['step'])
        net.load_state_dict(_part(tensors, 'net.'))
        if average is not None:
            average.net.load_state_dict(_part(tensors, 'average.'))
            average._steps = step
    except (OSError, SafetensorError, KeyError, RuntimeError) as error:
        raise ValueError(f'{path}: not a checkpoint of this net: {error}') from error
    if optimiser is not None:
        for name, parameter in net.named_parameters():
            if f'exp_avg.{name}' in tensors:
                optimiser.state[parameter] = {
                    'step': torch.tensor(float(step)),
                    'exp_avg': tensors[f'exp_avg.{name}'],
                    'exp_avg_sq': tensors[f'exp_avg_sq.{name}'],
                }
    return step


def adopt(path: Path, net: PolicyNet) -> float:
    """Take over the averaged weights of another net that are shaped alike; return their share.

    A net of another robot has other words, families and channels, but looks in the same way.

    Raises:
        ValueError: not a checkpoint, or of a net that has nothing in common; names the file.
    """
    try:
        with safe_open(path, framework='pt') as file:
            tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
    except (OSError, SafetensorError) as error:
        raise ValueError(f'{path}: not a checkpoint: {error}') from error
    own = net.state_dict()
    others = _part(tensors, 'average.')
    alike = {k: v for k, v in others.items() if k in own and own[k].shape == v.shape}
    if not alike:
        raise ValueError(f'{path}: not a checkpoint of such a net: no weights are shaped alike')
    net.load_state_dict(alike, strict=False)
    return sum(v.numel() for v in alike.values()) / sum(v.numel() for v in own.values())


def _part(tensors: dict[str, torch.Tensor], prefix: str) -> dict[str, torch.Tensor]:
    every = {k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)}
    return {_MOVED.sub('head.', name): value for name, value in every.items()}
