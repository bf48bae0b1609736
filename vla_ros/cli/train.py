"""`vla_ros train`: reasoner and expert, jointly, from demonstrations."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

from rich.console import Console
import typer

from vla_ros.cli import options
from vla_ros.cli.progress import bar
from vla_ros.evaluate.report import write_report
from vla_ros.robots import load_robot


NAME = 'train'


def command(
    robot: Annotated[
        str,
        typer.Option(help='Name in config/robots/; several, by commas, share one net.'),
    ] = 'franka',
    data: Annotated[
        Path, typer.Option(help='Folder of demonstrations; {robot} stands for the name.')
    ] = Path('datasets/{robot}'),
    collect: Annotated[
        bool, typer.Option(help='First make there what the recipe asks for: the whole way.')
    ] = False,
    recipe: Annotated[str, typer.Option(help='Name in config/train/, or a YAML.')] = 'pocket',
    out: Annotated[Path, typer.Option(help='Folder for the checkpoint.')] = Path('out/train'),
    policy: Annotated[
        Path,
        typer.Option(
            help='Policy directory to write, now and then and at the end; {robot} as in --data.'
        ),
    ] = Path('out/policy'),
    minutes: Annotated[
        float, typer.Option(min=0.01, help='Time to train, without --collect.')
    ] = 60.0,
    steps: Annotated[int, typer.Option(min=1, help='Steps; time or steps end it.')] = 10**9,
    start: Annotated[
        Path | None,
        typer.Option(help="Checkpoint, another robot's maybe, whose weights to begin with."),
    ] = None,
    resume: Annotated[bool, typer.Option(help='Go on from the checkpoint in --out.')] = False,
    threads: Annotated[int, typer.Option(min=0, help='0: as the recipe says.')] = 0,
    workers: options.Workers = 2,
    seed: options.Seed = 0,
    report: options.Report = None,
) -> None:
    """Train the pocket policy; figures are printed as lines of JSON. Needs torch."""
    from vla_ros.tabletop.pocket.loop import Budget, log_line  # torch: only here
    from vla_ros.tabletop.pocket.train import Job, load_settings, own, train_policy
    from vla_ros.tabletop.training import train_from_nothing

    settings = replace(load_settings(recipe), seed=seed)
    if threads:
        settings = replace(settings, threads=threads)
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
        models = {spec.robot: spec.model for spec in made}
        tree = {'figures': last, 'settings': settings, 'policies': models}
        write_report(report, NAME, tree, seed=seed)
