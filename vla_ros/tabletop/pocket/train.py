"""From a folder of demonstrations to a policy directory, in one call."""

from collections.abc import Callable, Sequence
import dataclasses
from pathlib import Path
import time

from vla_ros.core import config
from vla_ros.core.config import require
from vla_ros.core.paths import config_file
from vla_ros.policies import PolicySpec
from vla_ros.robots.robot import Robot
from vla_ros.tabletop.pocket.card import write_card
from vla_ros.tabletop.pocket.checkpoint import Average, restore
from vla_ros.tabletop.pocket.embodiment import embody_all
from vla_ros.tabletop.pocket.export import export_policy
from vla_ros.tabletop.pocket.head_finetune import HeadFinetuner
from vla_ros.tabletop.pocket.loop import (
    Budget,
    Member,
    Report,
    Run,
    build_net,
    demonstrations,
    read_by,
)
from vla_ros.tabletop.pocket.train_config import TrainSettings


ROBOT = '{robot}'  # in a path: the name of each robot


@dataclasses.dataclass(frozen=True)
class Job:
    """What to train from what, and where to put it."""

    demos: Path  # folder of episodes, with {robot} in it where there are several
    out: Path  # folder for checkpoints
    policy: Path  # policy directory to write, likewise
    budget: Budget
    resume: bool = False  # go on from the checkpoint in `out`
    start: Path | None = None  # checkpoint, of other robots maybe, whose weights to begin with
    export_every: float = 600.0  # s; so that others can look at it while it learns

    def check(self, robots: Sequence[Robot]) -> None:
        """Raise ValueError where several robots would have one folder."""
        for name in ('demos', 'policy'):
            apart = len(robots) == 1 or ROBOT in str(getattr(self, name))
            require(apart, f'{name}: expected {ROBOT} in the path, for there are several robots')


def own(path: Path, robot: str) -> Path:
    """Return a path with the name of a robot in the place of {robot}."""
    return Path(str(path).replace(ROBOT, robot))


def load_settings(name: str = 'pocket') -> TrainSettings:
    """Load config/train/<name>.yaml (or a path to one).

    Raises:
        FileNotFoundError: no such file; the message lists the valid names.
        ConfigError: not valid; the message names the field.
    """
    return config.load(TrainSettings, config_file('train', name))


def train_policy(
    settings: TrainSettings, robots: Sequence[Robot], job: Job, report: Report
) -> list[PolicySpec]:
    """Train, validate and export; return the specs of the policies written, one for each robot.

    Raises:
        ValueError: no demonstrations, or a bad one, or a checkpoint of another net.
    """
    job.check(robots)
    files = [demonstrations(own(job.demos, robot.name)) for robot in robots]
    run = Run(settings, robots, files, job.out)
    for member in run.members:
        demos = member.sampler.demos
        report({'robot': member.body.name, 'frames': demos.n, 'episodes': len(demos.requests)})
    if job.resume:
        run.resume(job.out / 'last.safetensors')
    elif job.start is not None:
        report({'start': str(job.start), 'share': run.adopt(job.start)})
    start = exported = time.monotonic()
    exporter = _exporter(run, job)

    def watch(figures: dict) -> None:
        nonlocal exported
        report(figures | {'minutes': (time.monotonic() - start) / 60})
        if 'figures' in figures and time.monotonic() - exported > job.export_every:
            exported = time.monotonic()
            exporter(figures['figures'])

    run.train(job.budget, watch)
    if settings.polish.steps:
        samplers = [member.sampler for member in run.members]
        HeadFinetuner(run.average.net, samplers, settings.polish, settings.seed).train(report)
        run.save(job.out / 'polished.safetensors')
    figures = run.figures()
    report({'figures': figures})
    return exporter(figures)


def export_checkpoint(
    settings: TrainSettings,
    robots: Sequence[Robot],
    checkpoint: Path,
    policy: Path,
    threshold: float,
    dt: float = 0.1,
) -> list[PolicySpec]:
    """Export a checkpoint without its demonstrations; the threshold is the caller's.

    Raises:
        ValueError: not a checkpoint of this net.
    """
    bodies = embody_all(robots)
    net, vocabulary = build_net(settings, bodies), read_by(settings, bodies)
    average = Average(net, settings.ema)
    restore(checkpoint, net, average)
    return [
        export_policy(
            average.net, settings, body, vocabulary, threshold, dt, own(policy, body.name)
        )
        for body in bodies
    ]


def _exporter(run: Run, job: Job) -> Callable[[dict[str, dict]], list[PolicySpec]]:
    def export(figures: dict[str, dict]) -> list[PolicySpec]:
        return [_export(run, member, figures[member.body.name], job) for member in run.members]

    return export


def _export(run: Run, member: Member, figures: dict, job: Job) -> PolicySpec:
    """Write the policy of one robot, with its card."""
    body, folder = member.body, own(job.policy, member.body.name)
    spec = export_policy(
        run.average.net,
        run.settings,
        body,
        run.vocabulary,
        figures['threshold'],
        member.sampler.demos.dt,
        folder,
    )
    write_card(folder, spec, run, member, figures)
    return spec
