"""Where a point in the base frame appears in a camera's image."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
import pinocchio as pin

from vla_ros.data import Array
from vla_ros.geometry import matrix_from_quat
from vla_ros.robots import CameraSpec, RobotSpec


@dataclass(frozen=True)
class Pinhole:
    """A camera fixed to the base or to the tcp; image coordinates are in -1..1, right and down."""

    name: str
    rotation: Array  # (3, 3): columns are right, down, forward in the frame it is fixed to
    position: Array  # (3,) m, in that frame
    tangent: float  # of half the field of view (square image)
    moves: bool  # fixed to the tcp, not to the base

    def project(self, points: NDArray, states: NDArray) -> Array:
        """Return (n, k, 2) image coordinates of points (n, k, 3), NaN behind the camera."""
        local = np.asarray(points, np.float64)
        if self.moves:
            rotations = np.stack([matrix_from_quat(q) for q in states[:, 3:7].astype(float)])
            local = np.einsum('nji,nkj->nki', rotations, local - states[:, None, :3])
        local = (local - self.position) @ self.rotation
        depth = np.where(local[..., 2:] > 0.01, local[..., 2:], np.nan)
        return local[..., :2] / depth / self.tangent


def pinhole(robot: RobotSpec, camera: CameraSpec) -> Pinhole:
    """Return the pinhole model of a robot's camera, relative to the base or the tcp."""
    forward = np.subtract(camera.look_at, camera.position)
    forward /= np.linalg.norm(forward)
    right = np.cross(forward, camera.up)
    right /= np.linalg.norm(right)
    rotation = np.stack([right, np.cross(forward, right), forward], axis=1)
    position = np.array(camera.position, np.float64)
    moves = camera.frame != robot.base_frame
    if moves:
        placement = _to_tcp(robot, camera.frame)
        rotation = placement.rotation @ rotation
        position = placement.act(position)
    return Pinhole(camera.name, rotation, position, float(np.tan(camera.fov_y / 2)), moves)


def _to_tcp(robot: RobotSpec, frame: str) -> pin.SE3:
    model = pin.buildModelFromUrdf(str(robot.urdf_path))
    data = model.createData()
    pin.framesForwardKinematics(model, data, pin.neutral(model))
    tcp = data.oMf[model.getFrameId(robot.ee_frame)]
    return tcp.inverse() * data.oMf[model.getFrameId(frame)]
