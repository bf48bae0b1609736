"""Odometry of a drive; of the stack only what drives needs nav_msgs."""

import math

from nav_msgs.msg import Odometry
import numpy as np

from vla_ros.core.data import Array, MobileBaseState
from vla_ros.robots.mobile_base import MobileBaseSpec
from vla_ros.ros.convert.fields import ConvertError, check_unit, from_time, header
from vla_ros.ros.convert.limbs import twist


ODOM = 'odom'  # the frame that odometry is in


def odometry_to_msg(spec: MobileBaseSpec, state: MobileBaseState) -> Odometry:
    """Return what a simulated drive measures."""
    message = Odometry(header=header(state.stamp, ODOM), child_frame_id=spec.frame)
    x, y, yaw = state.pose.tolist()
    place, turn = message.pose.pose.position, message.pose.pose.orientation
    place.x, place.y = x, y
    turn.z, turn.w = math.sin(yaw / 2), math.cos(yaw / 2)
    message.twist.twist = twist(state.twist)
    return message


def odometry_from_msg(message: Odometry, spec: MobileBaseSpec) -> tuple[int, Array, Array]:
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
