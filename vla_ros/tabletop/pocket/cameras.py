"""Where a point in the arms' base frame appears in a camera's image."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
import pinocchio as pin

from vla_ros.core.config import require
from vla_ros.core.data import Array
from vla_ros.core.rotations import matrix_from_quat, quat_from_rotvec
from vla_ros.robots import CameraSpec
from vla_ros.robots.model import frame_id
from vla_ros.robots.mount import carriers
from vla_ros.robots.robot import Robot
from vla_ros.tabletop.pocket.contract import POSE, STATE


FIXED = -1


@dataclass(frozen=True)
class Link:
    """A joint between the arms' base frame and a camera."""

    rotation: Array  # (3, 3), of the joint's frame in the one before, at zero
    position: Array  # (3,) m, likewise
    axis: Array  # (3,) in the joint's frame
    index: int  # of its measured position, rad, in a state


@dataclass(frozen=True)
class Pinhole:
    """A camera on the base, on a tcp or on a head; image coordinates in -1..1, right and down."""

    name: str
    rotation: Array  # (3, 3): columns are right, down, forward in the frame it is fixed to
    position: Array  # (3,) m, in that frame
    tangent: float  # of half the field of view (square image)
    arm: int  # number of the arm whose tcp it is fixed to; FIXED: no arm's
    links: tuple[Link, ...] = ()  # that carry it, if no arm does; else it is fixed to the base

    def poses(self, states: NDArray) -> tuple[Array, Array]:
        """Return rotations (n, 3, 3) and origins (n, 3) m of what it is fixed to, at states."""
        if self.arm != FIXED:
            pose = states[:, STATE * self.arm : STATE * self.arm + POSE].astype(float)
            return np.stack([matrix_from_quat(q) for q in pose[:, 3:]]), pose[:, :3]
        n = len(states)
        rotations, origins = np.tile(np.eye(3), (n, 1, 1)), np.zeros((n, 3))
        for link in self.links:
            origins = origins + rotations @ link.position
            angles = states[:, link.index].astype(float)
            turns = [matrix_from_quat(quat_from_rotvec(angle * link.axis)) for angle in angles]
            rotations = rotations @ link.rotation @ np.stack(turns)
        return rotations, origins

    def project(self, points: NDArray, states: NDArray) -> Array:
        """Return (n, k, 2) image coordinates of points (n, k, 3), NaN behind the camera."""
        rotations, origins = self.poses(states)
        local = np.asarray(points, np.float64) - origins[:, None]
        local = (np.einsum('nji,nkj->nki', rotations, local) - self.position) @ self.rotation
        depth = np.where(local[..., 2:] > 0.01, local[..., 2:], np.nan)
        return local[..., :2] / depth / self.tangent


def pinhole(robot: Robot, camera: CameraSpec) -> Pinhole:
    """Return the pinhole model of a robot's camera."""
    forward = np.subtract(camera.look_at, camera.position)
    forward /= np.linalg.norm(forward)
    right = np.cross(forward, camera.up)
    right /= np.linalg.norm(right)
    rotation = np.stack([right, np.cross(forward, right), forward], axis=1)
    position = np.array(camera.position, np.float64)
    model = pin.buildModelFromUrdf(str(robot.urdf_path))
    base, frame = frame_id(model, robot.arms[0].base_frame), frame_id(model, camera.frame)
    arm = next((i for i in carriers(robot, camera.frame) if i < len(robot.arms)), FIXED)
    links: tuple[Link, ...] = ()
    if arm == FIXED:
        links, placement = _chain(robot, model, base, frame)
    else:
        tcp = frame_id(model, robot.arms[arm].ee_frame)
        placement = model.frames[tcp].placement.inverse() * model.frames[frame].placement
    rotation, position = placement.rotation @ rotation, placement.act(position)
    tangent = float(np.tan(camera.fov_y / 2))
    return Pinhole(camera.name, rotation, position, tangent, arm, links)


def _chain(
    robot: Robot, model: pin.Model, base: int, frame: int
) -> tuple[tuple[Link, ...], pin.SE3]:
    """Return the joints from one frame to another, and where this is after the last of them.

    Raises:
        ValueError: one of them is of no posture of the robot.
    """
    start, end = model.frames[base], model.frames[frame]
    before, every = list(model.supports[start.parentJoint]), list(model.supports[end.parentJoint])
    require(every[: len(before)] == before, f'{end.name}: expected it beyond {start.name}')
    known, links = _indices(robot), []
    placement = start.placement.inverse()
    data = model.createData()
    pin.computeJointJacobians(model, data, pin.neutral(model))
    for joint in every[len(before) :]:
        name = model.names[joint]
        require(name in known, f'{end.name}: its joint {name!r} is none of {sorted(known)}')
        placement = placement * model.jointPlacements[joint]
        column = data.J[3:, model.joints[joint].idx_v]
        axis = data.oMi[joint].rotation.T @ column
        links.append(Link(placement.rotation, placement.translation, axis, known[name]))
        placement = pin.SE3.Identity()
    return tuple(links), placement * end.placement


def _indices(robot: Robot) -> dict[str, int]:
    """Return where in a state the measured positions of postures are, by joint."""
    result: dict[str, int] = {}
    start = 0
    for limb in robot.limbs:
        if limb.kind == 'joint_group':
            result |= {name: start + i for i, name in enumerate(limb.joint_names)}
        start += 2 * len(limb.channels)
    return result
