"""Builds vla_ros_msgs with the ROS wheels of a virtual environment, and installs it there."""

import os
from pathlib import Path
import re
import shutil
import subprocess

from system_packages import SetupError


# The wheels' CMake files name folders of the machine that built them; CMake rejects those.
FOREIGN_FOLDER = re.compile(r'/opt/python/cp3[^;"]*')


def blank_foreign_folders(venv: Path) -> None:
    """Remove include folders that exist on no user's machine from the wheels' CMake exports."""
    for path in (venv / 'share').rglob('*Export.cmake'):
        text = path.read_text()
        cleaned = FOREIGN_FOLDER.sub('', text)
        if cleaned != text:
            path.write_text(cleaned)


def build_environment(venv: Path) -> dict[str, str]:
    """Return an environment in which CMake sees this venv and no other ROS installation."""
    hidden = ('LD_LIBRARY_PATH', 'PYTHONPATH', 'PYTHONHOME', '_ROS_WHEELS_BOOTSTRAP_COMPLETE')
    environment = {name: value for name, value in os.environ.items() if name not in hidden}
    prefix = str(venv)
    search = f'{venv / "bin"}{os.pathsep}{environment.get("PATH", os.defpath)}'
    return {
        **environment,
        'PATH': search,
        'AMENT_PREFIX_PATH': prefix,
        'CMAKE_PREFIX_PATH': prefix,
    }


def build(source: Path, venv: Path) -> None:
    """Build and install the interfaces package; what an earlier build installed goes first."""
    folder = venv / 'build' / source.name
    manifest = venv / 'build' / f'{source.name}-installed.txt'
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    remove_installed(manifest)

    cmake = str(venv / 'bin' / 'cmake')
    configure = [
        *(cmake, '-S', str(source), '-B', str(folder), '-G', 'Ninja'),
        '-DCMAKE_BUILD_TYPE=Release',
        '-DBUILD_TESTING=OFF',
        f'-DCMAKE_INSTALL_PREFIX={venv}',
        f'-DCMAKE_PREFIX_PATH={venv}',
        f'-DPython3_EXECUTABLE={venv / "bin" / "python"}',
    ]
    steps = (
        configure,
        [cmake, '--build', str(folder)],
        [cmake, '--install', str(folder), '--strip'],
    )
    environment = build_environment(venv)
    log = venv / 'build' / f'{source.name}.log'
    with log.open('w') as output:
        for step in steps:
            done = subprocess.run(step, env=environment, stdout=output, stderr=subprocess.STDOUT)
            if done.returncode != 0:
                output.flush()
                raise SetupError(f'{source.name} does not build; from {log}:\n{tail(log)}')
    shutil.copy(folder / 'install_manifest.txt', manifest)
    shutil.rmtree(folder)


def remove_installed(manifest: Path) -> None:
    """Remove the files of an earlier build, so that a deleted message is gone for good."""
    if manifest.exists():
        for line in manifest.read_text().splitlines():
            Path(line).unlink(missing_ok=True)
        manifest.unlink()


def tail(log: Path) -> str:
    """Return the last lines of a log."""
    return '\n'.join(log.read_text().splitlines()[-25:])
