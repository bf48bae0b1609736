"""Odometry of a mobile base; nothing else of the stack needs nav_msgs."""

import math

from nav_msgs.msg import Odometry

from vla_ros.core.data import MobileBaseState
from vla_ros.observe.messages import odometry_from_msg
from vla_ros.robots.mobile_base import MobileBaseSpec
from vla_ros.ros.convert.fields import header
from vla_ros.ros.convert.limbs import twist


__all__ = ['ODOM', 'odometry_from_msg', 'odometry_to_msg']

ODOM = 'odom'  # the frame that odometry is in


def odometry_to_msg(spec: MobileBaseSpec, state: MobileBaseState) -> Odometry:
    """Return what a simulated mobile base measures."""
    message = Odometry(header=header(state.stamp, ODOM), child_frame_id=spec.frame)
    x, y, yaw = state.pose.tolist()
    place, turn = message.pose.pose.position, message.pose.pose.orientation
    place.x, place.y = x, y
    turn.z, turn.w = math.sin(yaw / 2), math.cos(yaw / 2)
    message.twist.twist = twist(state.twist)
    return message
