"""Commanded state of postures and drives, and what a drive takes."""

import math

from geometry_msgs.msg import Twist, TwistStamped
import numpy as np
from sensor_msgs.msg import JointState

from vla_ros.data import Array, DriveState
from vla_ros.nodes.convert.base import ConvertError, from_time, header, packed
from vla_ros.observe.joints import JointError, JointMap
from vla_ros.pipeline.wire_limb import PostureSnapshot
from vla_ros.robots.drive import DriveSpec
from vla_ros.robots.posture import PostureSpec


def commanded_joints(spec: PostureSpec, snapshot: PostureSnapshot) -> JointState:
    """Return what a posture is sent, by name."""
    state = snapshot.state
    message = JointState(header=header(state.stamp), name=list(spec.joint_names))
    message.position = packed(state.commanded, 'd')
    message.velocity = packed(snapshot.velocity, 'd')
    return message


def commanded_joints_from_msg(message: JointState, joints: JointMap) -> tuple[int, Array]:
    """Return stamp and joint positions (n,) rad, found by name; raises ConvertError."""
    stamp = from_time(message.header.stamp)
    try:
        found = joints.read(stamp, message.name, message.position, message.velocity)
    except JointError as error:
        raise ConvertError(str(error).replace('joint_states', 'commanded_joints', 1)) from error
    return stamp, found.position


def twist(values: Array) -> Twist:
    """Return a twist (3,) m/s, m/s, rad/s as a message."""
    message = Twist()
    message.linear.x, message.linear.y, message.angular.z = values.tolist()
    return message


def twist_stamped(spec: DriveSpec, stamp: int, values: Array) -> TwistStamped:
    """Return a twist (3,) of the moving frame as a message."""
    return TwistStamped(header=header(stamp, spec.frame), twist=twist(values))


def commanded_twist(spec: DriveSpec, state: DriveState) -> TwistStamped:
    """Return what a drive is sent."""
    return twist_stamped(spec, state.stamp, state.commanded)


def planar(message: Twist, where: str) -> Array:
    """Return vx, vy m/s and wz rad/s (3,); raises ConvertError for another motion, or none."""
    linear, angular = message.linear, message.angular
    rest = (linear.z, angular.x, angular.y)
    values = (linear.x, linear.y, angular.z)
    if not all(map(math.isfinite, (*values, *rest))):
        raise ConvertError(f'{where}: expected finite numbers, got {(*values, *rest)}')
    if any(rest):
        raise ConvertError(
            f'{where}: expected linear.x, linear.y and angular.z only, got {rest} of the others'
        )
    return np.array(values)


def twist_from_msg(message: TwistStamped, spec: DriveSpec, where: str) -> Array:
    """Return the twist (3,) of the moving frame; raises ConvertError."""
    frame = message.header.frame_id
    if frame != spec.frame:
        raise ConvertError(f'{where}: header.frame_id: expected {spec.frame!r}, got {frame!r}')
    return planar(message.twist, where)


def commanded_twist_from_msg(message: TwistStamped, spec: DriveSpec) -> tuple[int, Array]:
    """Return stamp and twist (3,) of the moving frame; raises ConvertError."""
    return from_time(message.header.stamp), twist_from_msg(message, spec, 'commanded_twist')
