"""`vla_ros up`: the stack without launch, until Ctrl-C."""

import time
from typing import TYPE_CHECKING, Annotated

from rich.console import Console
import typer

from vla_ros.cli import options
from vla_ros.core import config


if TYPE_CHECKING:
    from vla_ros.ros.bringup.description import StackOptions


NAME = 'up'

Sim = Annotated[
    str,
    typer.Option(
        help='mujoco: simulate the robot; none: its driver runs elsewhere; '
        'gazebo, isaac: that simulator does, and its /clock is the time.'
    ),
]
Instruction = Annotated[str, typer.Option(help='Instruction to give once everything runs.')]
Record = Annotated[str, typer.Option(help='Folder that gets one bag per episode.')]
Namespace = Annotated[str, typer.Option(help='Namespace of every node.')]
ReasonerRate = Annotated[
    float,
    typer.Option(
        min=0,
        help="Latents per second, Hz; 0: that of config/bringup/, else the policy's.",
    ),
]
Detect = Annotated[bool, typer.Option(help='Run the detector; its alarm holds.')]
Teleop = Annotated[str, typer.Option(help='Device with which a person can take the arm over.')]
Quiet = Annotated[bool, typer.Option(help='Do not show what the nodes print.')]


def command(
    robot: options.Robot = 'franka',
    sim: Sim = 'mujoco',
    instruction: Instruction = '',
    policy: options.PolicyOrNone = '',
    other_robot: options.OtherRobot = False,
    record: Record = '',
    namespace: Namespace = '',
    reasoner_rate: ReasonerRate = 0.0,
    extra_delay: options.ExtraDelay = 0.0,
    detect: Detect = True,
    teleop: Teleop = '',
    seed: options.Seed = 0,
    quiet: Quiet = False,
) -> None:
    """Run every node of a robot until Ctrl-C; a node that dies is named with its last lines."""
    from vla_ros.ros.bringup.description import StackOptions  # ROS: only here

    tree = {
        'robot': robot, 'sim': sim, 'instruction': instruction, 'policy': policy,
        'other_robot': other_robot, 'record': record, 'namespace': namespace,
        'reasoner_rate': reasoner_rate, 'extra_delay': extra_delay, 'detect': detect,
        'teleop': teleop, 'seed': seed,
    }  # fmt: skip
    _run(config.build(StackOptions, tree, 'vla_ros up'), quiet)


def _run(chosen: 'StackOptions', quiet: bool) -> None:
    """Run the nodes until Ctrl-C, or until none is left."""
    from vla_ros.ros.bringup.description import describe
    from vla_ros.ros.bringup.runner import LocalRunner

    console = Console()

    def echo(name: str, line: str) -> None:
        console.print(f'{name:>9} | {line}', markup=False, highlight=False)

    with LocalRunner(describe(chosen), None if quiet else echo) as runner:
        try:
            runner.bring_up()
            console.print(f'{len(runner.pids)} nodes run; Ctrl-C ends them')
            while runner.alive:
                time.sleep(0.2)
                for death in runner.deaths():
                    console.print(f'{death}', style='red', markup=False)
            raise typer.Exit(1)
        except KeyboardInterrupt:
            console.print('ending')
