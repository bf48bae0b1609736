"""`vla_ros calibrate`: rollouts of the policy into the failure detector's artefact."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

from rich.console import Console
import typer

from vla_ros.cli import options
from vla_ros.cli.progress import bar
from vla_ros.core.data import ActionChunk
from vla_ros.detect.artefact import save_artefact
from vla_ros.detect.calibrate import calibrate
from vla_ros.detect.rollouts import Rollout, load_rollouts, save_rollout
from vla_ros.detect.settings import load_detect_config
from vla_ros.evaluate.report import provenance, write_report
from vla_ros.tabletop.evaluate.run import Setup, run_trials
from vla_ros.tabletop.evaluate.trials import CALIBRATION_SEED, Outcome, Trial


NAME = 'calibrate'
_Made = tuple[Outcome, tuple[ActionChunk, ...]]

Episodes = Annotated[int, typer.Option(min=5, help='Rollouts per task family.')]
Rollouts = Annotated[
    Path | None,
    typer.Option(help='Take the rollouts from this folder; with --graph, make some as well.'),
]
OnGraph = Annotated[
    bool,
    typer.Option(
        '--graph/--lockstep',
        help='Make rollouts with real nodes in real time, or in lockstep, which is faster.',
    ),
]
Keep = Annotated[Path | None, typer.Option(help='Keep the rollouts in this folder.')]
Recipe = Annotated[str, typer.Option(help='Name in config/detect/, or a YAML.')]


def command(
    robot: options.Robot = 'franka',
    policy: options.Policy = '',
    other_robot: options.OtherRobot = False,
    episodes: Episodes = 90,
    tasks: options.Tasks = '',
    rollouts: Rollouts = None,
    graph: OnGraph = False,
    keep: Keep = None,
    recipe: Recipe = 'default',
    seed: options.Seed = 0,
    workers: options.Workers = 2,
    report: options.Report = None,
) -> None:
    """Fit and calibrate the detector on successes; writes calibration.json into the policy."""
    folder = policy or f'policies/{robot}/pocket'
    made: list[Rollout] = []
    if rollouts is not None:
        made = list(load_rollouts(rollouts))
    if rollouts is None or graph:
        trials = _trials(options.families(tasks, robot), episodes, seed)
        setup = Setup(robot, folder, keep_chunks=True, other_robot=other_robot)
        made += _collect(_graph(setup, trials) if graph else _lockstep(setup, trials, workers),
                         len(trials), '-graph' if graph else '')  # fmt: skip
    if keep is not None:
        for rollout in made:
            save_rollout(keep / f'{rollout.episode_id}.safetensors', rollout)
    result = calibrate(made, load_detect_config(recipe), seed, provenance(seed))
    path = options.policy_path(folder) / 'calibration.json'
    artefact = save_artefact(path, result.artefact)
    Console().print(f'{path}: alpha {artefact.alpha}, policy {artefact.policy}')
    Console().print_json(data=result.report)
    if report is not None:
        write_report(report, NAME, result.report, seed=seed)


def _trials(families: tuple[str, ...], episodes: int, seed: int) -> list[Trial]:
    """Return trials on scenes that are neither trained on nor evaluated."""
    first = CALIBRATION_SEED + 10_000 * seed
    return [Trial(family, first + i, variant=i) for family in families for i in range(episodes)]


def _lockstep(setup: Setup, trials: list[Trial], workers: int) -> Iterator[_Made]:
    for outcome, rollout in run_trials(setup, trials, workers):
        yield outcome, tuple(rollout.chunks or ())


def _graph(setup: Setup, trials: list[Trial]) -> Iterator[_Made]:
    from vla_ros.bench.graph_trials import run_graph_trials  # ROS: only here

    # Without the detector, whose alarms would end what it is to learn from.
    yield from run_graph_trials(
        setup.robot, setup.policy, trials, 0.0, detect=False, other_robot=setup.other_robot
    )


def _collect(made: Iterator[_Made], total: int, suffix: str) -> list[Rollout]:
    rollouts = []
    with bar('rollouts', total) as step:
        for outcome, chunks in made:
            step(outcome.success)
            if not chunks:
                continue  # refused: nothing was executed
            rollouts.append(
                Rollout(
                    episode_id=outcome.name.replace(':', '-') + suffix,
                    task=outcome.family,
                    success=outcome.success,
                    chunks=chunks,
                    instruction=outcome.instruction,
                    seed=outcome.trial.seed,
                )
            )
    return rollouts
