"""Starts the stack and gives it a program of instructions, with a live table."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread
import time
from typing import Any

import numpy as np
from rich.console import Console
from rich.live import Live

from vla_ros.bringup.description import StackOptions, describe
from vla_ros.bringup.runner import LocalRunner
from vla_ros.commands.demo import Program, Result, Step
from vla_ros.console.table import Board
from vla_ros.language.grammar import render
from vla_ros.nodes.client import StackClient
from vla_ros.nodes.watch import Watch
from vla_ros.pipeline.simulated import Scenes
from vla_ros.robots import load_robot
from vla_ros.sim.config import load_sim


def run_program(
    robot: str,
    policy: str,
    program: Program,
    bags: Path,
    extra_delay: float,
    console: Console,
    verbose: bool,
) -> tuple[list[Result], dict[str, Any]]:
    """Run the program; return what came of each instruction, and rates and tick times.

    Raises:
        BringupError: a node did not come up.
        StackError: the stack stopped answering.
    """
    options = StackOptions(robot=robot, policy=policy, record=str(bags), extra_delay=extra_delay)
    echo = (
        (lambda name, line: console.print(f'[{name}] {line}', markup=False)) if verbose else None
    )
    console.print('starting the nodes')
    board, results = Board(), []
    spec = load_robot(robot)
    scenes = Scenes(spec, load_sim())
    with LocalRunner(describe(options), echo) as runner:
        runner.bring_up()
        with StackClient() as client:
            Watch(client, spec, board)
            client.wait_ready(20.0)
            with _live(board, client, runner, console):
                for step in program.steps:
                    text = step.instruction or _word(scenes, step)
                    results.append(_carry_out(step, text, program.timeout, client, board))
            figures = _figures(board, client)
    return results, figures


def _word(scenes: Scenes, step: Step) -> str:
    request = scenes.request(step.family, step.seed)
    assert request is not None  # a step always names its family
    return render(request, np.random.default_rng(step.seed), step.wording)


def _carry_out(
    step: Step, instruction: str, timeout: float, client: StackClient, board: Board
) -> Result:
    client.reset_scene(step.family, step.seed)
    start = time.monotonic()
    success, reason = client.execute(instruction, timeout)
    result = Result(instruction, success, reason, time.monotonic() - start)
    shown = 'success' if success else reason
    board.results.append((instruction, shown, f'{result.seconds:.1f} s'))
    return result


@contextmanager
def _live(
    board: Board, client: StackClient, runner: LocalRunner, console: Console
) -> Iterator[None]:
    """Refresh the table a few times a second, and say which node died."""
    done = Event()
    with Live(console=console, refresh_per_second=5, transient=not console.is_terminal) as live:

        def refresh() -> None:
            while not done.wait(0.2):
                for death in runner.deaths():
                    console.print(f'[red]{death}[/]')
                live.update(board.render(client.now))

        thread = Thread(target=refresh, daemon=True)
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join()
            live.update(board.render(client.now))


def _figures(board: Board, client: StackClient) -> dict[str, Any]:
    status = board.status
    rates = {name: rate.hz(client.now) for name, rate in board.rates.items()}
    if status is None:
        return {'rates': rates}
    tick = {
        'p50': status.tick_p50,
        'p99': status.tick_p99,
        'missed': status.deadline_misses / max(status.ticks, 1),
    }
    return {'rates': rates, 'tick': tick}
