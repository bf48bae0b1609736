"""Rotations: the one place for their arithmetic.

Quaternions are xyzw and of unit length, rotation vectors are axis times angle in rad, matrices
take vectors of the turned frame to the fixed one. Formulas: Sola, "Quaternion kinematics for the
error-state Kalman filter" (2017), chapter 1.

Two forms, because at 1 kHz the call overhead of small arrays costs more than the arithmetic:
`floats` works on tuples of floats, for the control tick; `arrays` on arrays (..., 4), for all
else, with names that begin with or end in `quat`. Tests hold both to each other and to Pinocchio.
"""

from vla_ros.core.rotations.arrays import (
    matrix_from_quat,
    quat_angle,
    quat_conjugate,
    quat_from_matrix,
    quat_from_rotvec,
    quat_multiply,
    quat_slerp,
    quat_unit,
    rotvec_from_quat,
)
from vla_ros.core.rotations.floats import (
    Quaternion,
    Vector,
    angular_velocity,
    conjugate,
    from_matrix,
    log,
    multiply,
    quaternion_exp,
    quaternion_log,
    slerp,
    to_matrix,
    vector_rate,
)


__all__ = [
    'Quaternion',
    'Vector',
    'angular_velocity',
    'conjugate',
    'from_matrix',
    'log',
    'matrix_from_quat',
    'multiply',
    'quat_angle',
    'quat_conjugate',
    'quat_from_matrix',
    'quat_from_rotvec',
    'quat_multiply',
    'quat_slerp',
    'quat_unit',
    'quaternion_exp',
    'quaternion_log',
    'rotvec_from_quat',
    'slerp',
    'to_matrix',
    'vector_rate',
]
