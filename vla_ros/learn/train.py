"""From a folder of demonstrations to a policy directory, in one call."""

from collections.abc import Callable
import dataclasses
from pathlib import Path
import time

from vla_ros import config
from vla_ros.learn.card import write_card
from vla_ros.learn.checkpoint import Average, restore
from vla_ros.learn.embodiment import embody
from vla_ros.learn.export import export_policy
from vla_ros.learn.loop import Budget, Report, Run, build_net, demonstrations
from vla_ros.learn.polish import Polisher
from vla_ros.learn.settings import TrainSettings
from vla_ros.paths import config_file
from vla_ros.policy import PolicySpec
from vla_ros.robots.body import Robot


@dataclasses.dataclass(frozen=True)
class Job:
    """What to train from what, and where to put it."""

    demos: Path  # folder of episodes
    out: Path  # folder for checkpoints
    policy: Path  # policy directory to write
    budget: Budget
    resume: bool = False  # go on from the checkpoint in `out`
    export_every: float = 600.0  # s; so that others can look at it while it learns


def load_settings(name: str = 'pocket') -> TrainSettings:
    """Load config/train/<name>.yaml (or a path to one).

    Raises:
        FileNotFoundError: no such file; the message lists the valid names.
        ConfigError: not valid; the message names the field.
    """
    return config.load(TrainSettings, config_file('train', name))


def train_policy(settings: TrainSettings, robot: Robot, job: Job, report: Report) -> PolicySpec:
    """Train, validate and export; return the spec of the policy written.

    Raises:
        ValueError: no demonstrations, or a bad one, or a checkpoint of another net.
    """
    run = Run(settings, robot, demonstrations(job.demos), job.out)
    report({'frames': run.sampler.demos.n, 'episodes': len(run.sampler.demos.requests)})
    if job.resume:
        run.resume(job.out / 'last.safetensors')
    start = exported = time.monotonic()
    exporter = _exporter(run, job)

    def watch(figures: dict) -> None:
        nonlocal exported
        report(figures | {'minutes': (time.monotonic() - start) / 60})
        if 'threshold' in figures and time.monotonic() - exported > job.export_every:
            exported = time.monotonic()
            exporter(figures)

    run.train(job.budget, watch)
    if settings.polish.steps:
        Polisher(run.average.net, run.sampler, settings.polish, settings.seed).train(report)
        run.save(job.out / 'polished.safetensors')
    figures = run.figures()
    report(figures)
    return exporter(figures)


def export_checkpoint(
    settings: TrainSettings,
    robot: Robot,
    checkpoint: Path,
    policy: Path,
    threshold: float,
    dt: float = 0.1,
) -> PolicySpec:
    """Export a checkpoint without its demonstrations; the threshold is the caller's.

    Raises:
        ValueError: not a checkpoint of this net.
    """
    body = embody(robot)
    net = build_net(settings, body)
    average = Average(net, settings.ema)
    restore(checkpoint, net, average)
    return export_policy(average.net, settings, body, threshold, dt, policy)


def _exporter(run: Run, job: Job) -> Callable[[dict], PolicySpec]:
    def export(figures: dict) -> PolicySpec:
        net, dt = run.average.net, run.sampler.demos.dt
        threshold = figures['threshold']
        spec = export_policy(net, run.settings, run.body, threshold, dt, job.policy)
        write_card(job.policy, spec, run, figures)
        return spec

    return export
