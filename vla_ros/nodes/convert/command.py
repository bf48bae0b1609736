"""What was sent, as the messages that robots' drivers take: one function per command type."""

from collections.abc import Callable
from typing import Any, NamedTuple

from builtin_interfaces.msg import Duration
from geometry_msgs.msg import PoseStamped
from sensor_msgs.msg import JointState
from std_msgs.msg import Float64MultiArray
from trajectory_msgs.msg import JointTrajectory, JointTrajectoryPoint

from vla_ros.data import SECOND, Array, Command
from vla_ros.nodes.convert.base import header, packed, to_pose
from vla_ros.robots.spec import RobotSpec


class Output(NamedTuple):
    """How a command leaves."""

    type: Any  # message class
    make: Callable[[Command, RobotSpec], Any]


def _group(values: Array) -> Float64MultiArray:
    return Float64MultiArray(data=packed(values, 'd'))


def _trajectory(command: Command, spec: RobotSpec) -> JointTrajectory:
    """Return one point, to be reached a control period after its stamp."""
    period = round(SECOND / spec.control_rate)
    point = JointTrajectoryPoint(time_from_start=Duration(nanosec=period))
    point.positions = packed(command.position, 'd')
    point.velocities = packed(command.velocity, 'd')
    names = list(spec.joint_names)
    return JointTrajectory(header=header(command.stamp), joint_names=names, points=[point])


def _joint_state(command: Command, spec: RobotSpec) -> JointState:
    message = JointState(header=header(command.stamp), name=list(spec.joint_names))
    message.position = packed(command.position, 'd')
    message.velocity = packed(command.velocity, 'd')
    return message


def _pose(command: Command, spec: RobotSpec) -> PoseStamped:
    return PoseStamped(header=header(command.stamp, spec.base_frame), pose=to_pose(command.target))


# DriverSpec.command_type -> the message it stands for.
OUTPUTS: dict[str, Output] = {
    'effort': Output(Float64MultiArray, lambda command, spec: _group(command.torque)),
    'position': Output(Float64MultiArray, lambda command, spec: _group(command.position)),
    'velocity': Output(Float64MultiArray, lambda command, spec: _group(command.velocity)),
    'trajectory': Output(JointTrajectory, _trajectory),
    'joint_state': Output(JointState, _joint_state),
    'pose': Output(PoseStamped, _pose),
}
