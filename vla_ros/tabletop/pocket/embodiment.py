"""Embodiment: what the nets are told about a robot, so that the same weights serve any.

Arms are told everything in frames of their own, in which each stands as a robot of one arm does:
x away from its base, the middle of its reach at 0, 0, what it must not go below at z = 0.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from vla_ros.core.config import require
from vla_ros.core.data import Array
from vla_ros.policies import ActionSpace
from vla_ros.policies.features import state_names
from vla_ros.robots.model import RobotModel
from vla_ros.robots.robot import Robot
from vla_ros.robots.spec import ArmSpec
from vla_ros.tabletop.pocket.cameras import FIXED, Pinhole, pinhole
from vla_ros.tabletop.pocket.contract import POSE, STATE
from vla_ros.tabletop.pocket.layers import rotation


MAX_ARMS = 2


class Eye(NamedTuple):
    """Where a camera is in the base frame."""

    rotation: Tensor  # (n or 1, 3, 3): columns are right, down, forward
    origin: Tensor  # (n or 1, 3) m
    tangent: float  # of half the field of view


@dataclass(frozen=True)
class Embodiment:
    """A robot with one camera that no arm carries, and one on each hand.

    What moves besides its arms, postures and drives, is its rest.
    """

    name: str
    families: tuple[str, ...]
    far: Pinhole
    near: tuple[Pinhole, ...]  # of each arm
    turns: Array  # (arms,) rad about z, from the base's axes to those of each arm
    centres: Array  # (arms, 3) m, origin of each arm's frame, base axes
    action_space: ActionSpace  # what the nets' numbers mean
    sensed: tuple[str, ...]  # names of the numbers of its state
    gripper_open: float  # m, of all hands
    rows: tuple[int, ...]  # which of the families that a net knows are its own
    number: int = 0  # which of the robots that a net serves it is

    @property
    def channels(self) -> tuple[str, ...]:
        """Names of what moves, as chunks carry it."""
        return self.action_space.channels

    @property
    def arms(self) -> int:
        """Number of arms."""
        return len(self.near)

    @property
    def cameras(self) -> tuple[str, ...]:
        """Names, as inputs of the nets and in policies are in order."""
        return (self.far.name, *(camera.name for camera in self.near))

    @property
    def rest(self) -> int:
        """Number of channels besides those of arms."""
        return self.action_space.width - POSE * self.arms

    def rests(self, state: Tensor) -> Tensor:
        """Return what is measured and commanded of the rest (n, 2 rest)."""
        return state[:, STATE * self.arms :]

    @cached_property
    def centre(self) -> Tensor:
        """Middle (3,) m of what is reached, 0.1 m above what no hand goes below."""
        return _tensor(self.centres.mean(0) + [0.0, 0.0, 0.1])

    @cached_property
    def floor(self) -> float:
        """Height below which no hand goes, m."""
        return float(self.centres[:, 2].min())

    @cached_property
    def _turns(self) -> Tensor:
        """(arms, 3, 3), from base axes to each arm's."""
        c, s, zero = np.cos(self.turns), np.sin(self.turns), np.zeros(self.arms)
        rows = np.stack([c, s, zero, -s, c, zero, zero, zero, zero + 1], -1)
        return _tensor(rows.reshape(-1, 3, 3))

    @cached_property
    def _half(self) -> Tensor:
        """Sine and cosine (2, arms) of half the turn from base axes to each arm's."""
        half = -0.5 * self.turns
        return _tensor(np.stack([np.sin(half), np.cos(half)]))

    @cached_property
    def _centres(self) -> Tensor:
        return _tensor(self.centres)

    def eye(self, camera: Pinhole, state: Tensor) -> Eye:
        """Return where a camera is, at states (n, 2 per channel)."""
        own, place = _tensor(camera.rotation), _tensor(camera.position)
        if camera.arm == FIXED:
            turn, origin = torch.eye(3)[None], torch.zeros(1, 3)
            for link in camera.links:
                origin = origin + torch.matmul(turn, _tensor(link.position))
                half = 0.5 * state[:, link.index, None]
                about = torch.cat([torch.sin(half) * _tensor(link.axis), torch.cos(half)], -1)
                turn = torch.matmul(torch.matmul(turn, _tensor(link.rotation)), rotation(about))
        else:
            ee = state[:, STATE * camera.arm :]
            turn, origin = rotation(ee[:, 3:7]), ee[:, :3]
        place = torch.matmul(turn, place) + origin
        return Eye(torch.matmul(turn, own), place, camera.tangent)

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

    def own(self, actions: Tensor) -> Tensor:
        """Return what arms do (n, arms, H, 7), in their axes, of actions (n, H, C)."""
        arms = actions[..., : POSE * self.arms].unflatten(-1, (self.arms, POSE)).transpose(1, 2)
        back = self._turns.transpose(1, 2)
        moves = [torch.matmul(arms[..., i : i + 3], back) for i in (0, 3)]
        return torch.cat([*moves, arms[..., 6:]], -1)


