"""Vectors: what is observed of each kind of limb, by name, read out of states and observations."""

from collections.abc import Callable, Mapping

import numpy as np

from vla_ros.core.data import (
    Array,
    BodyState,
    JointGroupState,
    LimbState,
    MobileBaseState,
    Moment,
    Observation,
    RobotState,
)
from vla_ros.robots.loading import named_limbs
from vla_ros.robots.robot import Robot
from vla_ros.robots.spec import ArmSpec


class FeatureError(ValueError):
    """A robot, or an observation, lacks what a policy needs; the message names it."""


_Read = Callable[[LimbState], Array]
# What is observed of each kind of limb, by name.
_ARM: dict[str, Callable[[RobotState], Array]] = {
    'joint.position': lambda s: s.position,
    'joint.velocity': lambda s: s.velocity,
    'joint.effort': lambda s: s.effort,
    'ee.pose': lambda s: np.concatenate([s.ee.position, s.ee.quaternion]),
    'ee.twist': lambda s: s.twist,
    'wrench': lambda s: s.wrench,
    'gripper': lambda s: np.array([s.gripper]),
    'commanded.ee.pose': lambda s: np.concatenate([s.commanded.position, s.commanded.quaternion]),
    'commanded.joint.position': lambda s: s.commanded_position,
    'commanded.gripper': lambda s: np.array([s.commanded_gripper]),
}
_JOINTS: dict[str, Callable[[JointGroupState], Array]] = {
    'joint.position': lambda s: s.position,
    'joint.velocity': lambda s: s.velocity,
    'joint.effort': lambda s: s.effort,
    'commanded.joint.position': lambda s: s.commanded,
}
_BASE: dict[str, Callable[[MobileBaseState], Array]] = {
    'base.twist': lambda s: s.twist,
    'commanded.base.twist': lambda s: s.commanded,
}
OBSERVED: Mapping[str, Mapping[str, Callable]] = {
    'arm': _ARM, 'joint_group': _JOINTS, 'mobile_base': _BASE,
}  # fmt: skip


class VectorReader:
    """Reads named numbers out of observations, one array after the other."""

    def __init__(
        self,
        robot: Robot,
        names: tuple[str, ...],
        where: str = 'names',
        history: tuple[float, ...] = (0.0,),
    ) -> None:
        """Look the names up; `history` is as in `Features`.

        Raises:
            FeatureError: a limb that the robot lacks, or a quantity that is not observed of it.
        """
        self._names, self._where, self._history = names, where, history
        self._reads = [_reader(robot, name, f'{where}: {name}') for name in names]

    def __call__(self, seen: Observation | RobotState | BodyState) -> Array:
        """Return the numbers (n,) of a state, or of an observation.

        With a history, those of an observation are (T, n): the oldest first, as LeRobot's
        `delta_timestamps` [-0.1, 0.0] stack them.

        Raises:
            FeatureError: they are not finite, for nobody reports them; the message names them.
        """
        if not isinstance(seen, Observation):
            return self._read(seen)
        now = self._read(seen.state)
        if len(self._history) == 1:
            return now
        before = [self._read(then.state) for then in past_moments(seen, self._history)]
        return np.stack([*before, now])

    def _read(self, state: RobotState | BodyState) -> Array:
        limbs = state.limbs if isinstance(state, BodyState) else (state,)
        parts = [read(limbs[limb]) for limb, read in self._reads]
        result: Array = np.concatenate(parts)
        if not np.isfinite(result).all():
            named = zip(self._names, parts, strict=True)
            missing = [name for name, part in named if not np.isfinite(part).all()]
            raise FeatureError(
                f'{self._where}: {missing} are not finite: nobody reports them of this robot'
            )
        return result


def state_names(robot: Robot) -> tuple[str, ...]:
    """Return the names of `RobotState.vector()`: of each limb the measured, then the commanded."""
    own = {
        'arm': ('ee.pose', 'gripper', 'commanded.ee.pose', 'commanded.gripper'),
        'joint_group': ('joint.position', 'commanded.joint.position'),
        'mobile_base': ('base.twist', 'commanded.base.twist'),
    }
    return tuple(
        f'{limb}.{name}' if limb else name
        for limb, spec in named_limbs(robot)
        for name in own[spec.kind]
    )


def _reader(robot: Robot, name: str, where: str) -> tuple[int, _Read]:
    """Return the index of the limb that a name belongs to, and how it is read."""
    limbs = list(named_limbs(robot))
    for i, (limb, spec) in enumerate(limbs):
        if limb and not name.startswith(f'{limb}.'):
            continue
        quantity = name.removeprefix(f'{limb}.') if limb else name
        reads = OBSERVED[spec.kind]
        if quantity not in reads:
            raise FeatureError(
                f'{where}: {quantity!r} of {limb or robot.name} is not observed; '
                f'expected one of {sorted(reads)}'
            )
        if quantity == 'wrench' and isinstance(spec, ArmSpec) and not spec.feels:
            raise FeatureError(
                f'{where}: {limb or robot.name} has no force sensor, and torques, from which a '
                f'wrench is estimated, do not move it (driver: {spec.driver.command_type})'
            )
        return i, reads[quantity]
    raise FeatureError(
        f'{where}: {robot.name} has no such limb; it has {[limb for limb, _ in limbs]}'
    )


def past_moments(observation: Observation, history: tuple[float, ...]) -> list[Moment]:
    """Return the past of an observation at the times of a history but 0, the oldest first."""
    known = {moment.ago: moment for moment in observation.past}
    missing = [ago for ago in history[1:] if ago not in known]
    if missing:
        raise FeatureError(f'history: {missing} s are missing; found {sorted(known)}')
    return [known[ago] for ago in history[:0:-1]]
