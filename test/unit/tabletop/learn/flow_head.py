"""A flow that draws, as small as can be: one class for training, one for run time.

It stands here to show what a decoder takes besides its two files: nothing. Noise is at time 0, the
chunk at time 1; steps that are given stay what they are.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
from torch import nn

from vla_ros.core.config import require
from vla_ros.policies.decoders import Drawn, Traits
from vla_ros.tabletop.pocket.contract import POSE
from vla_ros.tabletop.pocket.heads import Head


class FlowHead(Head):
    """Noisy chunks of the arms, in their frames, and a time -> the clean chunk."""

    outputs: ClassVar = ('clean', 'actions')

    def __init__(self, net, told, rest):
        super().__init__(net, told, rest)
        size = net.horizon * POSE
        self.register_buffer('scale', torch.ones(POSE))
        self.register_buffer('shift', torch.zeros(POSE))
        self.net = nn.Sequential(
            nn.Linear(size + net.horizon + 1 + net.hidden, 192), nn.SiLU(),
            nn.Linear(192, 192), nn.SiLU(), nn.Linear(192, size),
        )  # fmt: skip

    def prepare(self, chunks):
        every = torch.cat([body.own(x).flatten(0, 2) for body, x in chunks])
        self.scale.copy_(every.std(0).clamp(min=0.01))
        self.shift.copy_(every.mean(0))

    def loss(self, condition, x, weight, known=None, repeat=1, generator=None):
        known = torch.zeros(len(x)) if known is None else known
        x, known = (part.repeat_interleave(repeat, 0) for part in (x, known))
        condition = condition.repeated(repeat)
        clean = self._scaled(condition.body, x)
        noise = torch.randn(clean.shape, generator=generator)
        time = torch.rand(len(x), generator=generator)
        mixed = self._mixed(clean, noise, time)
        error = (self._clean(condition, mixed, time, clean, known) - clean).square()
        error = error.mean((1, 2, 3)).unflatten(0, (-1, repeat)).mean(1)
        return error, {'flow': error}

    def predict(self, condition):
        n, arms, _ = condition.arms.shape
        start = torch.zeros(n, arms, self.horizon, POSE)
        zero = torch.zeros(n)
        return self._actions(condition, self._clean(condition, start, zero, start, zero))

    def examples(self, body):
        chunk = torch.zeros(1, self.horizon, body.action_space.width)
        x = torch.zeros(1, body.arms, self.horizon, POSE)
        return {'x': x, 'time': torch.zeros(1), 'prefix': chunk, 'known': torch.zeros(1)}

    def evaluate(self, condition, *inputs):
        x, time, prefix, known = inputs
        given = self._scaled(condition.body, prefix)
        # Not len(x), which is a constant to the exporter.
        arms = condition.arms.expand(x.shape[0], -1, -1)
        clean = self._clean(condition._replace(arms=arms), x, time, given, known)
        return clean, self._actions(condition, clean)

    def _scaled(self, body, actions):
        return (body.own(actions) - self.shift) / self.scale

    def _actions(self, condition, clean):
        return self.whole(condition, clean * self.scale + self.shift)

    def _mixed(self, clean, noise, time):
        time = time[:, None, None, None]
        return time * clean + (1 - time) * noise

    def _clean(self, condition, x, time, given, known):
        """Return the clean chunks (n, arms, H, 7); `known` (n,) steps are those of `given`."""
        mask = (torch.arange(self.horizon) < known[:, None]).float()
        where = mask[:, None, :, None]
        x = where * given + (1 - where) * x
        told = torch.cat([time[:, None], mask], -1)[:, None].expand(-1, x.shape[1], -1)
        raw = self.net(torch.cat([x.flatten(2), told, condition.arms], -1))
        return where * given + (1 - where) * raw.unflatten(-1, (self.horizon, POSE))


@dataclass(frozen=True)
class FlowOptions:
    """What policy.yaml may say of it."""

    steps: int = 8  # evaluations a chunk
    samples: int = 1  # chunks an observation

    def __post_init__(self):
        require(self.steps >= 1 and self.samples >= 1, 'steps, samples: expected 1 or more')


class Flow:
    """Euler's steps from noise to chunks."""

    Options: ClassVar = FlowOptions
    traits: ClassVar = Traits(samples=True, prefix='trained')

    def __init__(self, net, options):
        self._net, self._options = net, options

    @staticmethod
    def outputs(horizon, width):
        chunks = ('samples', horizon, width)
        return {'clean': ('samples', 'arms', horizon, POSE), 'actions': chunks}

    def sample(self, condition, n=1, prefix=None, guidance=(), noise=None, steps=0):
        if guidance:
            raise ValueError('decoder flow: cannot be guided')
        noise, steps = noise or np.random.default_rng(0), steps or self._options.steps
        x = noise.normal(size=(n, *self._net.inputs['x'][1:])).astype(np.float32)
        given, known = self._given(prefix, n)
        for k in range(steps):
            time = np.full(n, k / steps, np.float32)
            told = {'x': x, 'time': time, 'prefix': given, 'known': known}
            found = self._net.run(**condition, **told)
            x = x + (found['clean'] - x) / (steps - k)
        return Drawn.of(found['actions'].astype(np.float64), evaluations=steps)

    def score(self, condition, actions):
        return np.full(len(actions), np.nan)

    def _given(self, prefix, n):
        given = np.zeros((n, *self._net.inputs['prefix'][1:]), np.float32)
        known = 0
        if prefix is not None:
            known = min(prefix.delay, given.shape[1], len(prefix.actions))
            given[:, :known] = prefix.actions[:known]
        return given, np.full(n, known, np.float32)
