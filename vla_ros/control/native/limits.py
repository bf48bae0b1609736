"""NativeLimiter: Limiter whose torque limits are computed by limits.c."""

import ctypes

import numpy as np

from vla_ros.control.limits.limiter import Limiter, LimiterConfig
from vla_ros.control.native import library
from vla_ros.control.native.model import NativeModel, pointer
from vla_ros.core.data import Array
from vla_ros.robots.model import RobotModel
from vla_ros.robots.spec import ArmSpec


_ARRAYS = ('lower', 'upper', 'velocity', 'twice', 'gain', 'slow', 'peak', 'step', 'sent')


class LimitsStruct(ctypes.Structure):
    """`Limits` of limits.c."""

    _fields_ = [(name, ctypes.c_void_p) for name in _ARRAYS]


class NativeLimiter(Limiter):
    """Limiter for a NativeModel; what is not finite goes through Python."""

    def __init__(self, spec: ArmSpec, dt: float, config: LimiterConfig | None = None) -> None:
        """Take the limits of `spec` for ticks of `dt` s.

        Raises:
            NativeError: no compiled kernel.
        """
        self._kernel = library().limits_torque
        self._last = np.zeros(spec.n)
        super().__init__(spec, dt, config)
        names = ('lower', 'upper', 'velocity', 'twice', 'gain')
        columns = [[getattr(e, name) for e in self._envelopes] for name in names]
        columns += [self._slow, self._peak, self._step]
        self._arrays = [np.array(column, dtype=np.float64) for column in columns]
        self._struct = LimitsStruct(*(pointer(a) for a in (*self._arrays, self._last)))
        self._bound: tuple[RobotModel, Array, Array] | None = None

    def reset(self, model: RobotModel, gripper: float | None = None) -> None:
        """Command the measured pose, at rest, and gravity's torque; opening in m."""
        super().reset(model, gripper)
        self._last[:] = self._sent

    def torque(self, wanted: Array, model: RobotModel, out: Array) -> Array:
        """Write the torque (n,) Nm to send into out; return it."""
        bound = self._bound
        if bound is None or not (bound[0] is model and bound[1] is wanted and bound[2] is out):
            if not isinstance(model, NativeModel):
                return self._in_python(wanted, model, out)
            self._bound = (model, wanted, out)
            self._arguments = (
                ctypes.byref(self._struct),
                ctypes.byref(model.struct),
                ctypes.c_void_p(pointer(wanted)),
                ctypes.c_void_p(pointer(out)),
            )
        verdict = self._kernel(*self._arguments)
        if verdict < 0:
            return self._in_python(wanted, model, out)
        self._hurried = bool(verdict)
        return out

    def _in_python(self, wanted: Array, model: RobotModel, out: Array) -> Array:
        self._sent = self._last.tolist()
        super().torque(wanted, model, out)
        self._last[:] = self._sent
        return out
