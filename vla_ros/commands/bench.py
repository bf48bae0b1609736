"""`vla_ros bench`: the figures of the running system, printed and written in one run."""

from pathlib import Path
import tempfile
from typing import Annotated, Any

from rich.console import Console
from rich.table import Table
import typer

from vla_ros.commands import options
from vla_ros.evaluate.report import write_report


NAME = 'bench'
SECTIONS = ('graph', 'recorder', 'cameras')


def command(
    sections: Annotated[
        str, typer.Option(help=f'Which of {", ".join(SECTIONS)}, separated by commas; empty: all.')
    ] = '',
    robot: options.Robot = 'franka',
    policy: options.Policy = '',
    seconds: Annotated[
        float, typer.Option(min=5, help='Length of each graph run; the recorder takes 5 minutes.')
    ] = 60.0,
    quick: Annotated[bool, typer.Option(help='A tenth of the recorder and camera runs.')] = False,
    report: options.Report = None,
) -> None:
    """Measure chunk rates, latency, control ticks, and what recorder and cameras lose.

    The report has one object per section: `graph.delays.<s>` (chunk_rate, synchronous,
    latency_p50, latency_p99, tick_p50, tick_p99, missed), `recorder` (messages, lost),
    `cameras` (sent, lost).
    """
    console = Console()
    share = 0.1 if quick else 1.0
    results: dict[str, Any] = {}
    for section in options.families(sections, SECTIONS):
        if section == 'graph':
            from vla_ros.bringup.bench import bench_graph  # ROS: only here

            results['graph'] = bench_graph(robot, policy, seconds, console)
            console.print(_graph_table(results['graph']))
        elif section == 'recorder':
            results['recorder'] = _recorder(robot, policy, 300.0 * share, console)
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
