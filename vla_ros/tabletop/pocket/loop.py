"""The training run: steps until the budget is spent, checkpoints on the way."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
import json
import math
from pathlib import Path
import time
from typing import Any

import numpy as np
import torch

from vla_ros.robots.robot import Robot
from vla_ros.tabletop.demos.demonstration import find_episodes
from vla_ros.tabletop.language import Vocabulary
from vla_ros.tabletop.language.vocabulary import training_vocabulary
from vla_ros.tabletop.pocket import checkpoint
from vla_ros.tabletop.pocket.batches import Sampler
from vla_ros.tabletop.pocket.demos import Demos, load_demos
from vla_ros.tabletop.pocket.embodiment import Embodiment, all_families, embody_all
from vla_ros.tabletop.pocket.losses import reading_loss, total
from vla_ros.tabletop.pocket.policy_net import PolicyNet
from vla_ros.tabletop.pocket.train_config import TrainSettings
from vla_ros.tabletop.pocket.validate import validate


Report = Callable[[dict], None]
_CHUNKS = 4096  # of each robot, to which a head fits its scales
VALIDATION_SHARE = 0.1  # of the time of a run, at most, until its end


@dataclass(frozen=True)
class Budget:
    """When to stop, whichever comes first; and when to write and report."""

    minutes: float  # of training, loading not included
    steps: int = 10**9
    save_every: float = 300.0  # s
    report_every: int = 50  # steps


def build_net(settings: TrainSettings, bodies: tuple[Embodiment, ...]) -> PolicyNet:
    """Return an untrained net for robots and their tasks."""
    return PolicyNet(settings.net, read_by(settings, bodies).size, bodies)


def read_by(settings: TrainSettings, bodies: tuple[Embodiment, ...]) -> Vocabulary:
    """Return the words that a net for robots knows."""
    return training_vocabulary(all_families(bodies), settings.net.tokens)


@dataclass(frozen=True)
class Member:
    """One of the robots that a run is for, with its demonstrations."""

    body: Embodiment
    sampler: Sampler
    held: Sampler  # of episodes that are not learned from


class Run:
    """One training run: data, net, optimiser.

    With several robots they take turns, step by step; all of them share every weight.
    """

    def __init__(
        self,
        settings: TrainSettings,
        robots: Sequence[Robot],
        files: Sequence[list[Path]],
        out: Path,
    ) -> None:
        """Load the demonstrations of each robot and build the net.

        Raises:
            ValueError: no demonstrations, or one that cannot be read or is of another task; or
                a robot has no tasks, or other cameras than nets can look through.
        """
        torch.set_num_threads(settings.threads)
        torch.manual_seed(settings.seed)
        self.settings, self.out, self.step = settings, out, 0
        self.bodies = embody_all(robots)
        self.vocabulary = read_by(settings, self.bodies)
        pairs = zip(self.bodies, files, strict=True)
        self.members = tuple(self._member(body, own) for body, own in pairs)
        self.net = build_net(settings, self.bodies)
        self.net.head.prepare([(m.body, _chunks(m.sampler.demos, settings)) for m in self.members])
        self.net.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.average = checkpoint.Average(self.net, settings.ema)
        self.optimiser = torch.optim.AdamW(
            self.net.parameters(),
            settings.rate,
            weight_decay=settings.weight_decay,
            betas=(0.9, 0.98),
        )

    def _member(self, body: Embodiment, files: list[Path]) -> Member:
        settings, size = self.settings, self.settings.net.image_size
        both = split_files(files, settings.holdout, settings.seed)
        train, held = (load_demos(part, size, body) for part in both)
        return Member(
            body,
            Sampler(train, self.vocabulary, settings, settings.seed),
            Sampler(held, self.vocabulary, settings, settings.seed + 1),
        )

    def resume(self, path: Path) -> None:
        """Go on from a checkpoint."""
        self.step = checkpoint.restore(path, self.net, self.average, self.optimiser)

    def adopt(self, path: Path) -> float:
        """Begin with another run's weights, where they are shaped alike; return their share."""
        share = checkpoint.adopt(path, self.net)
        self.average = checkpoint.Average(self.net, self.settings.ema)
        return share

    def read(self, report: Report) -> None:
        """Learn to read before learning to see: instructions cost next to nothing."""
        settings = self.settings
        optimiser = torch.optim.AdamW(self.net.reasoner.parameters(), settings.rate)
        for step in range(settings.reading):
            warm = min(1.0, (step + 1) / settings.warmup)
            decay = 0.5 * (1 + math.cos(math.pi * step / settings.reading))
            optimiser.param_groups[0]['lr'] = settings.rate * warm * (0.2 + 0.8 * decay)
            member = self.members[step % len(self.members)]
            texts = member.sampler.texts(settings.reading_batch)
            loss = reading_loss(self.net, member.body, texts)
            optimiser.zero_grad(set_to_none=True)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(self.net.reasoner.parameters(), settings.clip)
            optimiser.step()
            if step % 100 == 99:
                report({'reading': step + 1, 'loss': loss.item()})
        self.average = checkpoint.Average(self.net, settings.ema)

    def train(self, budget: Budget, report: Report) -> Path:
        """Train until the budget is spent; return the last checkpoint."""
        if self.step == 0 and self.settings.reading:
            self.read(report)
        start = saved = time.monotonic()
        done, first, sums, due = 0.0, self.step, {'loss': 0.0}, 0.0
        while done < 1.0:
            self._set_rate(done)
            for name, value in self._one_step().items():
                sums[name] = sums.get(name, 0.0) + value
            now = time.monotonic()
            steps = self.step - first
            done = max((now - start) / (60 * budget.minutes), steps / budget.steps)
            if self.step % budget.report_every == 0:
                means = {k: v / budget.report_every for k, v in sums.items()}
                speed = steps * self.settings.batch / (now - start)
                report({'step': self.step, 'done': done, 'samples_per_s': speed} | means)
                sums = {'loss': 0.0}
            if now - saved > budget.save_every or done >= 1.0:
                saved = now
                path = self.save()
                report({'step': self.step, 'done': done, 'checkpoint': str(path)})
                if done >= 1.0 or now > due:
                    report({'figures': self.figures()})
                    ended = time.monotonic()
                    due = ended + (ended - now) / VALIDATION_SHARE
        return path

    def figures(self) -> dict[str, dict]:
        """Return what validation measures with the averaged weights, by robot."""
        net, allowed = self.average.net, self.settings.false_refusals
        return {m.body.name: validate(net, m.held, m.sampler, allowed) for m in self.members}

    def save(self, path: Path | None = None) -> Path:
        """Write a checkpoint, to `last.safetensors` by default."""
        path = path or self.out / 'last.safetensors'
        checkpoint.save(path, self.net, self.average, self.optimiser, self.step)
        return path

    def _set_rate(self, done: float) -> None:
        warm = min(1.0, (self.step + 1) / self.settings.warmup)
        cosine = 0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * min(done, 1.0)))
        for group in self.optimiser.param_groups:
            group['lr'] = self.settings.rate * warm * cosine

    def _one_step(self) -> dict[str, float]:
        member = self.members[self.step % len(self.members)]
        loss, parts = total(self.net, member.sampler.draw(), self.settings.loss)
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(self.net.parameters(), self.settings.clip)
        if bool(torch.isfinite(norm)):
            self.optimiser.step()
            self.average.update(self.net)
        self.step += 1
        return {'loss': loss.item()} | {k: v.item() for k, v in parts.items()}


