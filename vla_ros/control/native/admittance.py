"""NativeAdmittance: CartesianAdmittance computed by admittance.c."""

import ctypes

from vla_ros.control.laws.cartesian_admittance import (
    CartesianAdmittance,
    CartesianAdmittanceConfig,
)
from vla_ros.control.laws.law import CartesianTarget
from vla_ros.control.native import NativeError, library
from vla_ros.control.native.inverse_kinematics import NativeInverseKinematics
from vla_ros.control.native.model import pointer
from vla_ros.core.data import Array
from vla_ros.robots.model import RobotModel
from vla_ros.robots.spec import ArmSpec


_ARRAYS = ('gain', 'most', 'state', 'pose')
_NUMBERS = ('dt', 'force', 'torque')


class AdmittanceStruct(ctypes.Structure):
    """`Admittance` of admittance.c."""

    _fields_ = (
        [(name, ctypes.c_void_p) for name in _ARRAYS]
        + [(name, ctypes.c_double) for name in _NUMBERS]
        + [('tool', ctypes.c_long)]
    )


class NativeAdmittance(CartesianAdmittance):
    """CartesianAdmittance, a whole tick in one call.

    The kernel works in the arrays of the Python, so a stiffness that is set is its own.
    """

    def __init__(self, config: CartesianAdmittanceConfig, spec: ArmSpec) -> None:
        """Prepare the gains for a robot; stands at the home posture.

        Raises:
            NativeError: no compiled kernel, or not for this robot.
        """
        self._kernel = library().admittance_motion
        super().__init__(config, spec)
        if not isinstance(self._kinematics, NativeInverseKinematics):
            raise NativeError('the kernel lacks this robot')
        arrays = (self._gain, self._high, self._state, self._pose.flat)
        numbers = (self._dt, config.deadband_force, config.deadband_torque)
        self._struct = AdmittanceStruct(
            *(pointer(array) for array in arrays), *numbers, int(config.frame == 'tool')
        )
        self._head = (ctypes.byref(self._struct), *self._kinematics.structs)
        self._bound: tuple[RobotModel, CartesianTarget, Array, Array] | None = None

    def motion(self, model: RobotModel, target: CartesianTarget, sent: Array, out: Array) -> Array:
        """Write the joint positions (n,) rad into out; what is not finite moves nothing."""
        bound = self._bound
        if (
            bound is None
            or not (bound[0] is model and bound[1] is target)
            or not (bound[2] is sent and bound[3] is out)
        ):
            # Addresses are looked up once, not every tick.
            self._bound = (model, target, sent, out)
            arrays = (model.external_wrench, target.flat, sent, out)
            self._arguments = (*self._head, *(ctypes.c_void_p(pointer(a)) for a in arrays))
        self._kernel(*self._arguments)
        return out
