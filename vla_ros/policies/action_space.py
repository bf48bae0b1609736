"""ActionSpace: what a policy's numbers mean, and their way to what the queue executes and back.

A policy's action is (C,): the numbers of its groups, one after the other. An absolute action is
(A,): of each group in SI units and base frames, as chunks carry it: a pose is xyz (m) and
quaternion xyzw, a gripper its opening (m), joints rad, a twist m/s, m/s, rad/s.

Relative to `commanded` is relative to what was commanded at the observation, and to `measured`
likewise: an arm lags, and a delta from the lagging pose drifts. Relative to `previous` is relative
to the step before, the first to what was commanded. Of joints the origin is where the joints were
measured or commanded. Positions and rotations are differences in
the base frame: p = p0 + dp, R = dR R0. All functions take any leading axes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
import itertools

import numpy as np
from numpy.typing import NDArray

from vla_ros.core.config import require
from vla_ros.core.data import Array, BodyState, RobotState
from vla_ros.policies.group import Group, Kind, Unit
from vla_ros.policies.origins import ActionSpaceError, origins_in_states, origins_in_vector
from vla_ros.robots.channels import limb_groups
from vla_ros.robots.loading import named_limbs
from vla_ros.robots.robot import LimbSpec, Robot


State = NDArray | RobotState | BodyState
# What a chunk may move of each kind of limb.
_TAKES: dict[str, tuple[tuple[Kind, ...], ...]] = {
    'arm': (('pose', 'gripper'), ('joint', 'gripper'), ('pose',), ('joint',)),
    'joint_group': (('joint',),),
    'mobile_base': (('twist',),),
}


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
    def kinds(self) -> tuple[Kind, ...]:
        """What each absolute number is a part of (A,)."""
        return tuple(group.kind for group in self.groups for _ in group.parts)

    def check(self, robot: Robot) -> None:
        """Compare with a robot.

        An arm takes poses or all its joints, and its opening after them; a joint group all its
        joints, a base its twist. Openings and whole limbs may be left out: those hold.

        Raises:
            ActionSpaceError: it lacks a limb or a joint, a limb takes other groups, or they stand
                in another order.
        """
        limbs = dict(named_limbs(robot))
        for limb, groups in self._limbs:
            if limb not in limbs:
                raise ActionSpaceError(
                    f'actions: {robot.name} has no limb {limb!r}; it has {list(limbs)}'
                )
            _check_limb(limb or robot.name, limbs[limb], groups)
        own = [limb for limb, _ in self._limbs]
        expected = [limb for limb in limbs if limb in own]
        if own != expected:
            raise ActionSpaceError(
                f'actions: expected the limbs in the order of {robot.name}, {expected}, got {own}'
            )

    def absolute(self, actions: NDArray, state: State, limbs: Sequence[str] = ()) -> Array:
        """Return absolute actions (..., A) for those of the policy (..., C).

        Args:
            actions: of the policy.
            state: of the observation: of the robot, or its `vector()` (..., n).
            limbs: names of the state's limbs, in order; where there are none, those of the groups.
                A vector is always of those.

        Raises:
            ActionSpaceError: the state lacks what a group is relative to.
        """
        actions = np.asarray(actions, np.float64)
        origins, start = self._origins(state, limbs), 0
        parts = []
        for group, origin in zip(self.groups, origins, strict=True):
            own = actions[..., start : start + group.width]
            parts.append(group.absolute(own, origin))
            start += group.width
        return np.concatenate(parts, -1)

    def relative(self, actions: NDArray, state: State, limbs: Sequence[str] = ()) -> Array:
        """Return the policy's actions (..., C) for absolute ones (..., A); see `absolute`."""
        actions = np.asarray(actions, np.float64)
        origins, start = self._origins(state, limbs), 0
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

    def _origins(self, state: State, limbs: Sequence[str]) -> list[Array | None]:
        """Return what each group is relative to, absolute; None where it is to nothing."""
        if isinstance(state, np.ndarray):
            return origins_in_vector(self._limbs, np.asarray(state, np.float64))
        names = limbs or [limb for limb, _ in self._limbs]
        return origins_in_states(self.groups, state, names)


def _check_limb(name: str, spec: LimbSpec, groups: tuple[Group, ...]) -> None:
    """Raise ActionSpaceError unless the groups of a limb are what it takes."""
    kinds, takes = tuple(group.kind for group in groups), _TAKES[spec.kind]
    if kinds not in takes:
        wanted = ' or '.join(' and '.join(one) for one in takes)
        raise ActionSpaceError(f'actions: {name} takes {wanted}, got {list(kinds)}')
    names = dict(limb_groups(spec))
    for group in groups:
        expected = names[group.kind]
        if group.parts != expected:
            raise ActionSpaceError(
                f'actions: {name} takes the {group.kind} channels {list(expected)}, in this '
                f'order, got {list(group.parts)}'
            )
