"""`vla_ros calibrate`: rollouts of the policy into the failure detector's artefact."""

from pathlib import Path
from typing import Annotated

from rich.console import Console
import typer

from vla_ros.commands import options
from vla_ros.commands.progress import bar
from vla_ros.detect.artefact import save_artefact
from vla_ros.detect.calibrate import calibrate
from vla_ros.detect.rollouts import Rollout, load_rollouts, save_rollout
from vla_ros.detect.settings import load_detect_config
from vla_ros.evaluate.report import provenance, write_report
from vla_ros.evaluate.trials import CALIBRATION_SEED, FAMILIES, Trial
from vla_ros.pipeline.evaluation import Setup, run_trials


NAME = 'calibrate'


def command(
    robot: options.Robot = 'franka',
    policy: options.Policy = '',
    episodes: Annotated[int, typer.Option(min=5, help='Rollouts per task family.')] = 60,
    tasks: options.Tasks = '',
    rollouts: Annotated[
        Path | None, typer.Option(help='Take the rollouts in this folder instead of making some.')
    ] = None,
    keep: Annotated[Path | None, typer.Option(help='Keep the rollouts in this folder.')] = None,
    recipe: Annotated[str, typer.Option(help='Name in config/detect/, or a YAML.')] = 'default',
    seed: options.Seed = 0,
    workers: options.Workers = 2,
    report: options.Report = None,
) -> None:
    """Fit and calibrate the detector on successes; writes calibration.json into the policy."""
    folder = policy or f'policies/{robot}/pocket'
    if rollouts is not None:
        made = load_rollouts(rollouts)
    else:
        families = options.families(tasks, FAMILIES)
        made = _make(Setup(robot, folder, keep_chunks=True), families, episodes, seed, workers)
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


def _make(
    setup: Setup, families: tuple[str, ...], episodes: int, seed: int, workers: int
) -> list[Rollout]:
    """Return rollouts on scenes that are neither trained on nor evaluated."""
    first = CALIBRATION_SEED + 10_000 * seed
    trials = [Trial(family, first + i, variant=i) for family in families for i in range(episodes)]
    made = []
    with bar('rollouts', len(trials)) as step:
        for outcome, rollout in run_trials(setup, trials, workers):
            step(outcome.success)
            if not rollout.chunks:
                continue  # refused: nothing was executed
            made.append(
                Rollout(
                    episode_id=outcome.name.replace(':', '-'),
                    task=outcome.family,
                    success=outcome.success,
                    chunks=tuple(rollout.chunks),
                    instruction=outcome.instruction,
                    seed=outcome.trial.seed,
                )
            )
    return made
