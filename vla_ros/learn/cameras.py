"""Where a point in the arms' base frame appears in a camera's image."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
import pinocchio as pin

from vla_ros.data import Array
from vla_ros.geometry import matrix_from_quat
from vla_ros.robots import CameraSpec
from vla_ros.robots.body import Robot


STATE = 16  # numbers of an arm in a state
FIXED = -1


@dataclass(frozen=True)
class Pinhole:
    """A camera fixed to the base or to a tcp; image coordinates are in -1..1, right and down."""

    name: str
    rotation: Array  # (3, 3): columns are right, down, forward in the frame it is fixed to
    position: Array  # (3,) m, in that frame
    tangent: float  # of half the field of view (square image)
    arm: int  # number of the arm whose tcp it is fixed to; FIXED: to the base

    def project(self, points: NDArray, states: NDArray) -> Array:
        """Return (n, k, 2) image coordinates of points (n, k, 3), NaN behind the camera."""
        local = np.asarray(points, np.float64)
        if self.arm != FIXED:
            pose = states[:, STATE * self.arm : STATE * self.arm + 7].astype(float)
            rotations = np.stack([matrix_from_quat(q) for q in pose[:, 3:]])
            local = np.einsum('nji,nkj->nki', rotations, local - pose[:, None, :3])
        local = (local - self.position) @ self.rotation
        depth = np.where(local[..., 2:] > 0.01, local[..., 2:], np.nan)
        return local[..., :2] / depth / self.tangent


def pinhole(robot: Robot, camera: CameraSpec) -> Pinhole:
    """Return the pinhole model of a robot's camera, relative to the base or to a tcp."""
    forward = np.subtract(camera.look_at, camera.position)
    forward /= np.linalg.norm(forward)
    right = np.cross(forward, camera.up)
    right /= np.linalg.norm(right)
    rotation = np.stack([right, np.cross(forward, right), forward], axis=1)
    position = np.array(camera.position, np.float64)
    arm = _carrier(robot, camera.frame)
    limb = robot.limbs[max(arm, 0)]
    placement = _relative(robot, limb.base_frame if arm == FIXED else limb.ee_frame, camera.frame)
    rotation, position = placement.rotation @ rotation, placement.act(position)
    return Pinhole(camera.name, rotation, position, float(np.tan(camera.fov_y / 2)), arm)


def _carrier(robot: Robot, frame: str) -> int:
    """Return the number of the arm that carries a frame; FIXED where none does."""
    model = pin.buildModelFromUrdf(str(robot.urdf_path))
    joint = model.frames[_frame(model, robot, frame)].parentJoint
    moved_by = {model.names[i] for i in model.supports[joint]}
    for number, limb in enumerate(robot.limbs):
        if moved_by & set(limb.joint_names):
            return number
    return FIXED


def _relative(robot: Robot, start: str, frame: str) -> pin.SE3:
    model = pin.buildModelFromUrdf(str(robot.urdf_path))
    data = model.createData()
    pin.framesForwardKinematics(model, data, pin.neutral(model))
    first, second = (data.oMf[_frame(model, robot, name)] for name in (start, frame))
    return first.inverse() * second


def _frame(model: pin.Model, robot: Robot, name: str) -> int:
    number = model.getFrameId(name)
    if number >= model.nframes:
        raise ValueError(f'{robot.urdf}: no frame {name!r}')
    return int(number)
