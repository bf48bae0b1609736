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
from rich.text import Text

from vla_ros.bench.demo_program import Program, Result, Step
from vla_ros.bench.table import Board
from vla_ros.robots import load_robot
from vla_ros.robots.robot import Robot
from vla_ros.ros import qos
from vla_ros.ros.bringup.description import StackOptions, describe
from vla_ros.ros.bringup.runner import LocalRunner, NodeDeath
from vla_ros.ros.client import StackClient, StackError
from vla_ros.ros.convert import failure_from_msg, latent_from_msg, status_from_msg
from vla_ros.tabletop.language.grammar import render
from vla_ros.tabletop.simulated import Scenes
from vla_ros.tabletop.world.config import load_sim


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

    A vital node that dies ends the program; `error` of the figures then says so.

    Raises:
        BringupError: a node did not come up.
    """
    options = StackOptions(robot=robot, policy=policy, record=str(bags), extra_delay=extra_delay)
    echo = (
        (lambda name, line: console.print(f'[{name}] {line}', markup=False)) if verbose else None
    )
    console.print('starting the nodes')
    spec = load_robot(robot)
    show = _Show(Scenes(spec, load_sim(spec.sim)), program.timeout, console)
    with LocalRunner(describe(options), echo) as runner:
        runner.bring_up()
        with StackClient() as client:
            _Watch(client, spec, show.board)
            client.wait_ready(20.0)
            client.lost = runner.lost
            error: dict[str, str] = {}
            with _live(show, client, runner):
                try:
                    for step in program.steps:
                        show.carry_out(step, client)
                except StackError as failure:
                    error = {'error': str(failure)}
                    console.print(Text(str(failure), style='red'))
            figures = _figures(show.board, client) | error
    return show.results, figures


class _Show:
    """What has been asked for and came of it, for the report and for the eyes."""

    def __init__(self, scenes: Scenes, timeout: float, console: Console) -> None:
        self.console = console
        self.board = Board()
        self.results: list[Result] = []
        self._scenes, self._timeout = scenes, timeout

    def carry_out(self, step: Step, client: StackClient) -> None:
        """Give one instruction and wait for its end."""
        client.reset_scene(step.family, step.seed)
        instruction = step.instruction or self._word(step)
        start = time.monotonic()
        success, reason = client.execute(instruction, self._timeout)
        result = Result(instruction, success, reason, time.monotonic() - start)
        self.results.append(result)
        shown = 'success' if success else reason
        self.board.results.append((instruction, shown, f'{result.seconds:.1f} s'))
        if not self.console.is_terminal:
            line = f'{result.seconds:5.1f} s  {instruction}: {shown}'
            self.console.print(line, markup=False, highlight=False)

    def report_death(self, death: NodeDeath) -> None:
        """Say which node died."""
        self.console.print(Text(str(death), style='red'))

    def _word(self, step: Step) -> str:
        request = self._scenes.request(step.family, step.seed)
        assert request is not None  # a step always names its family
        return render(request, np.random.default_rng(step.seed), step.wording)


class _Watch:
    """Subscribes to what the live table shows."""

    def __init__(self, client: StackClient, spec: Robot, board: Board) -> None:
        """Begin to watch; `board` is updated on the client's thread."""
        self._board = board
        self._client = client
        client.subscribe(qos.STATUS, self._status)
        client.subscribe(qos.FAILURE, self._failure)
        client.subscribe(qos.LATENT, self._latent)
        client.subscribe(qos.ACTION_CHUNK, self._count('chunk'))
        camera = spec.cameras[0]
        # Raw: the table wants the rate, not the pictures.
        client.subscribe(qos.image_topic(camera.topic), self._count('camera'), raw=True)

    def _count(self, name: str) -> Any:
        rate = self._board.rates[name]
        return lambda _: rate.add(self._client.now)

    def _status(self, message: Any) -> None:
        self._board.status = status_from_msg(message)
        self._board.rates['status'].add(self._client.now)

    def _failure(self, message: Any) -> None:
        self._board.failure = failure_from_msg(message)

    def _latent(self, message: Any) -> None:
        latent = latent_from_msg(message)
        self._board.subgoal = latent.refusal or latent.subgoal
        self._board.rates['latent'].add(self._client.now)


@contextmanager
def _live(show: _Show, client: StackClient, runner: LocalRunner) -> Iterator[None]:
    """Refresh the table a few times a second, and say which node died."""
    done, console = Event(), show.console
    with Live(console=console, refresh_per_second=5, transient=not console.is_terminal) as live:

        def refresh() -> None:
            while not done.wait(0.2):
                for death in runner.deaths():
                    show.report_death(death)
                live.update(show.board.render(client.now))

        thread = Thread(target=refresh, daemon=True)
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join()
            for death in runner.deaths():
                show.report_death(death)
            live.update(show.board.render(client.now))


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
