"""`vla_ros up`: the stack without launch, until Ctrl-C."""

import time
from typing import Annotated

from rich.console import Console
import typer

from vla_ros.cli import options


NAME = 'up'


def command(
    robot: options.Robot = 'franka',
    sim: Annotated[
        str,
        typer.Option(
            help='mujoco: simulate the robot; none: its driver runs elsewhere; '
            'gazebo, isaac: that simulator does, and its /clock is the time.'
        ),
    ] = 'mujoco',
    instruction: Annotated[str, typer.Option(help='Given once everything runs.')] = '',
    policy: options.PolicyOrNone = '',
    other_robot: options.OtherRobot = False,
    record: Annotated[str, typer.Option(help='Folder that gets one bag per episode.')] = '',
    namespace: Annotated[str, typer.Option(help='Namespace of every node.')] = '',
    reasoner_rate: Annotated[
        float,
        typer.Option(
            min=0,
            help="Latents per second, Hz; 0: that of config/bringup/, else the policy's.",
        ),
    ] = 0.0,
    extra_delay: Annotated[
        float, typer.Option(min=0, max=10, help='Seconds added to the reasoner.')
    ] = 0.0,
    detect: Annotated[bool, typer.Option(help='Run the detector; its alarm holds.')] = True,
    teleop: Annotated[
        str, typer.Option(help='Device with which a person can take the arm over.')
    ] = '',
    seed: options.Seed = 0,
    quiet: Annotated[bool, typer.Option(help='Do not show what the nodes print.')] = False,
) -> None:
    """Run every node of a robot until Ctrl-C; a node that dies is named with its last lines."""
    from vla_ros.core import config
    from vla_ros.ros.bringup.description import StackOptions, describe  # ROS: only here
    from vla_ros.ros.bringup.runner import LocalRunner

    console = Console()
    chosen = config.build(
        StackOptions,
        {'robot': robot, 'sim': sim, 'instruction': instruction, 'policy': policy,
         'other_robot': other_robot,
         'record': record, 'namespace': namespace, 'reasoner_rate': reasoner_rate,
         'extra_delay': extra_delay, 'detect': detect, 'teleop': teleop, 'seed': seed},
        'vla_ros up',
    )  # fmt: skip

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
