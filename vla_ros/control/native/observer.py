"""NativeObserver: MomentumObserver computed by observer.c."""

import ctypes

import numpy as np

from vla_ros.control.native import library
from vla_ros.control.native.model import NativeModel, pointer
from vla_ros.control.sensing.momentum_observer import MomentumObserver, ObserverConfig
from vla_ros.core.data import Array
from vla_ros.robots.model import RobotModel
from vla_ros.robots.spec import ArmSpec


_ARRAYS = ('damping', 'friction', 'mass', 'dq', 'bias', 'torque')
_NUMBERS = ('share', 'rate', 'slip', 'ridge')
_FLAGS = ('begun', 'wrench')


class ObserverStruct(ctypes.Structure):
    """`Observer` of observer.c."""

    _fields_ = (
        [(name, ctypes.c_void_p) for name in _ARRAYS]
        + [(name, ctypes.c_double) for name in _NUMBERS]
        + [(name, ctypes.c_long) for name in _FLAGS]
    )


class NativeObserver(MomentumObserver):
    """MomentumObserver for a NativeModel, and for no other."""

    def __init__(self, spec: ArmSpec, dt: float, config: ObserverConfig | None = None) -> None:
        """Prepare for ticks of `dt` s.

        Raises:
            NativeError: no compiled kernel.
        """
        super().__init__(spec, dt, config)
        self._kernel = library().observer_update
        friction = [np.array(spec.joint_array(name)) for name in ('damping', 'friction')]
        self._arrays = (*friction, self._mass, self._dq, self._bias, self.torque)
        numbers = (self._share, self._rate, self.config.slip, self.config.ridge)
        self._struct = ObserverStruct(
            *(pointer(array) for array in self._arrays), *numbers, 0, self._wrench is not None
        )
        self._bound: tuple[RobotModel, Array] | None = None

    def reset(self) -> None:
        """Forget everything: the arm was put elsewhere, or its state was not known for a while."""
        super().reset()
        self._struct.begun = 0

    def update(self, model: RobotModel, sent: Array) -> None:
        """Estimate at the model's last update; write the model's external torque and wrench."""
        bound = self._bound
        if bound is None or not (bound[0] is model and bound[1] is sent):
            if not isinstance(model, NativeModel):
                raise TypeError(f'expected a NativeModel, got {type(model).__name__}')
            self._bound = (model, sent)
            arrays = (sent, model.external_torque, model.external_wrench)
            self._arguments = (
                ctypes.byref(self._struct),
                ctypes.byref(model.struct),
                *(ctypes.c_void_p(pointer(array)) for array in arrays),
            )
        self._kernel(*self._arguments)


def make_observer(
    spec: ArmSpec, model: RobotModel, config: ObserverConfig | None = None
) -> MomentumObserver:
    """Return the observer for ticks at the robot's rate, compiled if the model is."""
    kind = NativeObserver if isinstance(model, NativeModel) else MomentumObserver
    return kind(spec, 1 / spec.control_rate, config)
