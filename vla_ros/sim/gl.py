"""Which OpenGL MuJoCo renders with; has to be decided before MuJoCo is first imported."""

import ctypes.util
import os


def choose_backend() -> None:
    """Set MUJOCO_GL: EGL where there is one, else OSMesa; what the user has set stays."""
    if os.environ.get('MUJOCO_GL'):
        return
    libraries = {'egl': 'EGL', 'osmesa': 'OSMesa'}
    for backend, library in libraries.items():
        if ctypes.util.find_library(library):
            os.environ['MUJOCO_GL'] = backend
            return
