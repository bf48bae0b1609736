"""Sets up .venv so that vla_ros runs: ROS 2 from wheels, the interfaces, the package itself.

    python3.11 tools/setup_env.py          what `make demo` needs
    python3.11 tools/setup_env.py --test   what `make test` needs as well

Each step leaves a stamp with the hash of its inputs and is skipped while they stay the same.
"""

import argparse
from collections.abc import Callable
from contextlib import contextmanager
import fcntl
import hashlib
from pathlib import Path
import subprocess
import sys
import time

from interfaces import blank_foreign_folders, build, build_environment
from system_packages import (
    SetupError,
    ensure_compiler,
    ensure_rendering,
    ensure_venv_module,
)


ROOT = Path(__file__).resolve().parents[1]
VENV = ROOT / '.venv'
PYTHON = VENV / 'bin' / 'python'
STAMPS = VENV / 'stamps'
REQUIREMENTS = ROOT / 'requirements'
PACKAGE_INPUTS = ('setup.py', 'setup.cfg', 'pyproject.toml', 'package.xml', 'tools/setup_env.py')
SHARED = ('launch', 'config', 'urdf', 'policies', 'package.xml')
OLDEST_PYTHON = (3, 11)


def digest(paths: list[Path]) -> str:
    """Return a hash of files and folders, of this Python's version and of the venv's place."""
    total = hashlib.sha256(f'{sys.version_info[:2]} {VENV}'.encode())
    for path in paths:
        for file in sorted(path.rglob('*')) if path.is_dir() else [path]:
            if file.is_file() and '__pycache__' not in file.parts:
                total.update(str(file.relative_to(ROOT)).encode())
                total.update(file.read_bytes())
    return total.hexdigest()


def step(name: str, text: str, inputs: list[Path], action: Callable[[], object]) -> None:
    """Run an action unless it has run with the same inputs, and say how long it took."""
    stamp = STAMPS / name
    wanted = digest(inputs)
    if stamp.exists() and stamp.read_text() == wanted:
        return
    print(f'[setup] {text} ...', flush=True)
    start = time.monotonic()
    # Removed first: an action that breaks off half-way must run again.
    stamp.unlink(missing_ok=True)
    action()
    STAMPS.mkdir(exist_ok=True)
    stamp.write_text(wanted)
    print(f'[setup] {text}: {time.monotonic() - start:.0f} s', flush=True)


@contextmanager
def only_one_at_a_time():
    """Keep a second set-up of this checkout waiting until the first is done."""
    with (ROOT / '.setup.lock').open('w') as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def run(*command: str | Path) -> None:
    """Run a command quietly; a failure is reported with what it printed."""
    done = subprocess.run(
        [str(part) for part in command],
        cwd=ROOT,
        env=build_environment(VENV),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if done.returncode != 0:
        shown = ' '.join(str(part) for part in command)
        raise SetupError(f'{shown}\nfailed:\n{done.stdout.strip()[-3000:]}')


def pip_install(*arguments: str | Path) -> None:
    """Install packages into the venv."""
    options = ('--quiet', '--disable-pip-version-check', '--no-input')
    run(PYTHON, '-m', 'pip', 'install', *options, *arguments)


def create_venv() -> None:
    """Create .venv, unless there is one that works."""
    if PYTHON.exists() and (VENV / 'pyvenv.cfg').exists():
        return
    ensure_venv_module()
    run(sys.executable, '-m', 'venv', VENV)


def install_requirements(*layers: str) -> None:
    """Install the layers in one pip command, so that nothing is resolved without the pins."""
    files: list[str | Path] = []
    for layer in layers:
        files += ['-r', REQUIREMENTS / f'{layer}.txt']
    pip_install(*files)
    blank_foreign_folders(VENV)


def pinned(*layers: str) -> list[Path]:
    """Return the requirement files of the layers."""
    return [REQUIREMENTS / f'{layer}.txt' for layer in layers]


def install_package() -> None:
    """Install vla_ros so that edits take effect at once, where ROS tools find it too.

    An editable install leaves out data files, so links stand in for them.
    """
    pip_install('--no-deps', '--no-build-isolation', '--editable', ROOT)
    share = VENV / 'share'
    links = {share / 'vla_ros' / name: ROOT / name for name in SHARED}
    index = share / 'ament_index' / 'resource_index' / 'packages' / 'vla_ros'
    links[index] = ROOT / 'resource' / 'vla_ros'
    executables = [VENV / 'bin' / 'vla_ros', *(VENV / 'bin').glob('*_node')]
    links |= {VENV / 'lib' / 'vla_ros' / path.name: path for path in executables}
    for link, target in links.items():
        link.parent.mkdir(parents=True, exist_ok=True)
        link.unlink(missing_ok=True)
        link.symlink_to(target)


def set_up(with_tests: bool) -> None:
    """Run the steps that are due."""
    create_venv()
    base = ('runtime', 'ros')
    step(
        'requirements',
        'installing ROS 2 and the runtime packages',
        pinned(*base),
        lambda: install_requirements(*base),
    )
    if with_tests:
        step(
            'requirements-test',
            'installing torch and the test packages',
            pinned(*base, 'test'),
            lambda: install_requirements(*base, 'test'),
        )

    def build_interfaces() -> None:
        ensure_compiler()
        build(ROOT / 'vla_ros_msgs', VENV)

    messages = [ROOT / 'vla_ros_msgs', *pinned('ros')]
    step('interfaces', 'building vla_ros_msgs', messages, build_interfaces)
    step(
        'package',
        'installing vla_ros',
        [ROOT / name for name in PACKAGE_INPUTS],
        install_package,
    )
    step(
        'rendering',
        'checking headless rendering',
        pinned('runtime'),
        lambda: ensure_rendering(PYTHON),
    )


def main() -> int:
    """Set up, or print what to do and return 1."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--test', action='store_true', help='also what the tests need')
    arguments = parser.parse_args()
    try:
        if sys.version_info < OLDEST_PYTHON:
            raise SetupError('Python 3.11 is needed: apt-get install python3.11')
        with only_one_at_a_time():
            set_up(arguments.test)
    except SetupError as error:
        print(f'[setup] {error}', file=sys.stderr)
        return 1
    return 0


if __name__ == '__main__':
    sys.exit(main())
