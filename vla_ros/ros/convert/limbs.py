"""Commanded state of joint groups and mobile bases, and what their drivers take."""

from array import array
from collections.abc import Callable
from typing import Any, NamedTuple

from geometry_msgs.msg import Twist, TwistStamped
from sensor_msgs.msg import JointState
from std_msgs.msg import Float64MultiArray
from trajectory_msgs.msg import JointTrajectory

from vla_ros.core.data import Array, MobileBaseState
from vla_ros.observe.messages import (
    commanded_joints_from_msg,
    commanded_twist_from_msg,
    planar,
    twist_from_msg,
)
from vla_ros.robots.joint_group import JointGroupSpec
from vla_ros.robots.mobile_base import MobileBaseSpec
from vla_ros.ros.convert.command import group, joint_state, trajectory
from vla_ros.ros.convert.fields import header, packed
from vla_ros.runtime.shm_limb import JointGroupSnapshot


__all__ = [
    'OUTPUTS',
    'commanded_joints',
    'commanded_joints_from_msg',
    'commanded_twist',
    'commanded_twist_from_msg',
    'planar',
    'twist',
    'twist_from_msg',
    'twist_stamped',
]


class Output(NamedTuple):
    """How the command of a joint group leaves."""

    type: Any  # message class
    make: Callable[[JointGroupSnapshot, JointGroupSpec], Any]


def _group(snapshot: JointGroupSnapshot, spec: JointGroupSpec) -> Float64MultiArray:
    return group(snapshot.state.commanded)


def _trajectory(snapshot: JointGroupSnapshot, spec: JointGroupSpec) -> JointTrajectory:
    return trajectory(snapshot.state.stamp, *_by_name(snapshot, spec), spec.control_rate)


def _by_name(snapshot: JointGroupSnapshot, spec: JointGroupSpec) -> tuple[list[str], array, array]:
    """Return names, positions and the velocities at which they are passed."""
    position, velocity = packed(snapshot.state.commanded, 'd'), packed(snapshot.velocity, 'd')
    return list(spec.joint_names), position, velocity


def commanded_joints(spec: JointGroupSpec, snapshot: JointGroupSnapshot) -> JointState:
    """Return what a joint group is sent, by name."""
    return joint_state(snapshot.state.stamp, *_by_name(snapshot, spec))


# JointGroupDriverSpec.command_type -> the message it stands for.
OUTPUTS: dict[str, Output] = {
    'position': Output(Float64MultiArray, _group),
    'trajectory': Output(JointTrajectory, _trajectory),
    'joint_state': Output(JointState, lambda snapshot, spec: commanded_joints(spec, snapshot)),
}


def twist(values: Array) -> Twist:
    """Return a twist (3,) m/s, m/s, rad/s as a message."""
    message = Twist()
    message.linear.x, message.linear.y, message.angular.z = values.tolist()
    return message


def twist_stamped(spec: MobileBaseSpec, stamp: int, values: Array) -> TwistStamped:
    """Return a twist (3,) of the moving frame as a message."""
    return TwistStamped(header=header(stamp, spec.frame), twist=twist(values))


def commanded_twist(spec: MobileBaseSpec, state: MobileBaseState) -> TwistStamped:
    """Return what a mobile base is sent."""
    return twist_stamped(spec, state.stamp, state.commanded)
