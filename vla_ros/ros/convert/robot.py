"""Joints, commanded state, execution status."""

from collections.abc import Sequence
from dataclasses import replace
import math

import numpy as np
from sensor_msgs.msg import JointState

from vla_ros.core.data import (
    SECOND,
    ExecutionStatus,
    JointGroupState,
    LimbState,
    MobileBaseState,
    RobotState,
)
from vla_ros.core.events import CommandedState
from vla_ros.core.message_codec import from_time
from vla_ros.core.messages import COMMANDED, STATUS, status_from_msg
from vla_ros.observe.messages import commanded_from_msg, joints_from_msg
from vla_ros.policies.execution import Execution
from vla_ros.robots.robot import LimbSpec
from vla_ros.robots.spec import ArmSpec
from vla_ros.ros.convert.fields import header, packed
from vla_ros_msgs.msg import CommandedState as CommandedMsg
from vla_ros_msgs.msg import ExecutionStatus as StatusMsg


__all__ = [
    'commanded_from_msg',
    'commanded_to_msg',
    'execution_from_msg',
    'joints_from_msg',
    'joints_to_msg',
    'status_from_msg',
    'status_to_msg',
]


def joints_to_msg(limbs: Sequence[tuple[LimbSpec, LimbState]]) -> JointState:
    """Return the measured joints of limbs, for those that look at the robot and at policies.

    Each finger has its share of the opening; a base's joints are where odometry has it. Efforts
    are NaN of joints that have none, and left out where no joint has one.
    """
    names: list[str] = []
    position: list[float] = []
    velocity: list[float] = []
    effort: list[float] = []
    for spec, state in limbs:
        names += spec.joint_names
        q, dq = _of_mobile_base(state) if isinstance(state, MobileBaseState) else _of_joints(state)
        position += q
        velocity += dq
        effort += (
            [math.nan] * len(q) if isinstance(state, MobileBaseState) else state.effort.tolist()
        )
        if isinstance(spec, ArmSpec) and isinstance(state, RobotState):
            fingers = spec.gripper.joints
            names += fingers
            position += [state.gripper / len(fingers)] * len(fingers)
            velocity += [0.0] * len(fingers)
            effort += [math.nan] * len(fingers)
    message = JointState(header=header(limbs[0][1].stamp), name=names)
    message.position, message.velocity = packed(position, 'd'), packed(velocity, 'd')
    if not all(map(math.isnan, effort)):
        message.effort = packed(effort, 'd')
    return message


def _of_joints(state: RobotState | JointGroupState) -> tuple[list[float], list[float]]:
    return state.position.tolist(), state.velocity.tolist()


def _of_mobile_base(state: MobileBaseState) -> tuple[list[float], list[float]]:
    """Return position and velocity of the joints x, y and yaw, which are fixed to the floor."""
    vx, vy, wz = state.twist.tolist()
    cosine, sine = math.cos(state.pose[2]), math.sin(state.pose[2])
    return state.pose.tolist(), [cosine * vx - sine * vy, sine * vx + cosine * vy, wz]


def commanded_to_msg(spec: ArmSpec, state: RobotState) -> CommandedMsg:
    """Return what the controller tracks at the state's stamp."""
    message = CommandedMsg()
    message.header.frame_id = spec.base_frame
    joints = state.commanded_position
    known = joints if np.isfinite(joints).all() else joints[:0]
    value = CommandedState(state.stamp, state.commanded, state.commanded_gripper, known)
    COMMANDED.write(value, message)
    return message


def execution_from_msg(message: StatusMsg) -> Execution | None:
    """Return which chunk is in execution by a status; None where none is."""
    if not math.isfinite(message.chunk_age):
        return None
    stamp = from_time(message.header.stamp)
    age = round(message.chunk_age * SECOND)
    return Execution(stamp, stamp - age, message.chunk_step, message.delay)


def status_to_msg(status: ExecutionStatus, frame: str = '') -> StatusMsg:
    """Return a status as a message. Without a chunk its seq is 0, and NaN its age."""
    message = StatusMsg()
    message.header.frame_id = frame
    seq, step = max(status.chunk_seq, 0), max(status.chunk_step, 0)
    STATUS.write(replace(status, chunk_seq=seq, chunk_step=step), message)
    return message
