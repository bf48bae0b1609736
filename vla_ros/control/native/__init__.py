"""The control tick's arithmetic in C, where there is a compiler; the Python says the same.

Thirty numpy calls cost a tick in a busy system over 100 us, most of it waiting for code and data
that other processes have pushed out of the caches. The C is small enough to stay. It is compiled
once, on first use, into the user's cache; the laws in Python are what it is tested against.
"""

import ctypes
from functools import cache
import hashlib
import os
from pathlib import Path
import shutil
import subprocess
import tempfile


_SOURCES = ('admittance.c', 'arm.c', 'impedance.c', 'kinematics.c', 'limits.c', 'observer.c')
_HEADERS = ('arm.h', 'cholesky.h', 'gram.h', 'inertia.h', 'kinematics.h', 'target.h', 'turn.h')
_PROCEDURES = ('admittance_motion', 'arm_update', 'impedance_torque', 'kinematics_step') + (
    'observer_update',
)
_FLAGS = ('-O2', '-std=c99', '-fPIC', '-shared')


class NativeError(RuntimeError):
    """There is no compiled kernel; the message says why."""


@cache
def library() -> ctypes.CDLL:
    """Return the compiled kernel, compiling it first where needed.

    Raises:
        NativeError: it is switched off, there is no compiler, or it does not compile.
    """
    if os.environ.get('VLA_ROS_NATIVE', '1') == '0':
        raise NativeError('switched off by VLA_ROS_NATIVE=0')
    try:
        path = _built()
        kernel = ctypes.CDLL(str(path))
    except OSError as error:
        raise NativeError(f'cannot be built or loaded: {error}') from error
    for name in _PROCEDURES:
        getattr(kernel, name).restype = None
    kernel.kinematics_feasible.restype = ctypes.c_double
    return kernel


def reason() -> str:
    """Return why there is no compiled kernel; '' when there is one."""
    try:
        library()
    except NativeError as error:
        return str(error)
    return ''


def _built() -> Path:
    """Return the shared object for these sources, compiled at most once per change."""
    here = Path(__file__).parent
    digest = hashlib.sha256(repr(_FLAGS).encode())
    for name in (*_SOURCES, *_HEADERS):
        digest.update((here / name).read_bytes())
    cache_home = os.environ.get('XDG_CACHE_HOME') or Path.home() / '.cache'
    folder = Path(cache_home) / 'vla_ros'
    path = folder / f'kernel-{os.uname().machine}-{digest.hexdigest()[:16]}.so'
    if path.exists():
        return path
    compiler = shutil.which('cc')
    if compiler is None:
        raise NativeError('no C compiler (cc) was found')
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        product = Path(scratch) / 'kernel.so'
        sources = [str(here / name) for name in _SOURCES]
        done = subprocess.run(
            [compiler, *_FLAGS, '-o', str(product), *sources, '-lm'],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        if done.returncode:
            raise NativeError(f'cc failed: {done.stderr.strip()[-500:]}')
        product.replace(path)  # whole or not at all, also when two processes compile at once
    return path
