"""`vla_ros export`: a training checkpoint into a policy directory."""

from pathlib import Path
from typing import Annotated

from rich.console import Console
import typer

from vla_ros.cli import options
from vla_ros.evaluate.report import write_report
from vla_ros.robots import load_robot


NAME = 'export'


def command(
    checkpoint: Annotated[Path, typer.Option(help='A .safetensors that `vla_ros train` wrote.')],
    out: Annotated[
        Path, typer.Option(help='Policy directory to write; {robot} stands for the name.')
    ],
    threshold: Annotated[
        float,
        typer.Option(
            min=0,
            max=1,
            help='p_grounded below which an instruction is refused, as training printed.',
        ),
    ],
    robot: Annotated[
        str,
        typer.Option(help='Robots it was trained for, separated by commas, in the same order.'),
    ] = 'franka',
    recipe: Annotated[
        str, typer.Option(help='Recipe that the checkpoint was trained with.')
    ] = 'pocket',
    report: options.Report = None,
) -> None:
    """Write the ONNX nets, the vocabulary and policy.yaml. Needs torch."""
    from vla_ros.tabletop.pocket.train import export_checkpoint, load_settings, own

    settings, robots = load_settings(recipe), [load_robot(name) for name in robot.split(',')]
    specs = export_checkpoint(settings, robots, checkpoint, out, threshold)
    sizes = {
        spec.robot: sum((own(out, spec.robot) / name).stat().st_size for name in spec.files)
        for spec in specs
    }
    for spec in specs:
        size = sizes[spec.robot] / 1e6
        Console().print(f'{spec.model}: {size:.2f} MB in {own(out, spec.robot)}')
    if report is not None:
        models = {spec.robot: spec.model for spec in specs}
        write_report(report, NAME, {'policies': models, 'bytes': sizes})
