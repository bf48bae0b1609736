"""The impedance and the laws made of it, computed by impedance.c."""

import ctypes

from vla_ros.control.laws.cartesian_impedance import CartesianImpedance, CartesianImpedanceConfig
from vla_ros.control.laws.cartesian_wrench import CartesianWrench
from vla_ros.control.laws.law import CartesianTarget
from vla_ros.control.laws.operational_space import OperationalSpace, OperationalSpaceConfig
from vla_ros.control.laws.task_inertia import LEVER
from vla_ros.control.native import library
from vla_ros.control.native.model import NativeModel, pointer
from vla_ros.core.data import Array
from vla_ros.robots.model import RobotModel
from vla_ros.robots.spec import ArmSpec


_ARRAYS = ('stiffness', 'damping', 'error_limit', 'push_limit', 'mobility') + (
    'posture_stiffness',
    'posture_damping',
    'posture_limit',
    'low',
    'high',
    'viscous',
    'dry',
)
_NUMBERS = ('slope', 'ridge', 'singularity', 'lever', 'friction_speed')
_FLAGS = ('follow', 'project', 'decouple', 'tool', 'lead', 'gravity', 'coriolis')
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

    def __init__(self, config: CartesianImpedanceConfig, spec: ArmSpec) -> None:
        """Prepare the gains for a robot.

        Raises:
            NativeError: no compiled kernel.
            ValueError: a list of gains without one per joint.
        """
        super().__init__(config, spec)
        self._kernel = library().impedance_torque
        spring, null, arm = self._spring, self._null, self._arm
        arrays = [spring.stiffness, spring.damping, spring.clip, self._push_high, spring.mobility]
        arrays += [null.stiffness, null.damping, null.most]
        arrays += [arm.low, arm.high, arm.viscous, arm.dry]
        follow, project = _FOLLOW[config.feedforward], _PROJECT[config.nullspace]
        self._struct = ImpedanceStruct(
            *(pointer(array) for array in arrays),
            *(arm.slope, config.nullspace_regularization, 0.0, LEVER, config.friction_speed),
            *(follow, project, 0, int(spring.tool), int(self._leads)),
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
            # Addresses are looked up once, not every tick.
            self._arguments = (
                ctypes.byref(self._struct),
                ctypes.byref(model.struct),
                ctypes.c_void_p(pointer(target.flat)),
                ctypes.c_void_p(pointer(out)),
            )
        self._kernel(*self._arguments)
        return out


class NativeOperationalSpace(OperationalSpace, NativeImpedance):
    """OperationalSpace for a NativeModel; anything else goes through Python."""

    def __init__(self, config: OperationalSpaceConfig, spec: ArmSpec) -> None:
        """Prepare the gains for a robot.

        Raises:
            NativeError: no compiled kernel.
            ValueError: a list of gains without one per joint.
        """
        super().__init__(config, spec)
        self._struct.singularity, self._struct.decouple = config.singularity_damping, 1


class NativeWrench(CartesianWrench, NativeImpedance):
    """CartesianWrench whose motion the kernel computes; the integral stays in Python."""
