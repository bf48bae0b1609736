"""`vla_ros bench`: the figures of the running system, printed and written in one run."""

from pathlib import Path
import tempfile
from typing import TYPE_CHECKING, Annotated, Any

from rich.console import Console
from rich.table import Table
import typer

from vla_ros.commands import options
from vla_ros.commands.progress import bar
from vla_ros.evaluate.report import write_report
from vla_ros.paths import share_dir
from vla_ros.robots import RobotSpec, load_robot


if TYPE_CHECKING:
    from vla_ros.pipeline.law_bench.row import Row


NAME = 'bench'
SECTIONS = ('graph', 'recorder', 'cameras', 'control', 'limits')


def command(
    sections: Annotated[
        list[str] | None, typer.Argument(help=f'Which of {", ".join(SECTIONS)}; none: all.')
    ] = None,
    robot: options.Robot = 'franka',
    policy: options.Policy = '',
    seconds: Annotated[
        float, typer.Option(min=5, help='Length of each graph run; the recorder takes 5 minutes.')
    ] = 60.0,
    quick: Annotated[bool, typer.Option(help='A tenth of the recorder and camera runs.')] = False,
    laws: Annotated[
        str,
        typer.Option(
            help='Presets of config/control/, separated by commas; empty: all the robot has.'
        ),
    ] = '',
    plots: Annotated[Path, typer.Option(help='Folder for the pictures of the control bench.')] = (
        Path('out/bench')
    ),
    ticks: Annotated[
        int, typer.Option(min=1000, help='Length of the attack on the limits, for each law.')
    ] = 1_000_000,
    seed: options.Seed = 0,
    report: options.Report = None,
) -> None:
    """Measure chunk rates, latency, what recorder and cameras lose, control laws and limits.

    The report has one object per section: `graph.delays.<s>` (chunk_rate, synchronous,
    latency_p50, latency_p99, tick_p50, tick_p99, missed), `recorder` (messages, lost),
    `cameras` (sent, lost), `control.<trial>.<law>` (what the trial measures, SI units),
    `limits.<law>` (ticks, violations, shares: the most that was used of each limit).
    """
    console = Console()
    share = 0.1 if quick else 1.0
    results: dict[str, Any] = {}
    for section in options.families(','.join(sections or ()), SECTIONS, 'sections'):
        if section == 'graph':
            from vla_ros.bringup.bench import bench_graph  # ROS: only here

            results['graph'] = bench_graph(robot, policy, seconds, console)
            console.print(_graph_table(results['graph']))
        elif section == 'recorder':
            results['recorder'] = _recorder(robot, policy, 300.0 * share, console)
        elif section == 'control':
            results['control'] = _control(robot, laws, plots, console)
        elif section == 'limits':
            results['limits'] = _limits(robot, laws, round(ticks * share), seed, console)
        else:
            results['cameras'] = _cameras(robot, policy, 60.0 * share, console)
    if report is not None:
        write_report(report, NAME, {'robot': robot, **results})


def _recorder(robot: str, policy: str, seconds: float, console: Console) -> dict[str, Any]:
    from vla_ros.bringup.bench_recorder import bench_recorder  # ROS: only here

    console.print(f'recorder: two 640x480 cameras at 30 Hz, states at 200 Hz, {seconds:.0f} s')
    with tempfile.TemporaryDirectory(prefix='vla_ros_bench_') as folder:
        figures = bench_recorder(robot, policy, Path(folder), seconds)
    console.print_json(data=figures)
    return figures


def _cameras(robot: str, policy: str, seconds: float, console: Console) -> dict[str, Any]:
    from vla_ros.bringup.description import StackOptions, describe  # ROS: only here
    from vla_ros.nodes.transport import bench_transport

    console.print(f'cameras: two raw 640x480 streams at 30 Hz between processes, {seconds:.0f} s')
    stack = describe(StackOptions(robot=robot, policy=policy))
    figures = bench_transport(stack.environment, seconds=seconds)
    console.print_json(data=figures)
    return figures


def _control(robot: str, laws: str, plots: Path, console: Console) -> dict[str, Any]:
    from vla_ros.control.laws import load_law
    from vla_ros.pipeline.law_bench import TRIALS, bench_laws
    from vla_ros.pipeline.law_bench.plots import plot_trial

    spec = load_robot(robot)
    # A law that lets itself be led follows no trial.
    presets = tuple(p for p in _presets(spec, laws) if load_law(p, spec).tracks != 'hand')
    rows = []
    with bar('control laws', len(TRIALS) * (len(presets) + 1)) as step:
        for row in bench_laws(spec, presets):
            rows.append(row)
            step(True)
    result: dict[str, Any] = {}
    for name, trial in TRIALS.items():
        own = [row for row in rows if row.trial is trial]
        plot_trial(plots / f'{name}.png', own)
        console.print(_control_table(trial.title, own))
        result[name] = {row.law: row.figures for row in own}
    console.print(f'pictures are in {plots}/')
    return result


def _limits(robot: str, laws: str, ticks: int, seed: int, console: Console) -> dict[str, Any]:
    from vla_ros.pipeline.limit_fuzz import BLOCK, fuzz_limits

    spec = load_robot(robot)
    result: dict[str, Any] = {}
    table = Table(title=f'an adversary against the limits, {ticks} ticks for each law')
    for column in ('law', 'violations', 'most used of a limit'):
        table.add_column(column)
    for name in _presets(spec, laws):
        with bar(f'limits: {name}', -(-ticks // BLOCK)) as step:
            verdict = fuzz_limits(spec, name, ticks, seed, step)
        result[name] = {
            'ticks': verdict.ticks, 'violations': verdict.violations, 'shares': verdict.shares,
        }  # fmt: skip
        most = max(verdict.shares, key=verdict.shares.__getitem__)
        violated = ', '.join(verdict.violations) or 'none'
        table.add_row(name, violated, f'{most}: {100 * verdict.shares[most]:.1f} %')
    console.print(table)
    return result


def _presets(spec: RobotSpec, laws: str) -> tuple[str, ...]:
    """Return the presets named, or all of the robot but those that only brake."""
    named = tuple(name.strip() for name in laws.split(',') if name.strip())
    found = sorted((share_dir() / 'config' / 'control').glob(f'{spec.name}_*.yaml'))
    return named or tuple(path.stem for path in found if path.stem != f'{spec.name}_stop')


def _control_table(title: str, rows: list['Row']) -> Table:
    table = Table(title=title, title_justify='left')
    table.add_column('law')
    for column in rows[0].figures:
        table.add_column(column, justify='right')
    for row in rows:
        table.add_row(row.law, *(f'{value:.4g}' for value in row.figures.values()))
    return table


def _graph_table(graph: dict[str, Any]) -> Table:
    table = Table(title='the running graph, by delay added to the reasoner')
    columns = ('delay s', 'chunks/s', 'synchronous/s', 'camera -> command ms', 'tick us', 'missed')
    for column in columns:
        table.add_column(column, justify='right')
    for delay, row in graph['delays'].items():
        table.add_row(
            delay,
            f'{row["chunk_rate"]:.1f}',
            f'{row["synchronous"]["chunk_rate"]:.1f}',
            f'{row["latency_p50"] * 1e3:.0f} / {row["latency_p99"] * 1e3:.0f}',
            f'{row["tick_p50"] * 1e6:.0f} / {row["tick_p99"] * 1e6:.0f}',
            f'{100 * row["missed"]:.2f} %',
        )
    return table
