"""`vla_ros train`: reasoner and expert, jointly, from demonstrations."""

from pathlib import Path
from typing import Annotated, Any

from rich.console import Console
import typer

from vla_ros import config
from vla_ros.commands import options
from vla_ros.evaluate.report import write_report
from vla_ros.paths import config_file
from vla_ros.robots import load_robot


NAME = 'train'


def command(
    data: Annotated[Path, typer.Option(help='Folder of demonstrations, see `vla_ros demos`.')],
    robot: options.Robot = 'franka',
    recipe: Annotated[str, typer.Option(help='Name in config/train/, or a YAML.')] = 'pocket',
    out: Annotated[Path, typer.Option(help='Folder for the checkpoint and the log.')] = Path(
        'out/train'
    ),
    minutes: Annotated[float, typer.Option(min=0.01, help='Time to train.')] = 60.0,
    steps: Annotated[int, typer.Option(min=1, help='Steps to train; time or steps end it.')] = 10
    ** 9,
    resume: Annotated[Path | None, typer.Option(help='Checkpoint to go on from.')] = None,
    export: Annotated[
        Path | None, typer.Option(help='Policy directory to write at the end.')
    ] = None,
    seed: options.Seed = 0,
    report: options.Report = None,
) -> None:
    """Train the pocket policy; validation figures are printed as lines of JSON."""
    from dataclasses import replace

    from vla_ros.learn.export import export_policy  # torch: only here
    from vla_ros.learn.loop import Budget, Run, demonstrations, log_line
    from vla_ros.learn.settings import TrainSettings

    spec = load_robot(robot)
    settings = config.load(TrainSettings, config_file('train', recipe))
    settings = replace(settings, seed=seed)
    console = Console()
    files = demonstrations(data)
    console.print(f'loading {len(files)} demonstrations from {data}')
    out.mkdir(parents=True, exist_ok=True)
    run = Run(settings, spec, files, out)
    if resume is not None:
        run.resume(resume)

    def tell(figures: dict[str, Any]) -> None:
        console.print(log_line(figures), soft_wrap=True, markup=False, highlight=False)

    checkpoint = run.train(Budget(minutes, steps), tell)
    figures = run.figures()
    console.print(f'checkpoint {checkpoint}')
    if export is not None:
        dt = run.sampler.demos.dt
        policy = export_policy(run.average.net, settings, spec, figures['threshold'], dt, export)
        console.print(f'policy {policy.model} written to {export}')
    if report is not None:
        tree = {'figures': figures, 'steps': run.step, 'settings': settings,
                'demonstrations': len(files)}  # fmt: skip
        write_report(report, NAME, tree, seed=seed)
