"""Kinds of experts and reasoners, by Python entry points: any package on the path may add one.

A package declares, in the group `vla_ros.experts` or `vla_ros.reasoners`, a name and a function
`(policy: Policy, robot: Robot) -> Expert` (or Reasoner). `policy.yaml` names the kind.
"""

from collections.abc import Callable
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from vla_ros.policies.action_space import ActionSpace
from vla_ros.policies.directory import Policy, PolicyError
from vla_ros.policies.expert import Expert
from vla_ros.policies.features import Features
from vla_ros.policies.reasoner import Reasoner
from vla_ros.robots.robot import Robot


EXPERTS, REASONERS = 'vla_ros.experts', 'vla_ros.reasoners'
_METHODS = {EXPERTS: ('reset', 'act', 'close'), REASONERS: ('reset', 'reason', 'close')}
_VALUES: dict[str, dict[str, type | tuple[type, ...]]] = {
    EXPERTS: {'model': str, 'features': Features, 'action_space': ActionSpace, 'dt': float},
    REASONERS: {'model': str, 'features': Features},
}


def kinds(group: str) -> dict[str, EntryPoint]:
    """Return the kinds in a group by name, those that cannot be loaded as well."""
    return {point.name: point for point in sorted(entry_points(group=group), key=str)}


def make_expert(policy: Policy, robot: Robot, other_robot: bool = False) -> Expert:
    """Build the expert of a policy for a robot.

    Args:
        policy: a checked policy directory.
        robot: that it is to move.
        other_robot: whether the policy may be one that was made for another robot.

    Raises:
        PolicyError: no such kind, one that cannot be loaded, or that returns no Expert; or the
            policy was made for another robot. The message names it, and the valid kinds.
        ValueError: the robot lacks what the expert looks at or moves.
    """
    check_robot(policy, robot, other_robot)
    expert: Expert = _make(EXPERTS, policy.spec.expert['kind'], policy, robot)
    expert.features.check(robot)
    expert.action_space.check(robot)
    return expert


def make_reasoner(policy: Policy, robot: Robot, other_robot: bool = False) -> Reasoner | None:
    """Build the reasoner of a policy for a robot; None where it has none. See `make_expert`."""
    check_robot(policy, robot, other_robot)
    if policy.spec.reasoner == 'none':
        return None
    reasoner: Reasoner = _make(REASONERS, policy.spec.reasoner['kind'], policy, robot)
    reasoner.features.check(robot)
    return reasoner


def check_robot(policy: Policy, robot: Robot, other_robot: bool) -> None:
    """Raise PolicyError if a policy was made for another robot, unless that is wanted."""
    if policy.spec.robot != robot.name and not other_robot:
        raise PolicyError(
            f'policy: {policy.path} is for {policy.spec.robot!r}, not for {robot.name!r}; '
            f'`--other-robot` (other_robot:=true) runs it all the same'
        )


def _make(group: str, kind: str, policy: Policy, robot: Robot) -> Any:
    """Return what the function behind an entry point returns, checked against its protocol."""
    known = kinds(group)
    where = f'{policy.path / "policy.yaml"}: kind'
    if kind not in known:
        raise PolicyError(
            f'{where}: {kind!r} is not one of {sorted(known)}, the entry points {group!r} of the '
            f'installed packages; `pip install` the one that has it'
        )
    function = _load(known[kind])
    made = function(policy, robot)
    missing = [name for name in _METHODS[group] if not callable(getattr(made, name, None))]
    wrong = [
        name
        for name, expected in _VALUES[group].items()
        if not isinstance(getattr(made, name, None), expected)
    ]
    if missing or wrong:
        raise PolicyError(
            f'{where}: {known[kind].value} returned a {type(made).__name__} whose '
            f'{[*missing, *wrong]} are missing or of the wrong type; see vla_ros/policies/'
        )
    return made


def _load(point: EntryPoint) -> Callable[[Policy, Robot], Any]:
    try:
        function: Callable[[Policy, Robot], Any] = point.load()
    except Exception as error:  # a foreign module may raise anything while it is imported
        raise PolicyError(
            f'kind {point.name!r}: its entry point {point.value} cannot be loaded: '
            f'{type(error).__name__}: {error}'
        ) from error
    return function
