"""Joints, commanded state, execution status."""

from collections.abc import Sequence
import math

from sensor_msgs.msg import JointState

from vla_ros.core.data import (
    ExecutionStatus,
    JointGroupState,
    LimbState,
    MobileBaseState,
    Mode,
    Pose,
    RobotState,
)
from vla_ros.observe.joints import JointError, JointMap, Joints
from vla_ros.robots.body import LimbSpec
from vla_ros.robots.spec import ArmSpec
from vla_ros.ros.convert.fields import ConvertError, from_pose, from_time, header, packed, to_pose
from vla_ros_msgs.msg import CommandedState
from vla_ros_msgs.msg import ExecutionStatus as StatusMsg


def joints_to_msg(limbs: Sequence[tuple[LimbSpec, LimbState]]) -> JointState:
    """Return the measured joints of limbs, for those that look at the robot and at policies.

    Each finger has its share of the opening; a drive's joints are where odometry has it.
    """
    names: list[str] = []
    position: list[float] = []
    velocity: list[float] = []
    for spec, state in limbs:
        names += spec.joint_names
        q, dq = _of_mobile_base(state) if isinstance(state, MobileBaseState) else _of_joints(state)
        position += q
        velocity += dq
        if isinstance(spec, ArmSpec) and isinstance(state, RobotState):
            fingers = spec.gripper.joints
            names += fingers
            position += [state.gripper / len(fingers)] * len(fingers)
            velocity += [0.0] * len(fingers)
    message = JointState(header=header(limbs[0][1].stamp), name=names)
    message.position, message.velocity = packed(position, 'd'), packed(velocity, 'd')
    return message


def _of_joints(state: RobotState | JointGroupState) -> tuple[list[float], list[float]]:
    return state.position.tolist(), state.velocity.tolist()


def _of_mobile_base(state: MobileBaseState) -> tuple[list[float], list[float]]:
    """Return position and velocity of the joints x, y and yaw, which are fixed to the floor."""
    vx, vy, wz = state.twist.tolist()
    cosine, sine = math.cos(state.pose[2]), math.sin(state.pose[2])
    return state.pose.tolist(), [cosine * vx - sine * vy, sine * vx + cosine * vy, wz]


def joints_from_msg(message: JointState, joints: JointMap) -> Joints:
    """Return the sample in the robot's order; raises ConvertError naming the joint."""
    try:
        return joints.read(
            from_time(message.header.stamp), message.name, message.position, message.velocity
        )
    except JointError as error:
        raise ConvertError(str(error)) from error


def commanded_to_msg(spec: ArmSpec, state: RobotState) -> CommandedState:
    """Return what the controller tracks at the state's stamp."""
    return CommandedState(
        header=header(state.stamp, spec.base_frame),
        pose=to_pose(state.commanded),
        gripper=float(state.commanded_gripper),
    )


def commanded_from_msg(message: CommandedState) -> tuple[int, Pose, float]:
    """Return stamp, pose and opening (m); raises ConvertError."""
    if not math.isfinite(message.gripper):
        raise ConvertError(f'commanded_state.gripper: not finite: {message.gripper}')
    pose = from_pose(message.pose, 'commanded_state.pose')
    return from_time(message.header.stamp), pose, message.gripper


def status_to_msg(status: ExecutionStatus, frame: str = '') -> StatusMsg:
    """Return a status as a message. Without a chunk its seq is 0, and NaN its age."""
    message = StatusMsg(header=header(status.stamp, frame))
    message.mode = int(status.mode)
    message.cause = status.cause
    message.instruction = status.instruction
    message.chunk_seq = max(status.chunk_seq, 0)
    message.chunk_step = max(status.chunk_step, 0)
    message.queue_seconds = float(status.queue_seconds)
    message.latent_age = float(status.latent_age)
    message.chunk_age = float(status.chunk_age)
    message.ticks = status.ticks
    message.deadline_misses = status.deadline_misses
    message.tick_p50 = float(status.tick_p50)
    message.tick_p99 = float(status.tick_p99)
    message.latency_p50 = float(status.latency_p50)
    message.latency_p99 = float(status.latency_p99)
    message.seam_jump = float(status.seam_jump)
    message.refused_chunks = status.refused_chunks
    message.refused_targets = status.refused_targets
    message.last_refusal = status.last_refusal
    message.commanded_pose = to_pose(status.commanded)
    message.measured_pose = to_pose(status.measured)
    message.gripper_command = float(status.gripper_command)
    message.gripper_position = float(status.gripper)
    return message


def status_from_msg(message: StatusMsg) -> ExecutionStatus:
    """Return the status, -1 for the seq where there is no chunk; raises ConvertError."""
    if message.mode not in list(Mode):
        raise ConvertError(f'status.mode: {message.mode} is not one of {[int(m) for m in Mode]}')
    chunk_seq = -1 if math.isnan(message.chunk_age) else message.chunk_seq
    return ExecutionStatus(
        stamp=from_time(message.header.stamp), mode=Mode(message.mode), cause=message.cause,
        instruction=message.instruction, chunk_seq=chunk_seq,
        chunk_step=message.chunk_step, queue_seconds=message.queue_seconds,
        chunk_age=message.chunk_age, latent_age=message.latent_age, ticks=message.ticks,
        deadline_misses=message.deadline_misses, tick_p50=message.tick_p50,
        tick_p99=message.tick_p99, latency_p50=message.latency_p50,
        latency_p99=message.latency_p99, seam_jump=message.seam_jump,
        refused_chunks=message.refused_chunks, refused_targets=message.refused_targets,
        last_refusal=message.last_refusal,
        commanded=from_pose(message.commanded_pose, 'status.commanded_pose'),
        measured=from_pose(message.measured_pose, 'status.measured_pose'),
        gripper_command=message.gripper_command, gripper=message.gripper_position,
    )  # fmt: skip
