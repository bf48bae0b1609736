"""How the state of a limb lies in the mailbox, and what its driver measured."""

from dataclasses import dataclass
import math

from vla_ros.control.loops.joint_group_loop import JointGroupLoop
from vla_ros.control.loops.loop import ControlLoop
from vla_ros.control.loops.mobile_base_loop import MobileBaseLoop
from vla_ros.core.data import Array, Command, JointGroupState, MobileBaseState, Pose, RobotState
from vla_ros.runtime.section import Section


# Whether it is known where a limb is: 0 where it has never been heard of, or was put elsewhere.
_LOST, _KNOWN = 1, 2


@dataclass(frozen=True)
class Snapshot:
    """The arm at one tick."""

    state: RobotState
    command: Command


@dataclass(frozen=True)
class JointGroupSnapshot:
    """A joint group at one tick."""

    state: JointGroupState
    velocity: Array  # (n,) rad/s, at which the commanded positions are passed


@dataclass(frozen=True)
class MobileBaseSnapshot:
    """A mobile base at one tick."""

    state: MobileBaseState


def put_state(section: Section, loop: ControlLoop | JointGroupLoop | MobileBaseLoop) -> None:
    """Write a limb's state straight from the loop: this runs within the control tick."""
    if isinstance(loop, ControlLoop):
        _put_arm(section, loop)
        return
    if isinstance(loop, JointGroupLoop):
        rows = [loop.position, loop.speed, loop.commanded, loop.velocity, loop.effort]
    else:
        rows = [loop.twist, loop.commanded, loop.pose]
    section.write(_ints(loop), [x for row in rows for x in row.tolist()])


def _put_arm(section: Section, loop: ControlLoop) -> None:
    model, target, sent = loop.model, loop.limiter.target, loop.actuation
    section.write(
        _ints(loop),
        [
            *model.position.tolist(), *loop.measured_quaternion(), loop.gripper,
            *target.position.tolist(), *target.quaternion.tolist(), loop.limiter.gripper,
            *model.twist.tolist(), *loop.wrench().tolist(),
            *model.q.tolist(), *model.dq.tolist(),
            *sent.torque.tolist(), *sent.position.tolist(), *sent.velocity.tolist(),
            *loop.effort().tolist(), *loop.commanded_joints().tolist(),
        ],
    )  # fmt: skip


def _ints(loop: ControlLoop | JointGroupLoop | MobileBaseLoop) -> tuple[int, int, int]:
    feedback = loop.feedback
    return loop.stamp, loop.ticks, _KNOWN if feedback.known else _LOST if feedback.begun else 0


def known(section: Section) -> bool:
    """Whether it is known where a limb is: it has been heard of, and not been silent since."""
    return section.integer(2) == _KNOWN


def get_state(section: Section, joints: int, lost: bool = False) -> Snapshot | None:
    """Read the state of an arm with so many joints back; None while it is not known.

    `lost`: also while it has only been silent since, for what brakes it.
    """
    (stamp, _, sight), floats, _ = section.read()
    if sight < (_LOST if lost else _KNOWN):
        return None
    commanded = Pose(floats[8:11], floats[11:15])
    rows = floats[28 : 28 + 7 * joints].reshape(7, joints).copy()
    q, dq, torque, position, velocity, effort, commanded_position = rows
    state = RobotState(
        stamp=stamp,
        position=q,
        velocity=dq,
        ee=Pose(floats[0:3], floats[3:7]),
        gripper=float(floats[7]),
        commanded=commanded,
        commanded_gripper=float(floats[15]),
        effort=effort,
        twist=floats[16:22],
        wrench=floats[22:28],
        commanded_position=commanded_position,
    )
    command = Command(stamp, commanded, float(floats[15]), torque, position, velocity)
    return Snapshot(state, command)


def get_joint_group(
    section: Section, joints: int, lost: bool = False
) -> JointGroupSnapshot | None:
    """Read the state of a joint group with so many joints back, likewise."""
    (stamp, _, sight), floats, _ = section.read()
    if sight < (_LOST if lost else _KNOWN):
        return None
    q, dq, commanded, velocity, effort = floats[: 5 * joints].reshape(5, joints).copy()
    return JointGroupSnapshot(JointGroupState(stamp, q, dq, commanded, effort), velocity)


def get_mobile_base(section: Section) -> MobileBaseSnapshot | None:
    """Read the state of a mobile base back; None before it was first heard of.

    Not while it is silent: then its twist, which brakes and is zero, matters the more.
    """
    if not section.version:
        return None
    (stamp, _, _), floats, _ = section.read()
    twist, commanded, pose = floats[:9].reshape(3, 3).copy()
    return MobileBaseSnapshot(MobileBaseState(stamp, twist, commanded, pose))


def put_driver(
    section: Section,
    stamp: int,
    q: Array,
    dq: Array,
    gripper: float,
    effort: Array | None = None,
) -> None:
    """Write the joint states (n,) of a real robot, in the spec's order; of a base, its odometry.

    None: the robot does not say its efforts.
    """
    efforts = [math.nan] * len(q) if effort is None else effort.tolist()
    section.write((stamp, len(q)), [gripper, *q.tolist(), *dq.tolist(), *efforts])
