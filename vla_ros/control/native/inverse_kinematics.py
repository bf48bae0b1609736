"""NativeInverseKinematics: InverseKinematics computed by kinematics.c."""

import ctypes

import numpy as np

from vla_ros.control.laws.inverse_kinematics import (
    RIDGE,
    InverseKinematics,
    InverseKinematicsConfig,
)
from vla_ros.control.laws.law import CartesianTarget
from vla_ros.control.native import NativeError, library
from vla_ros.control.native.model import NativeModel, pointer
from vla_ros.core.data import Array
from vla_ros.robots.spec import ArmSpec


_ARRAYS = ('low', 'high', 'longest', 'quickest', 'clip', 'q', 'step', 'weak', 'sigma') + (
    'factor',
    'weighted',
)
_NUMBERS = ('dt', 'share', 'pull', 'pull_most', 'lead', 'singular', 'damping', 'per_range') + (
    'ridge',
)


class KinematicsStruct(ctypes.Structure):
    """`Kinematics` of kinematics.c."""

    _fields_ = [(name, ctypes.c_void_p) for name in _ARRAYS] + [
        (name, ctypes.c_double) for name in _NUMBERS
    ]


class NativeInverseKinematics(InverseKinematics):
    """InverseKinematics in a tenth of the time; the kernel works in the arrays of the Python.

    Attributes:
        structs: references to `Kinematics` and `Arm`, for other kernels.
    """

    def __init__(self, config: InverseKinematicsConfig, spec: ArmSpec) -> None:
        """Prepare for ticks at the robot's rate; stands at the home posture.

        Raises:
            NativeError: no compiled kernel, or not for this robot.
        """
        kernel, self._cholesky = library(), np.zeros((6, 6))
        super().__init__(config, spec)
        if not isinstance(self.model, NativeModel):
            raise NativeError('the kernel lacks this robot')
        self._kernel, self._share_of = kernel.kinematics_step, kernel.kinematics_feasible
        self._bounds = [np.array(a) for a in (self._longest, self._quickest)]
        arrays = [self._low, self._high, *self._bounds, self._clip, self.q, self._step]
        arrays += [self._weak, self._sigma, self._cholesky, self._weighted]
        numbers = [self._dt, self._share, self._pull, float(self._pull_high[0]), config.lead]
        numbers += [config.singular, config.damping, 1 / config.limit_range, RIDGE]
        self._struct = KinematicsStruct(*(pointer(array) for array in arrays), *numbers)
        self.structs = (ctypes.byref(self._struct), ctypes.byref(self.model.struct))
        self._sent, self._change = np.zeros(spec.n), np.zeros(6)
        self._tail = ctypes.c_void_p(pointer(self._sent))
        self._asked = (*self.structs, ctypes.c_void_p(pointer(self._change)))
        self._bound: CartesianTarget | None = None

    def reset(self, q: Array) -> None:
        """Stand at joint positions q (n,) rad."""
        super().reset(q)
        self._cholesky[:] = np.linalg.cholesky(self._matrix)

    def step(self, target: CartesianTarget, sent: Array) -> Array:
        """Move a tick on; see InverseKinematics."""
        if target is not self._bound:
            # Addresses are looked up once, not every tick.
            self._bound = target
            self._arguments = (*self.structs, ctypes.c_void_p(pointer(target.flat)), self._tail)
        self._sent[:] = sent
        self._kernel(*self._arguments)
        return self.q

    def feasible(self, change: Array) -> float:
        """Return the share of a change of the tcp's twist (6,) that a tick can make."""
        self._change[:] = change
        return float(self._share_of(*self._asked))