class Moment(NamedTuple):
    """A robot at n moments, as the nets are told of it."""

    body: Embodiment
    mark: Tensor  # (B,) what tells it from other robots
    state: Tensor  # (n, 2 per channel)


def embody_all(robots: Sequence[Robot]) -> tuple[Embodiment, ...]:
    """Return what a net that serves several robots is told about each; see `embody`."""
    families = all_families(robots)
    bodies = [embody(robot) for robot in robots]
    return tuple(
        replace(body, number=i, rows=tuple(families.index(name) for name in body.families))
        for i, body in enumerate(bodies)
    )


def all_families(robots: Sequence[Robot] | Sequence[Embodiment]) -> tuple[str, ...]:
    """Return the families of several robots, each once, in order."""
    every = [r.families if isinstance(r, Embodiment) else r.tasks for r in robots]
    return tuple(dict.fromkeys(name for families in every for name in families))


def embody(robot: Robot) -> Embodiment:
    """Return what nets are told about a robot.

    Raises:
        ValueError: it has no tasks, or not one camera that no arm carries and one on each hand.
    """
    require(bool(robot.tasks), f'{robot.name} has no tasks; see `tasks` in its YAML')
    cameras = [pinhole(robot, camera) for camera in robot.cameras]
    far = [camera for camera in cameras if camera.arm == FIXED]
    near = sorted((c for c in cameras if c.arm != FIXED), key=lambda camera: camera.arm)
    arms = len(robot.arms)
    carried = [camera.arm for camera in near] == list(range(arms))
    require(
        len(far) == 1 and carried,
        f'{robot.name}: cameras: expected one that no arm carries and one on each of {arms} '
        f'hands, got {[camera.name for camera in robot.cameras]}',
    )
    openings = {limb.gripper.open for limb in robot.arms}
    require(len(openings) == 1, f'{robot.name}: expected hands that open alike, got {openings}')
    opening = openings.pop()
    homes = [_home(limb) for limb in robot.arms]
    return Embodiment(
        name=robot.name,
        families=robot.tasks,
        action_space=ActionSpace.commanded(robot, opening),
        sensed=state_names(robot),
        far=far[0],
        near=tuple(near),
        turns=np.array([turn for turn, _ in homes]),
        centres=np.array([centre for _, centre in homes]),
        gripper_open=opening,
        rows=tuple(range(len(robot.tasks))),
    )


def _tensor(array: Array) -> Tensor:
    return torch.tensor(array, dtype=torch.float32)


def _home(limb: ArmSpec) -> tuple[float, Array]:
    """Return where an arm's frame is: turned (rad) as its hand is at home, under it (3,) m."""
    model = RobotModel(limb)
    model.update(limb.home, np.zeros(limb.n))
    ahead = model.rotation[:, 0]
    centre = np.array([*model.position[:2], limb.cartesian.lower[2]])
    return float(np.arctan2(ahead[1], ahead[0])), centre
