"""`vla_ros`: one command line for the whole stack; each command is a file in this room."""

import logging
import sys

import typer

from vla_ros import __version__
from vla_ros.cli import (
    bench,
    calibrate,
    compare,
    demo,
    demos,
    doctor,
    evaluate,
    export,
    teleop,
    tokenize,
    train,
    up,
)


app = typer.Typer(
    name='vla_ros',
    help='Run vision-language-action policies on ROS 2 robots: asynchronous, compliant, watched.',
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for module in (
    demo,
    up,
    teleop,
    demos,
    train,
    evaluate,
    compare,
    calibrate,
    export,
    tokenize,
    bench,
    doctor,
):
    app.command(module.NAME)(module.command)


def _version(value: bool) -> None:
    if value:
        typer.echo(f'vla_ros {__version__}')
        raise typer.Exit


@app.callback()
def _root(
    version: bool = typer.Option(
        False, '--version', callback=_version, is_eager=True, help='Print the version.'
    ),
    verbose: bool = typer.Option(False, '--verbose', '-v', help='Log what the stages do.'),
) -> None:
    logging.basicConfig(
        level=logging.DEBUG if verbose else logging.WARNING,
        format='%(levelname).1s %(name)s: %(message)s',
    )


def main() -> None:
    """Run the command line; a mistake of the user's ends in one line, not in a traceback."""
    try:
        app()
    except (ValueError, FileNotFoundError, PermissionError, RuntimeError) as error:
        if logging.getLogger().level <= logging.DEBUG:
            raise
        typer.echo(f'vla_ros: error: {error}', err=True)
        sys.exit(2)


if __name__ == '__main__':
    main()
