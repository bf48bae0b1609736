"""`vla_ros export`: a training checkpoint into a policy directory."""

from pathlib import Path
from typing import Annotated

from rich.console import Console
import typer

from vla_ros.commands import options
from vla_ros.evaluate.report import write_report
from vla_ros.robots import load_robot


NAME = 'export'


def command(
    checkpoint: Annotated[Path, typer.Option(help='A .safetensors that `vla_ros train` wrote.')],
    out: Annotated[Path, typer.Option(help='Policy directory to write.')],
    threshold: Annotated[
        float,
        typer.Option(
            min=0,
            max=1,
            help='p_grounded below which an instruction is refused, as training printed.',
        ),
    ],
    robot: options.Robot = 'franka',
    recipe: Annotated[str, typer.Option(help='The one it was trained with.')] = 'pocket',
    report: options.Report = None,
) -> None:
    """Write reasoner.onnx, expert.onnx, the vocabulary and policy.yaml. Needs torch."""
    from vla_ros.learn.train import export_checkpoint, load_settings  # torch: only here

    settings = load_settings(recipe)
    spec = export_checkpoint(settings, load_robot(robot), checkpoint, out, threshold)
    size = sum((out / name).stat().st_size for name in spec.files)
    Console().print(f'{spec.model}: {size / 1e6:.2f} MB in {out}')
    if report is not None:
        write_report(report, NAME, {'policy': spec.model, 'bytes': size, 'files': spec.files})
