"""NativeImpedance: CartesianImpedance computed by impedance.c."""

import ctypes

import numpy as np

from vla_ros.control.laws.base import CartesianTarget
from vla_ros.control.laws.cartesian_impedance import CartesianImpedance, CartesianImpedanceConfig
from vla_ros.control.native import library
from vla_ros.control.native.model import NativeModel, pointer
from vla_ros.data import Array
from vla_ros.robots.model import RobotModel
from vla_ros.robots.spec import RobotSpec


_ARRAYS = ('stiffness', 'damping', 'error_limit', 'push_limit', 'posture', 'posture_rate') + (
    'posture_stiffness',
    'posture_damping',
    'posture_limit',
    'low',
    'high',
    'viscous',
    'dry',
)
_NUMBERS = ('slope', 'ridge', 'friction_speed')
_FLAGS = ('follow', 'project', 'tool', 'lead', 'gravity', 'coriolis')
_FOLLOW = {'none': 0, 'velocity': 1, 'acceleration': 2}
_PROJECT = {'none': 0, 'dynamic': 1, 'kinematic': 2}


class ImpedanceStruct(ctypes.Structure):
    """`Impedance` of impedance.c."""

    _fields_ = (
        [(name, ctypes.c_void_p) for name in _ARRAYS]
        + [(name, ctypes.c_double) for name in _NUMBERS]
        + [(name, ctypes.c_long) for name in _FLAGS]
    )


class NativeImpedance(CartesianImpedance):
    """CartesianImpedance for a NativeModel; anything else goes through Python.

    The kernel reads the arrays of the Python law's terms, so a stiffness that is set is its own.
    """

    def __init__(self, config: CartesianImpedanceConfig, spec: RobotSpec) -> None:
        """Prepare the gains for a robot.

        Raises:
            NativeError: no compiled kernel.
            ValueError: a list of gains without one per joint.
        """
        super().__init__(config, spec)
        self._kernel = library().impedance_torque
        self._posture, self._posture_rate = np.zeros((2, spec.n))
        spring, null, arm = self._spring, self._null, self._arm
        arrays = [spring.stiffness, spring.damping, spring.clip, self._push_high]
        arrays += [self._posture, self._posture_rate, null.stiffness, null.damping, null.most]
        arrays += [arm.low, arm.high, arm.viscous, arm.dry]
        follow, project = _FOLLOW[config.feedforward], _PROJECT[config.nullspace]
        self._struct = ImpedanceStruct(
            *(pointer(array) for array in arrays),
            *(arm.slope, config.nullspace_regularization, config.friction_speed),
            *(follow, project, int(spring.tool), int(self._leads)),
            *(int(config.gravity), int(config.coriolis)),
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
        self._posture[:] = target.posture
        self._posture_rate[:] = target.posture_rate
        self._kernel(*self._arguments)
        return out
