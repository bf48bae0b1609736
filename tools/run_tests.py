"""Runs the linters and the tests, all of them even when one fails, and prints a summary.

With --lint, the linters only; other arguments go to pytest.
"""

import os
from pathlib import Path
import subprocess
import sys
import time


ROOT = Path(__file__).resolve().parents[1]
BIN = Path(sys.prefix, 'bin')
LINTERS = {
    'ruff check': ['ruff', 'check', '.'],
    'ruff format': ['ruff', 'format', '--check', '.'],
    'mypy': ['mypy'],
}


def run(command: list[str]) -> bool:
    """Run a tool of the virtual environment and return whether it succeeded."""
    # ROS messages of other machines on the network must not reach a test.
    environment = {**os.environ, 'ROS_AUTOMATIC_DISCOVERY_RANGE': 'LOCALHOST'}
    arguments = [str(BIN / command[0]), *command[1:]]
    return subprocess.run(arguments, cwd=ROOT, env=environment).returncode == 0


def main() -> int:
    """Run every check and return 1 if one failed."""
    lint_only = '--lint' in sys.argv[1:]
    extra = [argument for argument in sys.argv[1:] if argument != '--lint']
    checks = LINTERS if lint_only else {**LINTERS, 'pytest': ['pytest', *extra]}
    summary = []
    for name, command in checks.items():
        print(f'== {name}', flush=True)
        start = time.monotonic()
        passed = run(command)
        summary.append((name, passed, time.monotonic() - start))

    print('== summary')
    for name, passed, seconds in summary:
        print(f'{name:12} {"passed" if passed else "FAILED":7} {seconds:6.1f} s')
    return 0 if all(passed for _, passed, _ in summary) else 1


if __name__ == '__main__':
    sys.exit(main())
