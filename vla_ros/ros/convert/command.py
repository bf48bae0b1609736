"""What was sent, as the messages that robots' drivers take: one function per command type."""

from array import array
from collections.abc import Callable
from typing import Any, NamedTuple

from builtin_interfaces.msg import Duration
from geometry_msgs.msg import PoseStamped
import numpy as np
from sensor_msgs.msg import JointState
from std_msgs.msg import Float64MultiArray
from trajectory_msgs.msg import JointTrajectory, JointTrajectoryPoint

from vla_ros.core.data import SECOND, Array, Command
from vla_ros.robots.spec import ArmSpec
from vla_ros.ros.convert.fields import header, packed, to_pose


class Output(NamedTuple):
    """How a command leaves."""

    type: Any  # message class
    make: Callable[[Command, ArmSpec], Any]
    values: Callable[[Command], Array] | None = None  # one for each joint, if that is all


def group(values: Array) -> Float64MultiArray:
    """Return what a joint group controller takes."""
    return Float64MultiArray(data=packed(values, 'd'))


def _joint_group(values: Callable[[Command], Array]) -> Output:
    return Output(Float64MultiArray, lambda command, spec: group(values(command)), values)


def fingers(opening: float, spec: ArmSpec) -> Array:
    """Return the position of each finger joint, m, for an opening in m."""
    count = len(spec.gripper.joints)
    return np.full(count, opening / count)


def _by_name(command: Command, spec: ArmSpec) -> tuple[list[str], array, array]:
    """Return names, positions and velocities; the fingers' too, if they go with the arm."""
    names, position, velocity = list(spec.joint_names), command.position, command.velocity
    if spec.driver.gripper_type == 'with_arm':
        names += spec.gripper.joints
        hand = fingers(command.gripper, spec)
        position = np.concatenate([position, hand])
        velocity = np.concatenate([velocity, np.zeros(len(hand))])
    return names, packed(position, 'd'), packed(velocity, 'd')


def trajectory(
    stamp: int, names: list[str], position: array, velocity: array, rate: float
) -> JointTrajectory:
    """Return one point, to be reached a control period after its stamp; the rate is in Hz."""
    point = JointTrajectoryPoint(time_from_start=Duration(nanosec=round(SECOND / rate)))
    point.positions, point.velocities = position, velocity
    return JointTrajectory(header=header(stamp), joint_names=names, points=[point])


def joint_state(stamp: int, names: list[str], position: array, velocity: array) -> JointState:
    """Return positions, and the velocities at which they are passed, by name."""
    message = JointState(header=header(stamp), name=names)
    message.position, message.velocity = position, velocity
    return message


def _trajectory(command: Command, spec: ArmSpec) -> JointTrajectory:
    return trajectory(command.stamp, *_by_name(command, spec), spec.control_rate)


def _joint_state(command: Command, spec: ArmSpec) -> JointState:
    return joint_state(command.stamp, *_by_name(command, spec))


def _pose(command: Command, spec: ArmSpec) -> PoseStamped:
    return PoseStamped(header=header(command.stamp, spec.base_frame), pose=to_pose(command.target))


# DriverSpec.command_type -> the message it stands for.
OUTPUTS: dict[str, Output] = {
    'effort': _joint_group(lambda command: command.torque),
    'position': _joint_group(lambda command: command.position),
    'velocity': _joint_group(lambda command: command.velocity),
    'trajectory': Output(JointTrajectory, _trajectory),
    'joint_state': Output(JointState, _joint_state),
    'pose': Output(PoseStamped, _pose),
}
