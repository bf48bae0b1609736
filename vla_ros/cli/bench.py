"""`vla_ros bench`: the figures of the running system, printed and written in one run."""

from collections.abc import Callable
import math
from pathlib import Path
import tempfile
from typing import TYPE_CHECKING, Annotated, Any

from rich import box
from rich.console import Console
from rich.table import Table
import typer

from vla_ros.cli import options
from vla_ros.cli.progress import bar
from vla_ros.core.paths import share_dir
from vla_ros.evaluate.report import write_report
from vla_ros.robots import Robot, load_arm, load_robot


if TYPE_CHECKING:
    from vla_ros.bench.laws.row import Row


NAME = 'bench'
_WIDTH = 110
SECTIONS = ('graph', 'recorder', 'cameras', 'control', 'tick', 'limits')

Sections = Annotated[
    list[str] | None, typer.Argument(help=f'Which of {", ".join(SECTIONS)}; none: all.')
]
Seconds = Annotated[
    float,
    typer.Option(
        min=5,
        help="Length of each graph run and of each law's ticks, s; the recorder takes 5 min.",
    ),
]
Quick = Annotated[bool, typer.Option(help='A tenth of the recorder and camera runs.')]
Laws = Annotated[
    str,
    typer.Option(
        help='Presets of config/control/, separated by commas; empty: all the robot has.'
    ),
]
Plots = Annotated[Path, typer.Option(help='Folder for the pictures of the control bench.')]
Ticks = Annotated[
    int, typer.Option(min=1000, help='Length of the attack on the limits, for each law.')
]


def command(
    sections: Sections = None,
    robot: options.Robot = 'franka',
    policy: options.Policy = '',
    seconds: Seconds = 60.0,
    quick: Quick = False,
    laws: Laws = '',
    plots: Plots = (Path('out/bench')),
    ticks: Ticks = 1_000_000,
    seed: options.Seed = 0,
    report: options.Report = None,
) -> None:
    """Measure chunk rates, latency, what recorder and cameras lose, control laws and limits.

    The report has one object per section: `graph.delays.<s>` (chunk_rate, synchronous,
    latency_p50, latency_p99, jerk_rms, jerk_peak, tick_p50, tick_p99, missed), `recorder`
    (messages, lost), `cameras` (sent, lost), `control.<trial>.<law>` (what the trial measures, SI
    units), `tick.<law>` (tick_p50, tick_p99, cycle_p50, cycle_p99 in s, missed), `limits.<law>`
    (ticks, violations, shares: the most that was used of each limit).
    """
    console = Console()
    if not console.is_terminal:
        console = Console(width=_WIDTH)  # a file or a pipe has no width of its own
    share = 0.1 if quick else 1.0
    measures: dict[str, Callable[[], dict[str, Any]]] = {
        'graph': lambda: _graph(robot, policy, seconds, console),
        'recorder': lambda: _recorder(robot, policy, 300.0 * share, console),
        'cameras': lambda: _cameras(robot, policy, 60.0 * share, console),
        'control': lambda: _control(robot, laws, plots, console),
        'tick': lambda: _tick(robot, laws, seconds * share, console),
        'limits': lambda: _limits(robot, laws, round(ticks * share), seed, console),
    }
    chosen = options.choices(','.join(sections or ()), SECTIONS, 'sections')
    results = {section: measures[section]() for section in chosen}
    if report is not None:
        write_report(report, NAME, {'robot': robot, **results})


def _graph(robot: str, policy: str, seconds: float, console: Console) -> dict[str, Any]:
    from vla_ros.bench.graph_bench import bench_graph  # ROS: only here

    figures = bench_graph(robot, policy, seconds, console)
    console.print(_graph_table(figures))
    return figures


def _recorder(robot: str, policy: str, seconds: float, console: Console) -> dict[str, Any]:
    from vla_ros.bench.recorder_bench import bench_recorder  # ROS: only here

    console.print(f'recorder: two 640x480 cameras at 30 Hz, states at 200 Hz, {seconds:.0f} s')
    with tempfile.TemporaryDirectory(prefix='vla_ros_bench_') as folder:
        figures = bench_recorder(robot, policy, Path(folder), seconds)
    console.print_json(data=figures)
    return figures


def _cameras(robot: str, policy: str, seconds: float, console: Console) -> dict[str, Any]:
    from vla_ros.bench.camera_bench import bench_transport
    from vla_ros.ros.bringup.description import StackOptions, describe  # ROS: only here

    console.print(f'cameras: two raw 640x480 streams at 30 Hz between processes, {seconds:.0f} s')
    stack = describe(StackOptions(robot=robot, policy=policy))
    figures = bench_transport(stack.environment, seconds=seconds)
    console.print_json(data=figures)
    return figures


