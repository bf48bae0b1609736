"""The few things pip cannot bring: venv, a C++ compiler, Python's headers, a headless GL library.

What is missing is installed through apt where that is permitted; otherwise the error names it.
"""

import importlib.util
import os
from pathlib import Path
import shutil
import subprocess
import sys
import sysconfig


VERSION = f'{sys.version_info.major}.{sys.version_info.minor}'
VENV_PACKAGES = (f'python{VERSION}-venv',)
# libopengl0: PyOpenGL, which makes MuJoCo's EGL context, loads the dispatch library by that name.
EGL_PACKAGES = ('libegl1', 'libgl1-mesa-dri', 'libopengl0')

RENDER = 'import mujoco as m; m.Renderer(m.MjModel.from_xml_string("<mujoco/>"), 64, 64).render()'


class SetupError(Exception):
    """Set-up cannot go on; the message says what to do."""


def _privileges() -> list[str] | None:
    """Return the prefix that makes a command privileged, or None where that needs a password."""
    if os.geteuid() == 0:
        return []
    if shutil.which('sudo') is None:
        return None
    asked = subprocess.run(['sudo', '-n', 'true'], capture_output=True)
    return ['sudo', '-n'] if asked.returncode == 0 else None


def apt_install(packages: tuple[str, ...], reason: str) -> None:
    """Install Debian packages, or raise a SetupError that names them."""
    command = ['apt-get', 'install', '-y', '--no-install-recommends', *packages]
    advice = f'{reason}. Install it with: sudo {" ".join(command)}'
    privileges = _privileges()
    if shutil.which('apt-get') is None or privileges is None:
        raise SetupError(advice)
    print(f'[setup] {reason}: apt-get install {" ".join(packages)}', flush=True)
    environment = {**os.environ, 'DEBIAN_FRONTEND': 'noninteractive'}
    for step in (['apt-get', 'update'], command):
        done = subprocess.run(
            [*privileges, *step],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
    # An update that fails for one source of many does not matter if the install succeeds.
    if done.returncode != 0:
        raise SetupError(f'{advice}\napt-get said: {done.stdout.strip()[-500:]}')


def ensure_venv_module() -> None:
    """Make `python -m venv` usable: Debian packs ensurepip apart."""
    if importlib.util.find_spec('venv') is None or importlib.util.find_spec('ensurepip') is None:
        apt_install(VENV_PACKAGES, f'Python {VERSION} cannot create virtual environments')


def ensure_compiler() -> None:
    """Make a C++ compiler and Python's headers available: vla_ros_msgs is compiled."""
    missing = [] if shutil.which('c++') and shutil.which('cc') else ['g++']
    if not Path(sysconfig.get_paths()['include'], 'Python.h').exists():
        missing.append(f'python{VERSION}-dev')
    if missing:
        apt_install(tuple(missing), 'building vla_ros_msgs needs ' + ' and '.join(missing))


def rendering_backend(python: Path) -> str | None:
    """Return the library that gives MuJoCo a headless context, or None."""
    for backend in ('egl', 'osmesa'):
        environment = {**os.environ, 'MUJOCO_GL': backend}
        tried = subprocess.run([python, '-c', RENDER], env=environment, capture_output=True)
        if tried.returncode == 0:
            return backend
    return None


def ensure_rendering(python: Path) -> str:
    """Return the backend that renders, after installing Mesa's EGL where there is none."""
    backend = rendering_backend(python)
    if backend is None:
        apt_install(EGL_PACKAGES, 'MuJoCo finds no GL library to render with')
        backend = rendering_backend(python)
    if backend is None:
        raise SetupError(
            f'MuJoCo cannot render although {" ".join(EGL_PACKAGES)} are installed; '
            f"to see why: MUJOCO_GL=egl {python} -c '{RENDER}'"
        )
    return backend
