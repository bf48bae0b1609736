"""Chooses the GL library of offscreen rendering; import this before mujoco."""

import ctypes
import os


def choose_backend() -> str:
    """Set MUJOCO_GL unless it is set: EGL if there is one, else OSMesa; return it.

    Looks for the libraries by their file names: ctypes.util.find_library needs ldconfig or a
    compiler, which a bare machine may lack.
    """
    if not os.environ.get('MUJOCO_GL'):
        for backend, library in (('egl', 'libEGL.so.1'), ('osmesa', 'libOSMesa.so.8')):
            try:
                ctypes.CDLL(library)
            except OSError:
                continue
            os.environ['MUJOCO_GL'] = backend
            break
    return os.environ.get('MUJOCO_GL', '')


choose_backend()
