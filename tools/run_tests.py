"""Runs the linters and the tests, all of them even when one fails, and prints a summary.

With --lint, the linters only; other arguments go to pytest, in one run.
Without any there are three lanes at a time, each with ROS domains of its own: the linters and the
unit tests, which compute, in what time the others leave; the tests of nodes that mostly wait; and
what runs a robot in real time, one after another, for two at once would disturb each other.
"""

import os
from pathlib import Path
import subprocess
import sys
from threading import Lock, Thread
import time


ROOT = Path(__file__).resolve().parents[1]
BIN = Path(sys.prefix, 'bin')
LINTERS = {
    'ruff check': ['ruff', 'check', '.'],
    'ruff format': ['ruff', 'format', '--check', '.'],
    'mypy': ['nice', 'mypy'],
}
# What is quick stands first in each lane. What computes is nicer: real time goes before it.
LANES = {
    'unit': {**LINTERS, 'unit': ['nice', 'pytest', 'test/unit', 'test/packaging']},
    'node': {'nodes': ['pytest', 'test/node', '-m', 'not realtime and not long']},
    'live': {
        'robots': ['pytest', 'test/node', '-m', 'realtime and not long'],
        'graphs': ['pytest', 'test/graph'],
    },
}

_printing = Lock()


def say(lane: str, line: str) -> None:
    """Print a whole line of a lane's output."""
    with _printing:
        print(f'{lane:4} | {line}' if lane else line, flush=True)


def run(command: list[str], lane: str) -> bool:
    """Run a tool of the virtual environment and return whether it succeeded."""
    nice = ['nice'] if command[0] == 'nice' else []
    name, *arguments = command[len(nice) :]
    # ROS messages of other machines on the network must not reach a test.
    environment = {**os.environ, 'ROS_AUTOMATIC_DISCOVERY_RANGE': 'LOCALHOST'}
    with subprocess.Popen(
        [*nice, str(BIN / name), *arguments],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors='replace',
    ) as process:
        for line in process.stdout or ():
            say(lane, line.rstrip())
    return process.returncode == 0


def run_lane(
    lane: str, checks: dict[str, list[str]], summary: list[tuple[str, bool, float]]
) -> None:
    """Run a lane's checks, one after another."""
    for name, command in checks.items():
        say(lane, f'== {name}')
        start = time.monotonic()
        passed = run(command, lane)
        summary.append((name, passed, time.monotonic() - start))


def main() -> int:
    """Run every check and return 1 if one failed."""
    extra = [argument for argument in sys.argv[1:] if argument != '--lint']
    lanes = LANES
    if '--lint' in sys.argv[1:]:
        lanes = {'': LINTERS}
    elif extra:
        lanes = {'': {**LINTERS, 'pytest': ['pytest', *extra]}}
    summary: list[tuple[str, bool, float]] = []
    threads = [
        Thread(target=run_lane, args=(lane, checks, summary)) for lane, checks in lanes.items()
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    print('== summary')
    for name, passed, seconds in summary:
        print(f'{name:12} {"passed" if passed else "FAILED":7} {seconds:6.1f} s')
    count = sum(1 for _, passed, _ in summary if passed)
    print(f'checks: {count} passed, {len(summary) - count} failed')
    return 0 if count == len(summary) else 1


if __name__ == '__main__':
    sys.exit(main())
