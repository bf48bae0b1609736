"""What the action head is told, in comfortable units; all in the frames of the arms."""

import torch
from torch import Tensor

from vla_ros.tabletop.pocket.layers import rotation


LINE = 5 + 2 * 6 + 6  # numbers that `line` returns
SENSED = 24  # numbers that `proprioception` returns
SCALES = 9  # numbers that `scales` returns


def proprioception(state: Tensor, gripper_open: float) -> Tensor:
    """Return states (..., 16) of arms that open so many m in comfortable units, (..., SENSED)."""
    lag = state[..., :3] - state[..., 8:11]
    middle = state.new_tensor([0.0, 0.0, 0.1])
    parts = [
        (state[..., :3] - middle) * 4,
        torch.tanh(state[..., 2:3] / 0.02 - 2.0),
        torch.tanh(state[..., 2:3] / 0.05 - 2.0),
        _columns(state[..., 3:7]),
        _columns(state[..., 11:15]),
        lag * 20,
        state[..., 7:8] / gripper_open,
        state[..., 15:16] / gripper_open,
        torch.tanh((state[..., 7:8] - state[..., 15:16]) / 0.01),
        torch.ones_like(lag[..., :1]),
    ]
    return torch.cat(parts, -1)


def scales(offset: Tensor) -> Tensor:
    """Return a distance (..., 3) m at three resolutions: millimetres matter at the end only."""
    parts = [torch.tanh(offset / 0.02), torch.tanh(offset / 0.1), offset / 0.3]
    return torch.cat(parts, -1)


def line(slot: Tensor, state: Tensor) -> Tensor:
    """Return where hands (..., 16) are along and beside the line from object to target.

    `slot` (..., 2, 3) m are both. A push is a matter of direction, and dividing by a length is
    hard to learn. Returns (..., LINE).
    """
    way = slot[..., 1, :2] - slot[..., 0, :2]
    length = way.square().sum(-1, keepdim=True).add(1e-6).sqrt()
    ahead = way / length
    side = torch.stack([-ahead[..., 1], ahead[..., 0]], -1)
    parts = [ahead, torch.tanh(length / 0.03), torch.tanh(length / 0.1), length / 0.3]
    for place in (state[..., :2], state[..., 8:10]):
        here = place - slot[..., 0, :2]
        along = (here * ahead).sum(-1, keepdim=True)
        off = (here * side).sum(-1, keepdim=True)
        parts += [torch.tanh(along / 0.02), torch.tanh(along / 0.1)]
        parts += [torch.tanh((along + 0.05) / 0.02)]
        parts += [torch.tanh(off / 0.01), torch.tanh(off / 0.03), torch.tanh(off / 0.1)]
    # The same across the line, in the axes in which the actions are.
    start = slot[..., 0, :2] - 0.065 * ahead - state[..., 8:10]
    parts += [torch.tanh(start / 0.02), torch.tanh(start / 0.1), side * off / 0.1]
    return torch.cat(parts, -1)


def clock(age: Tensor) -> Tensor:
    """Return ages (n,) s of latents in comfortable units, (n, 3)."""
    return torch.stack([age, torch.tanh(age), torch.exp(-age / 0.3)], -1)


def _columns(quaternion: Tensor) -> Tensor:
    """Return two rows (..., 6) of the rotation matrices of quaternions (..., 4)."""
    matrix = rotation(quaternion.flatten(0, -2))
    return matrix[:, :2].flatten(1).reshape(*quaternion.shape[:-1], 6)
