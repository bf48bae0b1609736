"""`vla_ros demo`: the whole stack on a simulated robot, carrying out instructions."""

from dataclasses import asdict, replace
from pathlib import Path
import shutil
from typing import Annotated

from rich.console import Console
import typer

from vla_ros.bench.demo_program import Program
from vla_ros.cli import options
from vla_ros.core import config
from vla_ros.core.paths import config_file
from vla_ros.evaluate.report import write_report


NAME = 'demo'


def command(
    robot: options.Robot = 'franka',
    policy: options.Policy = '',
    out: Annotated[Path, typer.Option(help='Folder for bags, video, timeline and report.')] = Path(
        'out/demo'
    ),
    extra_delay: options.ExtraDelay = 0.0,
    video: Annotated[bool, typer.Option(help='Write the video and the timeline.')] = True,
    verbose: Annotated[bool, typer.Option(help='Show what the nodes print.')] = False,
    seed: Annotated[
        int, typer.Option(min=0, max=99, help='Seed of the scenes; the tasks stay the same.')
    ] = 0,
    report: options.Report = None,
) -> None:
    """Start every node, give instructions, show a live table; leave bags, a video and plots."""
    from vla_ros.bench.demo_run import run_program  # ROS: only here

    console = Console()
    program = _other_scenes(config.load(Program, config_file('demo', robot)), seed)
    for step in program.steps:
        options.families(step.family, robot)  # refuses what the robot does not have
    bags = out / 'bags'
    shutil.rmtree(bags, ignore_errors=True)
    results, figures = run_program(robot, policy, program, bags, extra_delay, console, verbose)
    tree = {'robot': robot, 'instructions': [asdict(r) for r in results], **figures,
            'bags': str(bags)}  # fmt: skip
    if video and results:
        from vla_ros.tabletop.film import film

        console.print('drawing the video and the timeline from the bags')
        tree |= film(robot, bags, out)
    path = report or out / 'report.json'
    write_report(path, NAME, tree, seed=seed)
    console.print(f'bags, video, timeline and report are in {out}/')
    if 'error' in figures or not results:
        raise typer.Exit(1)


def _other_scenes(program: Program, seed: int) -> Program:
    """Return the program in the scenes of another seed; 0 keeps those that it names."""
    steps = tuple(replace(step, seed=step.seed + 100 * seed) for step in program.steps)
    return replace(program, steps=steps)