def _control(robot: str, laws: str, plots: Path, console: Console) -> dict[str, Any]:
    from vla_ros.bench.laws import TRIALS, bench_laws
    from vla_ros.bench.laws.plots import plot_trial
    from vla_ros.bench.laws.reference import CrispReference
    from vla_ros.control.laws import load_law

    spec = load_arm(robot)
    # A law that lets itself be led follows no trial.
    made = {name: load_law(name, spec) for name in _presets(spec, laws)}
    led = {name: law for name, law in made.items() if law.tracks != 'hand'}
    asked = (*led.values(), CrispReference(spec))
    count = sum(trial.asks(law) for trial in TRIALS.values() for law in asked)
    rows = []
    with bar('control laws', count) as step:
        for row in bench_laws(spec, tuple(led)):
            rows.append(row)
            step(True)
    result: dict[str, Any] = {}
    for name, trial in TRIALS.items():
        own = [row for row in rows if row.trial is trial]
        if not own:
            continue
        plot_trial(plots / f'{name}.png', own)
        console.print(_control_table(trial.title, own))
        result[name] = {row.law: row.figures for row in own}
    console.print(f'pictures are in {plots}/')
    return result


def _tick(robot: str, laws: str, seconds: float, console: Console) -> dict[str, Any]:
    from vla_ros.bench.laws.tick import bench_tick

    spec = load_robot(robot)
    result: dict[str, Any] = {}
    table = Table(title=f'the control process, {seconds:.0f} s for each law')
    table.add_column('law', no_wrap=True)
    for column in ('tick us (p50 / p99)', 'cycle us (p50 / p99)', 'missed'):
        table.add_column(column, justify='right')
    for name in _presets(spec, laws):
        with bar(f'tick: {name}', math.ceil(seconds)) as step:
            row = bench_tick(spec, name, seconds, lambda: step(True))
        result[name] = row
        micro = {key: f'{value * 1e6:.0f}' for key, value in row.items()}
        table.add_row(
            name,
            f'{micro["tick_p50"]} / {micro["tick_p99"]}',
            f'{micro["cycle_p50"]} / {micro["cycle_p99"]}',
            f'{100 * row["missed"]:.2f} %',
        )
    console.print(table)
    return result


def _limits(robot: str, laws: str, ticks: int, seed: int, console: Console) -> dict[str, Any]:
    from vla_ros.bench.limits import BLOCK, fuzz_limits

    spec = load_arm(robot)
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


def _presets(spec: Robot, laws: str) -> tuple[str, ...]:
    """Return the presets named, or all of the robot but those that only brake."""
    named = tuple(name.strip() for name in laws.split(',') if name.strip())
    found = sorted((share_dir() / 'config' / 'control').glob(f'{spec.name}_*.yaml'))
    return named or tuple(path.stem for path in found if path.stem != f'{spec.name}_stop')


def _control_table(title: str, rows: list['Row']) -> Table:
    table = Table(title=title, title_justify='left', box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    table.add_column('law', no_wrap=True)
    # How long laws take is in the report; the tick that they are part of is measured by `tick`.
    columns = [name for name in rows[0].figures if not name.startswith('law_')]
    for column in columns:
        table.add_column(column.replace('_', '\n'), justify='right')
    for row in rows:
        table.add_row(row.law, *(f'{row.figures[name]:.3g}' for name in columns))
    return table


def _graph_table(graph: dict[str, Any]) -> Table:
    table = Table(title='the running graph, by delay added to the reasoner')
    columns = (
        'delay s', 'chunks/s', 'synchronous/s', 'camera -> command ms', 'jerk rms / peak m/s^3',
        'tick us', 'missed',
    )  # fmt: skip
    for column in columns:
        table.add_column(column, justify='right')
    for delay, row in graph['delays'].items():
        table.add_row(
            delay,
            f'{row["chunk_rate"]:.1f}',
            f'{row["synchronous"]["chunk_rate"]:.1f}',
            f'{row["latency_p50"] * 1e3:.0f} / {row["latency_p99"] * 1e3:.0f}',
            f'{row["jerk_rms"]:.2f} / {row["jerk_peak"]:.1f}',
            f'{row["tick_p50"] * 1e6:.0f} / {row["tick_p99"] * 1e6:.0f}',
            f'{100 * row["missed"]:.2f} %',
        )
    return table
