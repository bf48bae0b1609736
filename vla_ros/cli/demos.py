"""`vla_ros demos`: demonstrations by scripted experts, through the law that runs the robot."""

from pathlib import Path
from typing import Annotated

from rich.console import Console
import typer

from vla_ros.cli import options
from vla_ros.cli.progress import bar
from vla_ros.evaluate.report import write_report
from vla_ros.tabletop.demos.demonstrate import demonstrate


NAME = 'demos'


def command(
    out: Annotated[Path, typer.Option(help='Folder to write <family>/*.safetensors into.')],
    robot: options.Robot = 'franka',
    episodes: Annotated[int, typer.Option(min=1, help='Successes to keep per family.')] = 100,
    tasks: options.Tasks = '',
    rollin_policy: Annotated[
        str, typer.Option(help='Policy that acts first; the expert corrects it (DAgger).')
    ] = '',
    seed: options.Seed = 0,
    workers: options.Workers = 2,
    report: options.Report = None,
) -> None:
    """Collect noise-injected demonstrations; those that are there already are not made again."""
    families = options.families(tasks, robot)
    with bar('demonstrations', episodes * len(families)) as step:
        result = demonstrate(
            robot, out, episodes, families, seed, workers, rollin_policy=rollin_policy, step=step
        )
    for name, family in result['families'].items():
        Console().print(f'{name:>6}: {family["kept"]} kept of {family["tried"]} tried')
    if report is not None:
        write_report(report, NAME, result, seed=seed)
