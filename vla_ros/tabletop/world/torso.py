"""What carries the arms: torso, head and base, as only the simulation knows them."""

from dataclasses import dataclass

import numpy as np

from vla_ros.core.data import Array, Pose
from vla_ros.core.rotations import (
    matrix_from_quat,
    quat_conjugate,
    quat_from_matrix,
    quat_from_rotvec,
    quat_multiply,
)


@dataclass(frozen=True)
class Chain:
    """A joint group: its joints, and what becomes of the things that they carry.

    Axes and anchors are those of the joints as they are, in the frame of WorldState.
    """

    name: str  # of the limb
    position: Array  # (n,) rad, measured
    commanded: Array  # (n,) rad
    home: Array  # (n,) rad
    lower: Array  # (n,) rad
    upper: Array  # (n,) rad
    axes: Array  # (n, 3)
    anchors: Array  # (n, 3) m

    def carry(self, pose: Pose, joints: Array) -> Pose:
        """Return where a pose goes that the chain carries, with its joints at (n,) rad.

        The product of exponentials (Lynch and Park, "Modern Robotics", 2017, 4.1), begun at the
        joints as they are.
        """
        place, turn = pose.position, pose.quaternion
        angles = joints - self.position
        for axis, anchor, angle in reversed(
            list(zip(self.axes, self.anchors, angles, strict=True))
        ):
            about = quat_from_rotvec(angle * axis)
            place = anchor + matrix_from_quat(about) @ (place - anchor)
            turn = quat_multiply(about, turn)
        return Pose(place, turn / np.linalg.norm(turn))


@dataclass(frozen=True)
class Wheels:
    """A mobile base; twists are m/s, m/s, rad/s in its own axes."""

    name: str  # of the limb
    twist: Array  # (3,) measured
    commanded: Array  # (3,)


@dataclass(frozen=True)
class Torso:
    """Everything of a body but its arms, in the frame of WorldState."""

    frame: Pose  # base frame of the arms, which commands to them are in
    base: Array  # (3,) x m, y m, yaw rad of the mobile base; zero without one
    eye: Pose  # the camera of the head: z ahead, x to the right of its picture
    view: float  # rad, from the axis of that camera to an edge of its picture
    limbs: tuple[Chain | Wheels, ...]  # those that are no arms, in the spec's order

    def chain(self, name: str) -> Chain:
        """Return a joint group.

        Raises:
            ValueError: there is none of that name; the message lists those there are.
        """
        chains = [limb for limb in self.limbs if isinstance(limb, Chain)]
        for chain in chains:
            if chain.name == name:
                return chain
        raise ValueError(f'joint group: {name!r} is not one of {[chain.name for chain in chains]}')

    def sees(self, place: Array, margin: float = 0.0) -> bool:
        """Whether a place (3,) m is within the head's picture, `margin` rad from its edges."""
        x, y, z = matrix_from_quat(self.eye.quaternion).T @ (place - self.eye.position)
        return bool(z > 0 and max(abs(x), abs(y)) < z * np.tan(self.view - margin))

    def off_centre(self, place: Array) -> float:
        """Return the angle between the head's view and the way to a place (3,) m, rad."""
        way = place - self.eye.position
        ahead = matrix_from_quat(self.eye.quaternion)[:, 2]
        return float(np.arccos(np.clip(way @ ahead / np.linalg.norm(way), -1, 1)))


def within(frame: Pose, pose: Pose) -> Pose:
    """Return a pose as seen in another one."""
    back = quat_conjugate(frame.quaternion)
    place = matrix_from_quat(back) @ (pose.position - frame.position)
    return Pose(place, quat_multiply(back, pose.quaternion))


def outside(frame: Pose, pose: Pose) -> Pose:
    """Return a pose that is given in another one."""
    place = frame.position + matrix_from_quat(frame.quaternion) @ pose.position
    return Pose(place, quat_multiply(frame.quaternion, pose.quaternion))


def pose_of(position: Array, matrix: Array) -> Pose:
    """Return a pose by a position (3,) m and nine numbers of a rotation matrix, row by row."""
    return Pose(position.copy(), quat_from_matrix(matrix.reshape(3, 3)))
