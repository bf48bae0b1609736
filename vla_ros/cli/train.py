"""`vla_ros train`: reasoner and expert, jointly, from demonstrations."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

from rich.console import Console
import typer

from vla_ros.cli import options
from vla_ros.cli.progress import bar
from vla_ros.evaluate.report import write_report
from vla_ros.policies import PolicySpec
from vla_ros.robots import load_robot


NAME = 'train'

Robots = Annotated[
    str,
    typer.Option(help='Name in config/robots/; several, separated by commas, share one net.'),
]
Data = Annotated[Path, typer.Option(help='Folder of demonstrations; {robot} stands for the name.')]
Collect = Annotated[
    bool,
    typer.Option(help='First collect the demonstrations and pictures that the recipe asks for.'),
]
Recipe = Annotated[str, typer.Option(help='Name in config/train/, or a YAML.')]
Out = Annotated[Path, typer.Option(help='Folder for the checkpoint.')]
PolicyOut = Annotated[
    Path,
    typer.Option(
        help='Policy directory to write, now and then and at the end; {robot} as in --data.'
    ),
]
Minutes = Annotated[float, typer.Option(min=0.01, help='Time to train, without --collect.')]
Steps = Annotated[int, typer.Option(min=1, help='Steps to train; time or steps end it.')]
Start = Annotated[
    Path | None,
    typer.Option(help='Checkpoint whose weights to begin with; it may be of another robot.'),
]
Resume = Annotated[bool, typer.Option(help='Go on from the checkpoint in --out.')]
Threads = Annotated[int, typer.Option(min=0, help='Threads of torch; 0: as the recipe says.')]


def command(
    robot: Robots = 'franka',
    data: Data = Path('datasets/{robot}'),
    collect: Collect = False,
    recipe: Recipe = 'pocket',
    out: Out = Path('out/train'),
    policy: PolicyOut = Path('out/policy'),
    minutes: Minutes = 60.0,
    steps: Steps = 10**9,
    start: Start = None,
    resume: Resume = False,
    threads: Threads = 0,
    workers: options.Workers = 2,
    seed: options.Seed = 0,
    report: options.Report = None,
) -> None:
    """Train the pocket policy; figures are printed as lines of JSON. Needs torch."""
    from vla_ros.tabletop.pocket.loop import Budget, log_line  # torch: only here
    from vla_ros.tabletop.pocket.train import Job, load_settings, own, train_policy
    from vla_ros.tabletop.training import train_from_nothing

    settings = load_settings(recipe)
    settings = replace(settings, seed=seed, threads=threads or settings.threads)
    console = Console()
    last: dict[str, Any] = {}

    def tell(figures: dict[str, Any]) -> None:
        last.update(figures)
        console.print(log_line(figures), soft_wrap=True, markup=False, highlight=False)

    robots = robot.split(',')
    job = Job(data, out, policy, Budget(minutes, steps), resume, start)
    if collect:
        made = train_from_nothing(settings, robots, job, workers, bar, tell)
    else:
        made = train_policy(settings, [load_robot(name) for name in robots], job, tell)
    for spec in made:
        console.print(f'policy {spec.model} written to {own(policy, spec.robot)}')
    if report is not None:
        write_report(report, NAME, _tree(last, settings, made), seed=seed)


def _tree(figures: dict[str, Any], settings: Any, made: Sequence[PolicySpec]) -> dict[str, Any]:
    """Return the fields of the report."""
    models = {spec.robot: spec.model for spec in made}
    return {'figures': figures, 'settings': settings, 'policies': models}
