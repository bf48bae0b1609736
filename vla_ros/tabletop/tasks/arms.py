"""What tasks for several hands have in common: who acts, who waits, and turning a hand."""

import numpy as np

from vla_ros.core.data import Array, Pose
from vla_ros.core.rotations import (
    matrix_from_quat,
    quat_conjugate,
    quat_from_rotvec,
    quat_multiply,
    rotvec_from_quat,
)
from vla_ros.tabletop.tasks.motion import ArmInfo, MotionConfig
from vla_ros.tabletop.tasks.task import ExpertAction
from vla_ros.tabletop.world.state import ArmSnapshot


_TURN = 0.12  # rad, greatest turn in one control step of 0.1 s
_ASIDE = 0.08  # m, by which a hand that waits is further back than at home


def number_of(hands: tuple[ArmInfo, ...], arm: str) -> int:
    """Return the number of the hand called `arm`.

    Raises:
        ValueError: the robot has none of that name; the message lists those it has.
    """
    names = [hand.name for hand in hands]
    if arm not in names:
        raise ValueError(f'arm: {arm!r} is not one of {names}')
    return names.index(arm)


def turned(start: Array, goal: Array, most: float = _TURN) -> Array:
    """Return the rotation (4,) xyzw at most `most` rad from `start` towards `goal`."""
    way = rotvec_from_quat(quat_multiply(goal, quat_conjugate(start)))
    angle = float(np.linalg.norm(way))
    if angle <= most:
        return goal
    result: Array = quat_multiply(quat_from_rotvec(way * (most / angle)), start)
    return result


def axis(rotation: Array, number: int) -> Array:
    """Return an axis (3,) of a rotation (4,) xyzw."""
    result: Array = matrix_from_quat(rotation)[:, number]
    return result


def outwards(hand: ArmInfo, tilt: float, turn: float) -> Array:
    """Return the rotation (4,) of a hand tilted outwards, and turned about its own axis, rad."""
    out = quat_from_rotvec(np.array([0.0, tilt, 0.0]))
    about = quat_from_rotvec(np.array([0.0, 0.0, turn]))
    result: Array = quat_multiply(quat_multiply(hand.home.quaternion, out), about)
    return result


def yawed(hand: ArmInfo, yaw: float) -> Array:
    """Return the rotation (4,) of a hand as at home, but turned by `yaw` rad about z."""
    turn = quat_from_rotvec(np.array([0.0, 0.0, yaw]))
    result: Array = quat_multiply(turn, hand.home.quaternion)
    return result


def straight(
    motion: MotionConfig, hand: ArmSnapshot, goal: Pose, gripper: float, speed: float = 1.0
) -> ExpertAction:
    """Return one step of `hand` straight to `goal`, with an opening in m."""
    here = hand.commanded
    move = motion.gain * (goal.position - here.position)
    length, limit = float(np.linalg.norm(move)), motion.step * speed
    if length > limit:
        move *= limit / length
    turn = turned(here.quaternion, goal.quaternion)
    return ExpertAction(Pose(here.position + move, turn), gripper)


def aside(motion: MotionConfig, own: ArmInfo, hand: ArmSnapshot) -> ExpertAction:
    """Return one step to where a hand waits: open, a little further back than at home.

    It rises before it goes anywhere, and turns only there.
    """
    back = axis(own.home.quaternion, 0) * (1, 1, 0)
    place = own.home.position - _ASIDE * back / np.linalg.norm(back)
    here = hand.commanded.position
    if here[2] < place[2] - 0.06 and np.hypot(*(place - here)[:2]) > 0.02:
        place = np.array([*here[:2], place[2]])
    return straight(motion, hand, Pose(place, own.home.quaternion), own.open)
