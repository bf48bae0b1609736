"""Where torso and head turn so that a thing is within reach, and in the middle of the picture."""

import math

import numpy as np

from vla_ros.core.data import Array, Pose
from vla_ros.core.rotations import matrix_from_quat
from vla_ros.tabletop.world.config import BodyConfig
from vla_ros.tabletop.world.torso import Chain, Torso


def from_base(trunk: Torso, place: Array) -> Array:
    """Return a place as seen from the base (2,) m: ahead, to the left."""
    x, y, yaw = trunk.base
    c, s = math.cos(yaw), math.sin(yaw)
    ahead, left = place[0] - x, place[1] - y
    return np.array([c * ahead + s * left, c * left - s * ahead])


def leaning(own: BodyConfig, torso: Chain, place: Array, side: float) -> Array:
    """Return the joints (n,) of a torso that bring a place within the reach of a hand.

    The place (2,) m is as seen from the base, the side 1 of the left hand, -1 of the right one, 0
    of both.
    """
    away = math.hypot(*place)
    close = min(1.0, max(0.0, (own.far + 0.2 - away) / 0.2))
    beside = math.atan2(place[1], place[0]) - side * own.beside
    turn = close * beside * np.array(own.bearing)
    result: Array = torso.home + turn + close * (away - own.near) * np.array(own.lean)
    return result


def facing(head: Chain, eye: Pose, thing: Array) -> Array:
    """Return the joints (2,) rad of the head that bring a thing into the middle of its picture."""
    joints = head.position.copy()
    for _ in range(6):
        error = _in_picture(head, eye, thing, joints)
        slope = np.stack(
            [
                (_in_picture(head, eye, thing, joints + step) - error) / 1e-4
                for step in 1e-4 * np.eye(len(joints))
            ],
            axis=1,
        )
        move = np.linalg.lstsq(slope, -error, rcond=None)[0]
        joints = np.clip(joints + np.clip(move, -0.4, 0.4), head.lower, head.upper)
    return joints


def _in_picture(head: Chain, eye: Pose, thing: Array, joints: Array) -> Array:
    """Return where a thing is in the picture (2,), as angles about its middle."""
    there = head.carry(eye, joints)
    x, y, z = matrix_from_quat(there.quaternion).T @ (thing - there.position)
    return np.array([math.atan2(x, z), math.atan2(y, z)])
