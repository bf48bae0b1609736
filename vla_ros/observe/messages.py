"""What is read of the messages that observations are made of; the same live and from a bag.

A message is whatever has its attributes: there is no ROS here. What cannot be believed is a
ConvertError that names the field.
"""

import math
from typing import Any

import numpy as np

from vla_ros.core.data import Array, Image, Pose
from vla_ros.core.message_codec import ConvertError, check_unit, from_time
from vla_ros.core.messages import commanded_state_from_msg
from vla_ros.observe.joints import JointError, JointMap, Joints
from vla_ros.robots.mobile_base import MobileBaseSpec
from vla_ros.robots.spec import ArmSpec


def image_from_msg(message: Any) -> tuple[int, Image]:
    """Return stamp (ns) and RGB image (H, W, 3) of a sensor_msgs/Image; raises ConvertError."""
    if message.encoding not in ('rgb8', 'bgr8'):
        raise ConvertError(f'image.encoding: expected rgb8 or bgr8, got {message.encoding!r}')
    height, width, step = message.height, message.width, message.step
    if not (height and width) or step < 3 * width or len(message.data) < step * height:
        raise ConvertError(
            f'image: {width}x{height} px, step {step}, does not fit {len(message.data)} bytes'
        )
    rows = np.frombuffer(message.data, np.uint8, step * height).reshape(height, step)
    image = rows[:, : 3 * width].reshape(height, width, 3)
    if message.encoding == 'bgr8':
        image = np.ascontiguousarray(image[:, :, ::-1])
    return from_time(message.header.stamp), image


def joints_from_msg(message: Any, joints: JointMap) -> Joints:
    """Return the sample in the robot's order; raises ConvertError naming the joint."""
    try:
        return joints.read(
            from_time(message.header.stamp),
            message.name,
            message.position,
            message.velocity,
            message.effort,
        )
    except JointError as error:
        raise ConvertError(str(error)) from error


def commanded_from_msg(message: Any) -> tuple[int, Pose, float]:
    """Return stamp, pose and opening (m) of a CommandedState; raises ConvertError."""
    state = commanded_state_from_msg(message)
    return state.stamp, state.pose, state.gripper


def wrench_from_msg(message: Any, spec: ArmSpec) -> tuple[int, Array]:
    """Return stamp and wrench (6,) N, Nm on the tcp, base axes; raises ConvertError."""
    frame, said = message.header.frame_id, message.wrench
    if frame != spec.base_frame:
        raise ConvertError(
            f'external_wrench: header.frame_id: expected {spec.base_frame!r}, got {frame!r}'
        )
    force, torque = said.force, said.torque
    values = (force.x, force.y, force.z, torque.x, torque.y, torque.z)
    if not all(map(math.isfinite, values)):
        raise ConvertError(f'external_wrench: expected finite numbers, got {values}')
    return from_time(message.header.stamp), np.array(values)


def commanded_joints_from_msg(message: Any, joints: JointMap) -> tuple[int, Array]:
    """Return stamp and joint positions (n,) rad, found by name; raises ConvertError."""
    stamp = from_time(message.header.stamp)
    try:
        found = joints.read(stamp, message.name, message.position, message.velocity)
    except JointError as error:
        raise ConvertError(str(error).replace('joint_states', 'commanded_joints', 1)) from error
    return stamp, found.position


def planar(message: Any, where: str) -> Array:
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


def twist_from_msg(message: Any, spec: MobileBaseSpec, where: str) -> Array:
    """Return the twist (3,) of the moving frame; raises ConvertError."""
    frame = message.header.frame_id
    if frame != spec.frame:
        raise ConvertError(f'{where}: header.frame_id: expected {spec.frame!r}, got {frame!r}')
    return planar(message.twist, where)


def commanded_twist_from_msg(message: Any, spec: MobileBaseSpec) -> tuple[int, Array]:
    """Return stamp and twist (3,) of the moving frame; raises ConvertError."""
    return from_time(message.header.stamp), twist_from_msg(message, spec, 'commanded_twist')


def odometry_from_msg(message: Any, spec: MobileBaseSpec) -> tuple[int, Array, Array]:
    """Return stamp, pose (3,) m, m, rad and twist (3,) of the moving frame.

    What it says of other motions of a body is left out.

    Raises:
        ConvertError: the twist is of another frame, a number is not finite, or the orientation
            is none: all zeros, as in a message that nobody has filled in.
    """
    if message.child_frame_id != spec.frame:
        raise ConvertError(
            f'odom: child_frame_id: expected {spec.frame!r}, got {message.child_frame_id!r}'
        )
    place, q = message.pose.pose.position, message.pose.pose.orientation
    check_unit(q, 'odom: pose.orientation')
    linear, angular = message.twist.twist.linear, message.twist.twist.angular
    yaw = math.atan2(2 * (q.w * q.z + q.x * q.y), 1 - 2 * (q.y * q.y + q.z * q.z))
    pose = np.array([place.x, place.y, yaw])
    speeds = np.array([linear.x, linear.y, angular.z])
    if not (np.isfinite(pose).all() and np.isfinite(speeds).all()):
        raise ConvertError(f'odom: expected finite numbers, got {pose} and {speeds}')
    return from_time(message.header.stamp), pose, speeds
