"""`vla_ros compare`: two evaluations of the same trials, episode by episode."""

from pathlib import Path
from typing import Annotated

from rich.console import Console
from rich.table import Table
import typer

from vla_ros.cli import options
from vla_ros.evaluate.comparison import Comparison, compare, differences, read_episodes
from vla_ros.evaluate.report import write_report


NAME = 'compare'
SHOWN = 20  # differing episodes in the table; the report has all


def command(
    before: Annotated[Path, typer.Argument(help='Report of `vla_ros evaluate` to compare with.')],
    after: Annotated[Path, typer.Argument(help='Report of the same evaluation, run later.')],
    identical: Annotated[
        bool,
        typer.Option('--identical', help='Exit with 1 if an episode of both reports differs.'),
    ] = False,
    report: options.Report = None,
) -> None:
    """Compare two evaluations: identical episodes, success rates, McNemar's exact test.

    Episodes are paired by suite, scene, seed and variant; a change that should change nothing
    leaves every pair identical. The report has `paired`, `identical`, `differing`, `p`.
    """
    found = compare(read_episodes(before), read_episodes(after))
    console = Console()
    if found.differing:
        console.print(_table(found))
    for line in _lines(found):
        console.print(line, markup=False, highlight=False, soft_wrap=True)
    if report is not None:
        tree = {name: value for name, value in vars(found).items() if name != 'differing'}
        pairs = [{'before': old, 'after': new} for old, new in found.differing]
        write_report(report, NAME, {**tree, 'differing': pairs})
    if identical and found.differing:
        raise typer.Exit(1)


def _lines(found: Comparison) -> list[str]:
    lines = [
        f'identical: {found.identical} of {found.paired} paired episodes',
        f'success before: {found.before}',
        f'success after:  {found.after}',
        f"lost {found.lost}, gained {found.gained}: McNemar's exact p = {found.p:.3g}",
    ]
    if found.only_before or found.only_after:
        lines.append(f'not paired: {found.only_before} before, {found.only_after} after')
    return lines


def _table(found: Comparison) -> Table:
    shown = found.differing[:SHOWN]
    table = Table(title=f'differing episodes: {len(shown)} of {len(found.differing)}')
    for column in ('episode', 'field', 'before', 'after'):
        table.add_column(column, overflow='fold')
    for old, new in shown:
        for i, (name, (was, now)) in enumerate(differences(old, new).items()):
            table.add_row('' if i else old.name, name, str(was), str(now))
    return table
