"""The training run: steps until the budget is spent, checkpoints on the way."""

from collections.abc import Callable
from dataclasses import dataclass
import json
import math
from pathlib import Path
import time

import numpy as np
import torch

from vla_ros.episodes import find_episodes
from vla_ros.language.corpus import sample_texts
from vla_ros.language.vocabulary import training_vocabulary
from vla_ros.learn import checkpoint
from vla_ros.learn.batches import Sampler
from vla_ros.learn.demos import load_demos
from vla_ros.learn.embodiment import Embodiment, embody
from vla_ros.learn.losses import reading_loss, total
from vla_ros.learn.policy_net import PolicyNet
from vla_ros.learn.settings import TrainSettings
from vla_ros.learn.validate import validate
from vla_ros.robots.body import Robot


Report = Callable[[dict], None]


@dataclass(frozen=True)
class Budget:
    """When to stop, whichever comes first; and when to write and report."""

    minutes: float  # of training, loading not included
    steps: int = 10**9
    save_every: float = 300.0  # s
    report_every: int = 50  # steps


def build_net(settings: TrainSettings, body: Embodiment) -> PolicyNet:
    """Return an untrained net for a robot and its tasks."""
    vocabulary = training_vocabulary(body.families, settings.net.tokens)
    return PolicyNet(settings.net, vocabulary.size, body.families)


class Run:
    """One training run: data, net, optimiser."""

    def __init__(
        self, settings: TrainSettings, robot: Robot, files: list[Path], out: Path
    ) -> None:
        """Load the demonstrations and build the net.

        Raises:
            ValueError: no demonstrations, or one that cannot be read or is of another task; or
                the robot has no tasks, or other cameras than nets can look through.
        """
        torch.set_num_threads(settings.threads)
        torch.manual_seed(settings.seed)
        self.settings, self.out, self.step = settings, out, 0
        self.body = embody(robot)
        self.net = build_net(settings, self.body)
        self.net.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.average = checkpoint.Average(self.net, settings.ema)
        self.optimiser = torch.optim.AdamW(
            self.net.parameters(),
            settings.rate,
            weight_decay=settings.weight_decay,
            betas=(0.9, 0.98),
        )
        train, held = split_files(files, settings.holdout, settings.seed)
        self.sampler = self._sampler(train, settings.seed)
        self.held = self._sampler(held, settings.seed + 1)

    def _sampler(self, files: list[Path], seed: int) -> Sampler:
        net = self.settings.net
        demos = load_demos(files, net.image_size, self.body)
        vocabulary = training_vocabulary(self.body.families, net.tokens)
        return Sampler(demos, vocabulary, self.settings, seed)

    def resume(self, path: Path) -> None:
        """Go on from a checkpoint."""
        self.step = checkpoint.restore(path, self.net, self.average, self.optimiser)

    def read(self, report: Report) -> None:
        """Learn to read before learning to see: instructions cost next to nothing."""
        settings, vocabulary = self.settings, self.sampler.vocabulary
        rng = np.random.default_rng(settings.seed)
        optimiser = torch.optim.AdamW(self.net.reasoner.parameters(), settings.rate)
        for step in range(settings.reading):
            warm = min(1.0, (step + 1) / settings.warmup)
            decay = 0.5 * (1 + math.cos(math.pi * step / settings.reading))
            optimiser.param_groups[0]['lr'] = settings.rate * warm * (0.2 + 0.8 * decay)
            texts = sample_texts(vocabulary, settings.reading_batch, rng, self.sampler.families)
            loss = reading_loss(self.net, texts)
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
        done, first, sums = 0.0, self.step, {'loss': 0.0}
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
                report({'step': self.step, 'done': done, 'checkpoint': str(path)} | self.figures())
        return path

    def figures(self) -> dict:
        """Return what validation measures with the averaged weights."""
        allowed = self.settings.false_refusals
        return validate(self.average.net, self.held, self.sampler, allowed)

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
        loss, parts = total(self.net, self.sampler.draw(), self.settings.loss)
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(self.net.parameters(), self.settings.clip)
        if bool(torch.isfinite(norm)):
            self.optimiser.step()
            self.average.update(self.net)
        self.step += 1
        return {'loss': loss.item()} | {k: v.item() for k, v in parts.items()}


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
    short = {k: float(f'{v:.4g}') if isinstance(v, float) else v for k, v in figures.items()}
    return json.dumps(short)
