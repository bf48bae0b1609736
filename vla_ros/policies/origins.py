"""Origins: what the groups of an action space are relative to, absolute, out of a state."""

from collections.abc import Callable, Sequence

import numpy as np

from vla_ros.core.data import (
    Array,
    BodyState,
    JointGroupState,
    LimbState,
    Pose,
    RobotState,
)
from vla_ros.policies.group import Group, Kind


_ARM_STATE = 16  # numbers of an arm in a state: pose and opening, measured, then commanded


class ActionSpaceError(ValueError):
    """A robot cannot do what an action space says, or a state lacks what it is relative to."""


def _seven(pose: Pose) -> Array:
    return np.concatenate([pose.position, pose.quaternion])


# What of a limb's state a kind of group can be relative to: measured, then commanded.
_Read = Callable[..., Array]
_READS: dict[tuple[type, Kind], tuple[_Read, _Read]] = {
    (RobotState, 'pose'): (lambda s: _seven(s.ee), lambda s: _seven(s.commanded)),
    (RobotState, 'joint'): (lambda s: s.position, lambda s: s.commanded_position),
    (JointGroupState, 'joint'): (lambda s: s.position, lambda s: s.commanded),
}


def origins_in_states(
    groups: Sequence[Group], state: RobotState | BodyState, limbs: Sequence[str]
) -> list[Array | None]:
    """Return what each group is relative to; None where it is to nothing.

    `limbs` are the names of the limbs of the state, in order.

    Raises:
        ActionSpaceError: the state lacks a limb, or what a group is relative to is not known.
    """
    own = state.limbs if isinstance(state, BodyState) else (state,)
    if len(own) != len(limbs):
        raise ActionSpaceError(f'actions: expected the limbs {list(limbs)}, got {len(own)}')
    by_name = dict(zip(limbs, own, strict=True))
    return [_origin(group, by_name[group.limb]) for group in groups]


def origins_in_vector(
    limbs: Sequence[tuple[str, Sequence[Group]]], vector: Array
) -> list[Array | None]:
    """Return the same out of `vector()` (..., n) of a robot that has just the groups' limbs.

    Raises:
        ActionSpaceError: joints of an arm are relative to something: the vector has none.
    """
    origins: list[Array | None] = []
    start = 0
    for name, groups in limbs:
        is_arm = any(group.kind in ('pose', 'gripper') for group in groups)
        half = _ARM_STATE // 2 if is_arm else sum(len(group.parts) for group in groups)
        for group in groups:
            if is_arm and group.kind == 'joint' and group.relative_to != 'nothing':
                raise ActionSpaceError(
                    f'actions: {name or "arm"}: the vector of a state has no joints of an arm, '
                    f'and they are relative to {group.relative_to!r}; pass the state itself'
                )
            origins.append(_part(group, vector[..., start : start + 2 * half], half))
        start += 2 * half
    return origins


def _origin(group: Group, state: LimbState) -> Array | None:
    if group.relative_to == 'nothing':
        return None
    if (type(state), group.kind) not in _READS:
        raise ActionSpaceError(
            f'actions: {group.limb or "robot"}: a {type(state).__name__} has no {group.kind!r}'
        )
    measured, commanded = _READS[type(state), group.kind]
    origin = (measured if group.relative_to == 'measured' else commanded)(state)
    if not np.isfinite(origin).all():
        raise ActionSpaceError(
            f'actions: {group.limb or "arm"}: {group.kind} relative to {group.relative_to!r}, '
            'and nobody reports that'
        )
    return origin


def _part(group: Group, state: Array, half: int) -> Array | None:
    """Return what a group is relative to, out of its limb's share of a vector (..., 2 half)."""
    if group.relative_to == 'nothing':
        return None
    measured = group.relative_to == 'measured'
    own = state[..., :half] if measured else state[..., half:]
    return own[..., : len(group.parts)]
