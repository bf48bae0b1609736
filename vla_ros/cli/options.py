"""Options that several commands share, so that they read alike everywhere."""

from pathlib import Path
from typing import Annotated

import typer

from vla_ros.core.config import require
from vla_ros.policies import load_policy
from vla_ros.robots import load_robot


Robot = Annotated[str, typer.Option(help='Name in config/robots/, or a path to a robot YAML.')]
Policy = Annotated[
    str,
    typer.Option(help="Policy directory; empty takes the robot's own, policies/<robot>/pocket."),
]
PolicyOrNone = Annotated[
    str,
    typer.Option(
        help='Policy directory; empty: policies/<robot>/pocket; none: teleoperation and targets '
        'alone.'
    ),
]
OtherRobot = Annotated[bool, typer.Option(help='Accept a policy that was made for another robot.')]
Seed = Annotated[int, typer.Option(min=0, help='Seed of everything that is drawn at random.')]
Report = Annotated[Path | None, typer.Option(help='Write the JSON report to this file.')]
Workers = Annotated[int, typer.Option(min=1, max=64, help='Processes to work in.')]
ExtraDelay = Annotated[float, typer.Option(min=0, max=10, help='Seconds added to the reasoner.')]
Tasks = Annotated[
    str, typer.Option(help="Task families, separated by commas; empty takes all of the robot's.")
]


def policy_path(policy: str) -> Path:
    """Return the checked policy directory; a relative one may lie in the share folder."""
    return load_policy(policy).path


def families(tasks: str, robot: str) -> tuple[str, ...]:
    """Return the task families named in a comma-separated list, or all that the robot has.

    Raises:
        ValueError: a task that the robot does not have, or it has none; the message says which.
    """
    valid = load_robot(robot).tasks
    require(bool(valid), f'{robot} has no tasks; see `tasks` in its YAML')
    return choices(tasks, valid, '--tasks')


def choices(names: str, valid: tuple[str, ...], what: str) -> tuple[str, ...]:
    """Return what is named in a comma-separated list, or all that is valid.

    Raises:
        ValueError: a name that is not valid; the message, about option `what`, lists the others.
    """
    chosen = tuple(name.strip() for name in names.split(',') if name.strip()) or valid
    unknown = [name for name in chosen if name not in valid]
    if unknown:
        raise ValueError(f'{what}: {unknown[0]!r} is not one of {list(valid)}')
    return chosen
