"""NativeModel: RobotModel computed by arm.c, with Pinocchio's constants."""

import ctypes

import numpy as np
import pinocchio as pin

from vla_ros.control.native import NativeError, library
from vla_ros.core.data import Array
from vla_ros.robots.model import RobotModel
from vla_ros.robots.spec import ArmSpec


MAX_JOINTS = 16
_AXES = {'JointModelRX': (1.0, 0.0, 0.0), 'JointModelRY': (0.0, 1.0, 0.0)}
_AXES['JointModelRZ'] = (0.0, 0.0, 1.0)
_CONSTANTS = ('placement', 'axis', 'inertia', 'armature', 'tool', 'field')
_RESULTS = ('q', 'dq', 'position', 'rotation', 'jacobian', 'twist', 'drift', 'mass') + (
    'gravity',
    'coriolis',
    'bias',
)


class ArmStruct(ctypes.Structure):
    """`Arm` of arm.h."""

    _fields_ = [('n', ctypes.c_long)] + [
        (name, ctypes.c_void_p) for name in (*_CONSTANTS, *_RESULTS)
    ]


def pointer(array: Array) -> int:
    """Return the address of a C-contiguous float64 array, which must outlive its use."""
    assert array.flags.c_contiguous and array.dtype == np.float64
    return int(array.ctypes.data)


class NativeModel(RobotModel):
    """RobotModel, a tenth of the time: same attributes, here arrays of its own."""

    def __init__(self, spec: ArmSpec) -> None:
        """Take the constants of a serial chain of revolute joints.

        Raises:
            NativeError: no compiled kernel, or the robot is not such a chain.
        """
        self._kernel = library().arm_update
        self._ready = False
        super().__init__(spec)
        n = spec.n
        self._constants = dict(zip(_CONSTANTS, _constants(self._model, self._frame), strict=True))
        self.q, self.dq = np.zeros(n), np.zeros(n)
        self.position, self.rotation = np.zeros(3), np.zeros((3, 3))
        self.jacobian, self.twist, self.drift = np.zeros((6, n)), np.zeros(6), np.zeros(6)
        self.mass, self.gravity = np.zeros((n, n)), np.zeros(n)
        self.coriolis, self.bias = np.zeros(n), np.zeros(n)
        self.struct = ArmStruct(n)
        for name, array in self._constants.items():
            setattr(self.struct, name, pointer(array))
        for name in _RESULTS:
            setattr(self.struct, name, pointer(getattr(self, name)))
        self._argument = ctypes.byref(self.struct)
        self._ready = True
        self.update(spec.home, np.zeros(n))

    def update(self, q: Array, dq: Array) -> None:
        """Compute every attribute at joint positions q (n,) rad and velocities dq (n,) rad/s."""
        if not self._ready:  # called by RobotModel's constructor
            return
        self.q[:] = q
        self.dq[:] = dq
        self._kernel(self._argument)


def make_model(spec: ArmSpec) -> RobotModel:
    """Return a model of the robot, compiled if that is possible."""
    try:
        return NativeModel(spec)
    except NativeError:
        return RobotModel(spec)


def _constants(model: pin.Model, frame: int) -> tuple[Array, ...]:
    """Return the arrays of _CONSTANTS."""
    n = model.njoints - 1
    if n > MAX_JOINTS or [model.parents[i + 1] for i in range(n)] != list(range(n)):
        raise NativeError(f'expected a serial chain of at most {MAX_JOINTS} joints')
    kinds = [model.joints[i + 1].shortname() for i in range(n)]
    if any(kind not in _AXES for kind in kinds):
        raise NativeError(f'expected revolute joints about x, y or z, got {kinds}')
    inertia = np.zeros((n, 10))
    for i in range(n):
        body = model.inertias[i + 1]
        inertia[i] = (body.mass, *body.lever, *body.inertia[np.triu_indices(3)])
    placement = np.stack([_flat(model.jointPlacements[i + 1]) for i in range(n)])
    tool = _flat(model.frames[frame].placement)
    armature = np.array(model.armature, dtype=np.float64)
    field = np.array(model.gravity.linear, dtype=np.float64)
    return placement, np.array([_AXES[k] for k in kinds]), inertia, armature, tool, field


def _flat(placement: pin.SE3) -> Array:
    return np.concatenate([placement.rotation.ravel(), placement.translation])
