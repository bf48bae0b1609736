"""`vla_ros teleop`: a person moves the arm of a running stack, until Ctrl-C."""

from typing import Annotated

import typer

from vla_ros.cli import options


NAME = 'teleop'


def command(
    robot: options.Robot = 'franka',
    device: Annotated[
        str,
        typer.Option(
            help='keyboard, spacemouse, joystick, leader, or a YAML file like those in '
            'config/teleop/.'
        ),
    ] = 'keyboard',
    namespace: Annotated[str, typer.Option(help='Namespace of the robot.')] = '',
    limb: Annotated[str, typer.Option(help='Limb to move, of a robot with several.')] = '',
) -> None:
    """Take a robot over by hand. Its stack runs elsewhere, e.g. in `vla_ros up`.

    The arm is taken over when the device's dead-man switch is pressed, and moves only while it
    is. Ctrl-C while the arm is taken leaves it held; `resume` gives it back to the policy.
    """
    from vla_ros.ros.bringup.teleop_run import run_teleop  # ROS: only here

    run_teleop(robot, device, namespace, limb)
