"""`vla_ros export`: a training checkpoint into a policy directory."""

from pathlib import Path
from typing import Annotated

from rich.console import Console
import typer

from vla_ros import config
from vla_ros.commands import options
from vla_ros.paths import config_file
from vla_ros.robots import load_robot


NAME = 'export'


def command(
    checkpoint: Annotated[Path, typer.Option(help='A .safetensors that `vla_ros train` wrote.')],
    data: Annotated[
        Path,
        typer.Option(help='The demonstrations: the refusal threshold is set on held-out ones.'),
    ],
    out: Annotated[Path, typer.Option(help='Policy directory to write.')],
    robot: options.Robot = 'franka',
    recipe: Annotated[str, typer.Option(help='The one it was trained with.')] = 'pocket',
) -> None:
    """Write reasoner.onnx, expert.onnx, the vocabulary and policy.yaml."""
    from vla_ros.learn.export import export_policy  # torch: only here
    from vla_ros.learn.loop import Run, demonstrations
    from vla_ros.learn.settings import TrainSettings

    spec = load_robot(robot)
    settings = config.load(TrainSettings, config_file('train', recipe))
    run = Run(settings, spec, demonstrations(data), out)
    run.resume(checkpoint)
    threshold = run.figures()['threshold']
    policy = export_policy(run.average.net, settings, spec, threshold, run.sampler.demos.dt, out)
    size = sum((out / name).stat().st_size for name in policy.files)
    Console().print(f'{policy.model}: {size / 1e6:.2f} MB in {out}')
