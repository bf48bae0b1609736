"""`vla_ros tokenize`: one action tokenizer for all robots, fitted to their demonstrations."""

from pathlib import Path
from typing import Annotated, Any

from rich.console import Console
from rich.table import Table
import typer

from vla_ros.cli import options
from vla_ros.cli.progress import bar
from vla_ros.evaluate.report import write_report


NAME = 'tokenize'

Quantum = Annotated[
    float,
    typer.Option(help='Numbers are rounded to this; smaller is finer, and more tokens.'),
]
Known = Annotated[
    Path | None,
    typer.Option(help='JSON file of a tokenizer to measure, not to fit.'),
]


def command(
    data: Annotated[
        list[Path], typer.Argument(help='Folders of demonstrations, one for each robot.')
    ],
    out: Annotated[Path, typer.Option(help='JSON file to write the tokenizer to.')] = (
        Path('out/tokenizer.json')
    ),
    quantum: Quantum = 0.04,
    size: Annotated[int, typer.Option(min=600, help='Number of different tokens.')] = 2048,
    tokenizer: Known = None,
    report: options.Report = None,
) -> None:
    """Fit a tokenizer, or measure one: what held-out chunks lose, and how short they get.

    The report has `robots.<robot>`: chunks, numbers and tokens of a chunk, and the absolute errors
    of every kind of channel (mean, p99, max).
    """
    from vla_ros.policies.tokenizer import load, save
    from vla_ros.tabletop.tokens import collect, fit_tokenizer, measure

    known = None if tokenizer is None else load(tokenizer)
    found = []
    with bar('demonstrations', len(data)) as step:
        for folder in data:
            found.append(collect(folder))
            step(True)
    used = known or fit_tokenizer(found, quantum, size)
    if known is None:
        save(out, used)
    robots = {chunks.robot: measure(used, chunks) for chunks in found}
    Console().print(_table(robots))
    Console().print(f'{used.size} tokens, in {tokenizer or out}')
    if report is not None:
        figures = {'quantum': used.spec.quantum, 'size': used.size, 'robots': robots}
        write_report(report, NAME, figures)


# What is shown of each kind of channel: a title, and what its unit is multiplied by.
_SHOWN = {
    'position': ('position mm', 1e3),
    'rotation': ('rotation mrad', 1e3),
    'gripper': ('gripper %', 1e2),
    'joint': ('joint mrad', 1e3),
    'twist': ('twist mm/s, mrad/s', 1e3),
}


def _table(robots: dict[str, dict[str, Any]]) -> Table:
    table = Table(title='held-out chunks: length, and mean / greatest error')
    shown = [kind for kind in _SHOWN if any(kind in row for row in robots.values())]
    for column in ('robot', 'numbers', 'tokens', *(_SHOWN[kind][0] for kind in shown)):
        table.add_column(column, justify='right')
    for robot, row in robots.items():
        errors = [_errors(row.get(kind), _SHOWN[kind][1]) for kind in shown]
        table.add_row(robot, str(row['numbers']), f'{row["tokens"]:.1f}', *errors)
    return table


def _errors(error: dict[str, float] | None, factor: float) -> str:
    """Return the mean and greatest error of a kind of channel; '' if a robot has none."""
    if error is None:
        return ''
    return f'{factor * error["mean"]:.2f} / {factor * error["max"]:.2f}'
