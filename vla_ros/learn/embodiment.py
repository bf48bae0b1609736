"""Embodiment: what the nets are told about a robot, so that the same weights serve any.

Arms are told everything in frames of their own, in which each stands as a robot of one arm does:
x away from its base, the middle of its reach at 0, 0, what it must not go below at z = 0.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from vla_ros.config import require
from vla_ros.data import Array
from vla_ros.learn.cameras import FIXED, STATE, Pinhole, pinhole
from vla_ros.learn.layers import rotation
from vla_ros.robots.body import Robot
from vla_ros.robots.model import RobotModel
from vla_ros.robots.spec import RobotSpec


MAX_ARMS = 2


class Eye(NamedTuple):
    """Where a camera is in the base frame."""

    rotation: Tensor  # (n or 1, 3, 3): columns are right, down, forward
    origin: Tensor  # (n or 1, 3) m
    tangent: float  # of half the field of view


@dataclass(frozen=True)
class Embodiment:
    """A robot with one camera that no arm carries, and one on each hand."""

    name: str
    families: tuple[str, ...]
    channels: tuple[str, ...]
    far: Pinhole
    near: tuple[Pinhole, ...]  # of each arm
    turns: Array  # (arms,) rad about z, from the base's axes to those of each arm
    centres: Array  # (arms, 3) m, origin of each arm's frame, base axes
    gripper_open: float  # m, of all hands
    number: int = 0  # which of the robots it is that a net serves

    @property
    def arms(self) -> int:
        """Number of arms."""
        return len(self.near)

    @property
    def cameras(self) -> tuple[str, ...]:
        """Names, as inputs of the nets and in policies are in order."""
        return (self.far.name, *(camera.name for camera in self.near))

    @cached_property
    def centre(self) -> Tensor:
        """Middle (3,) m of what is reached, 0.1 m above what no hand goes below."""
        return torch.tensor(self.centres.mean(0) + [0.0, 0.0, 0.1], dtype=torch.float32)

    @cached_property
    def floor(self) -> float:
        """Height below which no hand goes, m."""
        return float(self.centres[:, 2].min())

    @cached_property
    def _turns(self) -> Tensor:
        """(arms, 3, 3), from base axes to each arm's."""
        c, s, zero = np.cos(self.turns), np.sin(self.turns), np.zeros(self.arms)
        rows = np.stack([c, s, zero, -s, c, zero, zero, zero, zero + 1], -1)
        return torch.tensor(rows.reshape(-1, 3, 3), dtype=torch.float32)

    @cached_property
    def _half(self) -> Tensor:
        """Sine and cosine (2, arms) of half the turn from base axes to each arm's."""
        half = -0.5 * self.turns
        return torch.tensor(np.stack([np.sin(half), np.cos(half)]), dtype=torch.float32)

    @cached_property
    def _centres(self) -> Tensor:
        return torch.tensor(self.centres, dtype=torch.float32)

    def eye(self, camera: Pinhole, state: Tensor) -> Eye:
        """Return where a camera is, at states (n, 16 per arm)."""
        own = torch.tensor(camera.rotation, dtype=torch.float32)
        place = torch.tensor(camera.position, dtype=torch.float32)
        if camera.arm == FIXED:
            return Eye(own[None], place[None], camera.tangent)
        ee = state[:, STATE * camera.arm :]
        turn = rotation(ee[:, 3:7])
        return Eye(torch.matmul(turn, own), torch.matmul(turn, place) + ee[:, :3], camera.tangent)

    def heights(self, state: Tensor) -> Tensor:
        """Return how high each hand is (n, arms), m."""
        return torch.stack([state[:, STATE * i + 2] for i in range(self.arms)], 1) - self.floor

    def points(self, points: Tensor) -> Tensor:
        """Return points (n, arms, k, 3) m of the base frame in the frame of each arm."""
        moved = points - self._centres[:, None]
        return torch.matmul(moved, self._turns.transpose(1, 2))

    def states(self, state: Tensor, others: bool = False) -> Tensor:
        """Return each arm's state (n, arms, 16) in its frame; with `others`, the other arm's."""
        parts = state[:, : STATE * self.arms].reshape(-1, self.arms, STATE)
        if others:
            parts = parts.flip(1)
        moved = []
        for start in (0, 8):
            pose = parts[..., start : start + 8]
            place = self.points(pose[..., None, :3])[..., 0, :]
            moved += [place, self._turned(pose[..., 3:7]), pose[..., 7:]]
        return torch.cat(moved, -1)

    def _turned(self, quaternion: Tensor) -> Tensor:
        """Return rotations (n, arms, 4) xyzw of the base frame in the frame of each arm."""
        s, c = self._half
        x, y, z, w = quaternion.unbind(-1)
        return torch.stack([c * x - s * y, c * y + s * x, c * z + s * w, c * w - s * z], -1)

    def actions(self, own: Tensor) -> Tensor:
        """Return relative actions (n, H, 7 per arm) in base axes of (n, arms, H, 7) in the arms'.

        Both are differences, so that only the axes matter.
        """
        moves = [torch.matmul(own[..., i : i + 3], self._turns) for i in (0, 3)]
        every = torch.cat([*moves, own[..., 6:]], -1)
        return every.transpose(1, 2).flatten(2)


def embody(robot: Robot, number: int = 0) -> Embodiment:
    """Return what nets are told about a robot.

    Raises:
        ValueError: it has no tasks, or not one camera that no arm carries and one on each hand.
    """
    require(bool(robot.tasks), f'{robot.name} has no tasks; see `tasks` in its YAML')
    cameras = [pinhole(robot, camera) for camera in robot.cameras]
    far = [camera for camera in cameras if camera.arm == FIXED]
    near = sorted((c for c in cameras if c.arm != FIXED), key=lambda camera: camera.arm)
    arms = len(robot.limbs)
    carried = [camera.arm for camera in near] == list(range(arms))
    require(
        len(far) == 1 and carried,
        f'{robot.name}: cameras: expected one that no arm carries and one on each of {arms} '
        f'hands, got {[camera.name for camera in robot.cameras]}',
    )
    openings = {limb.gripper.open for limb in robot.limbs}
    require(len(openings) == 1, f'{robot.name}: expected hands that open alike, got {openings}')
    homes = [_home(limb) for limb in robot.limbs]
    return Embodiment(
        name=robot.name,
        families=robot.tasks,
        channels=robot.channels,
        far=far[0],
        near=tuple(near),
        turns=np.array([turn for turn, _ in homes]),
        centres=np.array([centre for _, centre in homes]),
        gripper_open=openings.pop(),
        number=number,
    )


def _home(limb: RobotSpec) -> tuple[float, Array]:
    """Return where an arm's frame is: turned (rad) as its hand is at home, under it (3,) m."""
    model = RobotModel(limb)
    model.update(limb.home, np.zeros(limb.n))
    ahead = model.rotation[:, 0]
    centre = np.array([*model.position[:2], limb.cartesian.lower[2]])
    return float(np.arctan2(ahead[1], ahead[0])), centre
