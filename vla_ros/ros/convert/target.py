"""Targets of a person or another program: frames honoured, what cannot be believed refused."""

import math
from typing import Any

from geometry_msgs.msg import PoseStamped, TwistStamped, Vector3, WrenchStamped
import numpy as np
from sensor_msgs.msg import JointState
from std_msgs.msg import Float64MultiArray, Header

from vla_ros.control.limits.stiffness import stiffness_matrix
from vla_ros.core.data import Array
from vla_ros.core.rotations import matrix_from_quat, quat_multiply
from vla_ros.robots.limb import Limb
from vla_ros.robots.mobile_base import MobileBaseSpec
from vla_ros.robots.spec import ArmSpec
from vla_ros.ros.convert.fields import ConvertError, from_pose, from_time
from vla_ros.ros.convert.limbs import twist_from_msg


def stamp_of(header: Header) -> int:
    """Return a target's stamp, ns; raises ConvertError when there is none."""
    stamp = from_time(header.stamp)
    if not stamp:
        raise ConvertError('header.stamp: expected the time it was wanted at, got 0')
    return stamp


def pose_target(message: PoseStamped, spec: ArmSpec) -> Array:
    """Return position m and quaternion xyzw (7,), base frame; raises ConvertError."""
    frame, base = message.header.frame_id, spec.base
    pose = from_pose(message.pose, 'pose')
    if frame == spec.base_frame:
        return np.concatenate([pose.position, pose.quaternion])
    if frame != base.frame:
        raise _unknown(frame, (spec.base_frame, base.frame))
    back = matrix_from_quat(np.array(base.quaternion)).T
    position = back @ (pose.position - np.array(base.position))
    x, y, z, w = base.quaternion
    return np.concatenate([position, quat_multiply(np.array([-x, -y, -z, w]), pose.quaternion)])


def twist_target(message: TwistStamped, spec: ArmSpec) -> Array:
    """Return m/s, rad/s and whether the axes are the tool's (7,); raises ConvertError."""
    return _vectors(message.twist.linear, message.twist.angular, message.header.frame_id, spec)


def wrench_target(message: WrenchStamped, spec: ArmSpec) -> Array:
    """Return N, Nm and whether the axes are the tool's (7,); raises ConvertError."""
    return _vectors(message.wrench.force, message.wrench.torque, message.header.frame_id, spec)


def joint_target(message: JointState, spec: Limb) -> Array:
    """Return the limb's joint positions (n,) rad, found by name; raises ConvertError."""
    names, values = list(message.name), message.position
    if len(names) != len(values):
        raise ConvertError(f'{len(names)} names, {len(values)} positions')
    for name in spec.joint_names:
        if names.count(name) != 1:
            raise ConvertError(f'expected {name!r} once, got {names}')
    result: Array = np.array([values[names.index(name)] for name in spec.joint_names])
    for joint, value in zip(spec.joints, result.tolist(), strict=True):
        if not joint.lower <= value <= joint.upper:
            raise ConvertError(
                f'{joint.name}: expected {joint.lower}..{joint.upper} rad, got {value}'
            )
    return result


def drive_target(message: TwistStamped, spec: MobileBaseSpec) -> Array:
    """Return vx, vy m/s and wz rad/s (3,) of the moving frame; raises ConvertError."""
    return twist_from_msg(message, spec, 'twist')


def stiffness_target(message: Float64MultiArray) -> Array:
    """Return a stiffness row by row (36,), of 6 or 36 numbers; raises ConvertError."""
    try:
        return stiffness_matrix(np.asarray(message.data, np.float64)).ravel()
    except ValueError as error:
        raise ConvertError(str(error)) from error


def _vectors(linear: Vector3, angular: Vector3, frame: str, spec: ArmSpec) -> Array:
    numbers = (linear.x, linear.y, linear.z, angular.x, angular.y, angular.z)
    if not all(map(math.isfinite, numbers)):
        raise ConvertError(f'expected finite numbers, got {numbers}')
    values = np.array([*numbers, float(frame == spec.ee_frame)])
    if frame in (spec.base_frame, spec.ee_frame):
        return values
    if frame != spec.base.frame:
        raise _unknown(frame, (spec.base_frame, spec.ee_frame, spec.base.frame))
    back = matrix_from_quat(np.array(spec.base.quaternion)).T
    values[:3], values[3:6] = back @ values[:3], back @ values[3:6]
    return values


def _unknown(frame: str, valid: tuple[Any, ...]) -> ConvertError:
    return ConvertError(f'header.frame_id: {frame!r} is not one of {list(dict.fromkeys(valid))}')