def _chunks(demos: Demos, settings: TrainSettings) -> torch.Tensor:
    """Return some of the chunks (k, H, C) that may be learned from."""
    usable = np.flatnonzero(demos.usable)
    some = usable[:: max(1, len(usable) // _CHUNKS)]
    return torch.from_numpy(demos.chunks(some, settings.net.horizon))


def split_files(files: list[Path], holdout: float, seed: int) -> tuple[list[Path], list[Path]]:
    """Return the files for training and for validation, by episode.

    Raises:
        ValueError: fewer than two files.
    """
    if len(files) < 2:
        raise ValueError(f'{len(files)} demonstrations found; at least 2 are needed')
    order = np.random.default_rng(seed).permutation(len(files))
    count = max(1, round(holdout * len(files)))
    held = set(order[:count].tolist())
    train = [file for i, file in enumerate(files) if i not in held]
    return train, [file for i, file in enumerate(files) if i in held]


def demonstrations(folder: Path) -> list[Path]:
    """Return the demonstrations below a folder.

    Raises:
        ValueError: there are none.
    """
    try:
        return find_episodes(folder)
    except FileNotFoundError as error:
        raise ValueError(f'{error}: no demonstrations; see `vla_ros demos`') from error


def log_line(figures: dict) -> str:
    """Return a report as one line of JSON, numbers rounded."""
    return json.dumps(_rounded(figures))


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _rounded(part) for key, part in value.items()}
    return float(f'{value:.4g}') if isinstance(value, float) else value
