"""NativeImpedance: CartesianImpedance computed by impedance.c."""

import ctypes

import numpy as np

from vla_ros.control.laws.base import CartesianTarget
from vla_ros.control.laws.cartesian_impedance import CartesianImpedance, CartesianImpedanceConfig
from vla_ros.control.native import NativeError, library
from vla_ros.control.native.model import NativeModel, pointer
from vla_ros.data import Array
from vla_ros.robots.model import RobotModel
from vla_ros.robots.spec import RobotSpec


_ARRAYS = ('stiffness', 'damping', 'error_limit', 'push_limit', 'posture', 'low', 'high')
_NUMBERS = ('posture_stiffness', 'posture_damping', 'posture_limit', 'slope', 'ridge')
_FLAGS = ('follow', 'project', 'gravity', 'coriolis')
_FOLLOW = {'none': 0, 'velocity': 1, 'acceleration': 2}


class ImpedanceStruct(ctypes.Structure):
    """`Impedance` of impedance.c."""

    _fields_ = (
        [(name, ctypes.c_void_p) for name in _ARRAYS]
        + [(name, ctypes.c_double) for name in _NUMBERS]
        + [(name, ctypes.c_long) for name in _FLAGS]
    )


class NativeImpedance(CartesianImpedance):
    """CartesianImpedance for a NativeModel; anything else goes through Python."""

    def __init__(self, config: CartesianImpedanceConfig, spec: RobotSpec) -> None:
        """Prepare the gains for a robot.

        Raises:
            NativeError: no compiled kernel, or a kind of null space that it lacks.
        """
        super().__init__(config, spec)
        if config.nullspace == 'kinematic':
            raise NativeError('the kinematic null space is not in the kernel')
        self._kernel = library().impedance_torque
        self._wanted = np.zeros(spec.n)  # the posture
        arrays = (self._stiffness, self._damping, self._error_high, self._push_high)
        self._arrays = [np.array(a) for a in (*arrays, self._wanted, self._low, self._high)]
        self._wanted = self._arrays[_ARRAYS.index('posture')]
        numbers = (
            config.nullspace_stiffness,
            self._posture_damping,
            config.nullspace_max_torque,
            self._slope,
            config.nullspace_regularization,
        )
        flags = (_FOLLOW[config.feedforward], config.nullspace == 'dynamic')
        self._struct = ImpedanceStruct(
            *(pointer(array) for array in self._arrays),
            *numbers,
            *(int(flag) for flag in (*flags, config.gravity, config.coriolis)),
        )
        self._bound: tuple[RobotModel, CartesianTarget, Array] | None = None

    def torque(self, model: RobotModel, target: CartesianTarget, out: Array) -> Array:
        """Write the joint torque (n,) Nm into out."""
        bound = self._bound
        if bound is None or not (bound[0] is model and bound[1] is target and bound[2] is out):
            if not isinstance(model, NativeModel):
                return super().torque(model, target, out)
            self._bound = (model, target, out)
            # Addresses are looked up once, not every tick. The position is the head of the
            # buffer of the whole target.
            self._arguments = (
                ctypes.byref(self._struct),
                ctypes.byref(model.struct),
                ctypes.c_void_p(pointer(target.position)),
                ctypes.c_void_p(pointer(out)),
            )
        self._wanted[:] = target.posture
        self._kernel(*self._arguments)
        return out
