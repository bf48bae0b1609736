"""ActionSpace: what a policy's numbers mean, and their way to what the queue executes and back.

A policy's action is (C,): the numbers of its groups, one after the other. An absolute action is
(A,): of each group in SI units and base frames, as chunks carry it: a pose is xyz (m) and
quaternion xyzw, a gripper its opening (m), joints rad, a twist m/s, m/s, rad/s.

Relative to `commanded` is relative to what was commanded at the observation, and to `measured`
likewise: an arm lags, and a delta from the lagging pose drifts. Relative to `previous` is relative
to the step before, the first to what was commanded. Positions and rotations are differences in
the base frame: p = p0 + dp, R = dR R0. All functions take any leading axes.
"""

from dataclasses import dataclass
from functools import cached_property
import itertools

import numpy as np
from numpy.typing import NDArray

from vla_ros.core.config import require
from vla_ros.core.data import Array, BodyState, RobotState
from vla_ros.policies.group import Group, Unit
from vla_ros.robots.body import Robot
from vla_ros.robots.loading import named_limbs


State = NDArray | RobotState | BodyState
_ARM_STATE = 16  # numbers of an arm in a state: pose and opening, measured, then commanded


class ActionSpaceError(ValueError):
    """A robot cannot do what an action space says, or a state lacks what it is relative to."""


@dataclass(frozen=True)
class ActionSpace:
    """Groups, in the order of a policy's numbers; those of one limb stand together."""

    groups: tuple[Group, ...]

    def __post_init__(self) -> None:
        require(bool(self.groups), 'groups: expected one or more')
        twice = sorted({name for name in self.channels if self.channels.count(name) > 1})
        require(not twice, f'groups: {twice} are given twice')
        limbs = [limb for limb, _ in self._limbs]
        require(len(set(limbs)) == len(limbs), f'groups: those of a limb stand apart in {limbs}')

    @classmethod
    def commanded(cls, robot: Robot, opening: float) -> 'ActionSpace':
        """Return the space of all of a robot, relative to what is commanded.

        Rotations are rotation vectors; grippers are shares of `opening` m.
        """
        groups: list[Group] = []
        for limb, spec in named_limbs(robot):
            if spec.kind == 'arm':
                groups += [
                    Group('pose', limb, (), 'commanded', 'rotation_vector'),
                    Group('gripper', limb, gripper='fraction', open=opening),
                ]
            elif spec.kind == 'joint_group':
                groups.append(Group('joint', limb, tuple(spec.channels), 'commanded'))
            else:
                groups.append(Group('twist', limb))
        return cls(tuple(groups))

    @property
    def width(self) -> int:
        """C: how many numbers an action of the policy has."""
        return sum(group.width for group in self.groups)

    @property
    def units(self) -> tuple[Unit, ...]:
        """What each of them is (C,)."""
        return tuple(name for group in self.groups for name in group.units)

    @cached_property
    def channels(self) -> tuple[str, ...]:
        """Names of the absolute numbers (A,), as chunks carry them."""
        return tuple(name for group in self.groups for name in group.channels)

    @cached_property
    def kinds(self) -> tuple[str, ...]:
        """Kinds of the absolute numbers (A,), as chunks carry them."""
        return tuple(group.kind for group in self.groups for _ in group.channels)

    def check(self, robot: Robot) -> None:
        """Compare with a robot.

        Raises:
            ActionSpaceError: it lacks a limb or a joint, or its chunks hold other channels.
        """
        limbs = dict(named_limbs(robot))
        kinds = {'arm': ('pose', 'gripper'), 'joint_group': ('joint',), 'mobile_base': ('twist',)}
        for group in self.groups:
            spec = limbs.get(group.limb)
            if spec is None:
                raise ActionSpaceError(
                    f'actions: {robot.name} has no limb {group.limb!r}; it has {list(limbs)}'
                )
            if group.kind not in kinds[spec.kind]:
                raise ActionSpaceError(
                    f'actions: {group.limb or robot.name} takes {kinds[spec.kind]}, '
                    f'got {group.kind!r}'
                )
        if self.channels != robot.channels:
            raise ActionSpaceError(
                f'actions: {robot.name} takes the channels {list(robot.channels)}, '
                f'got {list(self.channels)}'
            )

    def absolute(self, actions: NDArray, state: State) -> Array:
        """Return absolute actions (..., A) for those of the policy (..., C).

        `state` is that of the observation: of the robot, or its `vector()` (..., n).

        Raises:
            ActionSpaceError: the state lacks what a group is relative to.
        """
        actions = np.asarray(actions, np.float64)
        origins, start = self._origins(state), 0
        parts = []
        for group, origin in zip(self.groups, origins, strict=True):
            own = actions[..., start : start + group.width]
            parts.append(group.absolute(own, origin))
            start += group.width
        return np.concatenate(parts, -1)

    def relative(self, actions: NDArray, state: State) -> Array:
        """Return the policy's actions (..., C) for absolute ones (..., A); see `absolute`."""
        actions = np.asarray(actions, np.float64)
        origins, start = self._origins(state), 0
        parts = []
        for group, origin in zip(self.groups, origins, strict=True):
            own = actions[..., start : start + len(group.parts)]
            parts.append(group.relative(own, origin))
            start += len(group.parts)
        return np.concatenate(parts, -1)

    @cached_property
    def _limbs(self) -> tuple[tuple[str, tuple[Group, ...]], ...]:
        """The groups of each limb, in order."""
        return tuple(
            (limb, tuple(groups))
            for limb, groups in itertools.groupby(self.groups, lambda group: group.limb)
        )

    def _origins(self, state: State) -> list[Array | None]:
        """Return what each group is relative to, absolute; None where it is to nothing."""
        states: tuple[RobotState, ...] | None = None
        if isinstance(state, RobotState):
            states = (state,)
        elif isinstance(state, BodyState):
            states = state.arms
        vector = np.asarray(state if isinstance(state, np.ndarray) else state.vector(), np.float64)
        origins: list[Array | None] = []
        start = arm = 0
        for _, groups in self._limbs:
            is_arm = any(group.kind in ('pose', 'gripper') for group in groups)
            names = sum(len(group.parts) for group in groups)
            half = _ARM_STATE // 2 if is_arm else names
            for group in groups:
                origins.append(
                    _arm_joints(group, None if states is None else states[arm])
                    if is_arm and group.kind == 'joint'
                    else _origin(group, vector[..., start : start + 2 * half], half)
                )
            start, arm = start + 2 * half, arm + is_arm
        return origins


def _arm_joints(group: Group, state: RobotState | None) -> Array | None:
    if group.relative_to == 'nothing':
        return None
    if group.relative_to != 'measured' or state is None:
        raise ActionSpaceError(
            f'actions: {group.limb or "arm"}: joints can be relative to measured ones in an '
            f'observation, or to nothing; got {group.relative_to!r}'
        )
    return state.position


def _origin(group: Group, state: Array, half: int) -> Array | None:
    """Return what a group is relative to, out of its limb's share of a state (..., 2 half)."""
    if group.relative_to == 'nothing':
        return None
    measured = group.relative_to == 'measured'
    own = state[..., :half] if measured else state[..., half:]
    return own[..., : len(group.parts)]
