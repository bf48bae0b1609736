"""`vla_ros tokenize`: one action tokenizer for all robots, fitted to their demonstrations."""

from pathlib import Path
from typing import Annotated, Any

from rich.console import Console
from rich.table import Table
import typer

from vla_ros.commands import options
from vla_ros.commands.progress import bar
from vla_ros.evaluate.report import write_report


NAME = 'tokenize'


def command(
    data: Annotated[
        list[Path], typer.Argument(help='Folders of demonstrations, one for each robot.')
    ],
    out: Annotated[Path, typer.Option(help='JSON file to write the tokenizer to.')] = (
        Path('out/tokenizer.json')
    ),
    quantum: Annotated[
        float, typer.Option(help='What is rounded to; smaller is finer, and more tokens.')
    ] = 0.04,
    size: Annotated[int, typer.Option(min=600, help='Number of different tokens.')] = 2048,
    report: options.Report = None,
) -> None:
    """Fit the tokenizer; print what held-out chunks of each robot lose, and how short they get.

    The report has `robots.<robot>`: chunks, numbers and tokens of a chunk, and the absolute errors
    of every kind of channel (mean, p99, max).
    """
    from vla_ros.act.tokenizer import save
    from vla_ros.pipeline.tokens import collect, fit_tokenizer, measure

    found = []
    with bar('demonstrations', len(data)) as step:
        for folder in data:
            found.append(collect(folder))
            step(True)
    tokenizer = fit_tokenizer(found, quantum, size)
    save(out, tokenizer)
    robots = {chunks.robot: measure(tokenizer, chunks) for chunks in found}
    Console().print(_table(robots))
    Console().print(f'{tokenizer.size} tokens, in {out}')
    if report is not None:
        write_report(report, NAME, {'quantum': quantum, 'size': tokenizer.size, 'robots': robots})


def _table(robots: dict[str, dict[str, Any]]) -> Table:
    table = Table(title='held-out chunks: length, and mean / greatest error')
    columns = ('numbers', 'tokens', 'position mm', 'rotation mrad', 'gripper %')
    for column in ('robot', *columns):
        table.add_column(column, justify='right')
    for robot, row in robots.items():
        errors = [
            f'{factor * row[kind]["mean"]:.2f} / {factor * row[kind]["max"]:.2f}'
            for kind, factor in (('position', 1e3), ('rotation', 1e3), ('gripper', 1e2))
        ]
        table.add_row(robot, str(row['numbers']), f'{row["tokens"]:.1f}', *errors)
    return table
