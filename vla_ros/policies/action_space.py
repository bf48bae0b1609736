"""What the expert's numbers mean: differences from what is commanded <-> absolute actions.

Of an arm a relative action is (7,): translation (m) and rotation vector (rad), both in the base
frame and from the pose that was commanded at the observation, and the opening as a fraction 0..1;
an absolute one is (8,): xyz (m), quaternion xyzw and the opening (m). Joints of postures are
relative to what was commanded, too (rad); twists of a drive are what they are. `parts` are those
of the robot's channels, see `channels.py`. All functions take (..., n).
Commanded, not measured: the arm lags, and a delta from the lagging pose would drift.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from vla_ros.core.data import Array
from vla_ros.policies.channels import Part


def absolute_actions(
    relative: NDArray, state: NDArray, gripper_open: float, parts: Sequence[Part]
) -> Array:
    """Return absolute actions for relative ones and one state."""
    relative, state = np.asarray(relative, np.float64), np.asarray(state, np.float64)
    result = np.empty((*relative.shape[:-1], parts[-1].absolute.stop))
    for part in parts:
        own, commanded = relative[..., part.relative], state[..., part.commanded]
        result[..., part.absolute] = (
            _absolute_pose(own, commanded, gripper_open)
            if part.kind == 'arm'
            else own + (commanded if part.kind == 'joint_group' else 0.0)
        )
    return result


def relative_actions(
    absolute: NDArray, state: NDArray, gripper_open: float, parts: Sequence[Part]
) -> Array:
    """Return relative actions for absolute ones and their states."""
    absolute, state = np.asarray(absolute, np.float64), np.asarray(state, np.float64)
    result = np.empty((*absolute.shape[:-1], parts[-1].relative.stop))
    for part in parts:
        own, commanded = absolute[..., part.absolute], state[..., part.commanded]
        result[..., part.relative] = (
            _relative_pose(own, commanded, gripper_open)
            if part.kind == 'arm'
            else own - (commanded if part.kind == 'joint_group' else 0.0)
        )
    return result


def _absolute_pose(relative: Array, commanded: Array, gripper_open: float) -> Array:
    result = np.empty((*relative.shape[:-1], 8))
    result[..., :3] = relative[..., :3] + commanded[..., :3]
    result[..., 3:7] = _multiply(_exp(relative[..., 3:6]), _unit(commanded))
    result[..., 7] = np.clip(relative[..., 6], 0.0, 1.0) * gripper_open
    return result


def _relative_pose(absolute: Array, commanded: Array, gripper_open: float) -> Array:
    inverse = _unit(commanded) * np.array([-1.0, -1.0, -1.0, 1.0])
    result = np.empty((*absolute.shape[:-1], 7))
    result[..., :3] = absolute[..., :3] - commanded[..., :3]
    result[..., 3:6] = _log(_multiply(absolute[..., 3:7], inverse))
    result[..., 6] = absolute[..., 7] / gripper_open
    return result


def _unit(pose: Array) -> Array:
    quaternion = pose[..., 3:7]
    result: Array = quaternion / np.linalg.norm(quaternion, axis=-1, keepdims=True)
    return result


def _multiply(a: Array, b: Array) -> Array:
    av, aw, bv, bw = a[..., :3], a[..., 3:], b[..., :3], b[..., 3:]
    vector = aw * bv + bw * av + np.cross(av, bv)
    scalar = aw * bw - np.sum(av * bv, axis=-1, keepdims=True)
    return np.concatenate([vector, scalar], axis=-1)


def _exp(rotvec: Array) -> Array:
    angle = np.linalg.norm(rotvec, axis=-1, keepdims=True)
    # np.sinc(x) is sin(pi x) / (pi x), and is exact at zero.
    vector = rotvec * 0.5 * np.sinc(angle / (2 * np.pi))
    return np.concatenate([vector, np.cos(angle / 2)], axis=-1)


def _log(quaternion: Array) -> Array:
    q = np.where(quaternion[..., 3:] < 0, -quaternion, quaternion)
    norm = np.linalg.norm(q[..., :3], axis=-1, keepdims=True)
    angle = 2.0 * np.arctan2(norm, q[..., 3:])
    return q[..., :3] * np.where(norm < 1e-9, 2.0, angle / np.maximum(norm, 1e-9))
