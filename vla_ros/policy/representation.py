"""What the expert's numbers mean: deltas from the commanded pose <-> absolute actions.

A relative action is (7,): translation (m) and rotation vector (rad), both in the base frame and
from the pose that was commanded at the observation, and the opening as a fraction 0..1. An
absolute one is (8,): xyz (m), quaternion xyzw and the opening (m). All functions take (..., n).
Commanded, not measured: the arm lags, and a delta from the lagging pose would drift.
"""

import numpy as np
from numpy.typing import NDArray

from vla_ros.data import Array


COMMANDED = slice(8, 15)  # of RobotState.vector(): the commanded position and quaternion


def absolute_actions(relative: NDArray, state: NDArray, gripper_open: float) -> Array:
    """Return absolute actions (..., 8) for relative ones (..., 7) and one state (16,)."""
    relative = np.asarray(relative, np.float64)
    position, quaternion = _commanded(state)
    result = np.empty((*relative.shape[:-1], 8))
    result[..., :3] = relative[..., :3] + position
    result[..., 3:7] = _multiply(_exp(relative[..., 3:6]), quaternion)
    result[..., 7] = np.clip(relative[..., 6], 0.0, 1.0) * gripper_open
    return result


def relative_actions(absolute: NDArray, state: NDArray, gripper_open: float) -> Array:
    """Return relative actions (..., 7) for absolute ones (..., 8) and states (..., 16)."""
    absolute = np.asarray(absolute, np.float64)
    position, quaternion = _commanded(state)
    inverse = quaternion * np.array([-1.0, -1.0, -1.0, 1.0])
    result = np.empty((*absolute.shape[:-1], 7))
    result[..., :3] = absolute[..., :3] - position
    result[..., 3:6] = _log(_multiply(absolute[..., 3:7], inverse))
    result[..., 6] = absolute[..., 7] / gripper_open
    return result


def _commanded(state: NDArray) -> tuple[Array, Array]:
    commanded = np.asarray(state, np.float64)[..., COMMANDED]
    quaternion = commanded[..., 3:]
    return commanded[..., :3], quaternion / np.linalg.norm(quaternion, axis=-1, keepdims=True)


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
