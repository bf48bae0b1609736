"""Robots by name: config/robots/<name>.yaml, and their limbs."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from vla_ros.core import config
from vla_ros.core.config import ConfigError
from vla_ros.core.paths import config_file
from vla_ros.robots.bridge import bridged, bridged_arm, moved, split
from vla_ros.robots.joint_group import JointGroupSpec
from vla_ros.robots.mobile_base import MobileBaseSpec
from vla_ros.robots.robot import LimbSpec, Robot, RobotSpec
from vla_ros.robots.spec import ArmSpec


KINDS: dict[str, type[LimbSpec]] = {
    'arm': ArmSpec,
    'joint_group': JointGroupSpec,
    'mobile_base': MobileBaseSpec,
}
# What a limb has from its robot unless its own part of the YAML says otherwise.
_COMMON = ('urdf', 'control_rate')
_ARMS = (
    *_COMMON,
    *('base', 'driver', 'law', 'stop_law', 'slowdown', 'cartesian', 'channels', 'sim'),
)
_OWN = (*_COMMON, 'sim')  # of these, what is the robot's as well


def named_limbs(robot: Robot) -> tuple[tuple[str, LimbSpec], ...]:
    """Return the limbs, each with what tells it apart in topics; '' for an only one."""
    if isinstance(robot, ArmSpec):
        return (('', robot),)
    return tuple((limb.name, limb) for limb in robot.limbs)


def named_arms(robot: Robot) -> tuple[tuple[str, ArmSpec], ...]:
    """Return the arms among `named_limbs`; number i is limb number i."""
    return tuple((name, own) for name, own in named_limbs(robot) if isinstance(own, ArmSpec))


def pick_arm(robot: Robot, name: str) -> tuple[int, ArmSpec]:
    """Return the number and the spec of an arm; '' is an only limb.

    Raises:
        ConfigError: no such arm, or none named if there are several limbs; it lists the valid
            ones.
    """
    names = [own for own, _ in named_arms(robot)]
    if name not in names:
        wanted = 'none, for the robot is one arm' if names == [''] else f'one of {names}'
        raise ConfigError(f'limb: expected {wanted}, got {name!r}')
    return names.index(name), robot.arms[names.index(name)]


def load_arm(name: str) -> ArmSpec:
    """Load a robot that is one arm; see `load_robot`.

    Raises:
        ConfigError: it has several limbs.
    """
    robot = load_robot(name)
    if isinstance(robot, RobotSpec):
        limbs = [limb.name for limb in robot.limbs]
        raise ConfigError(f'robot: {name} has the limbs {limbs}, expected one arm')
    return robot


def load_robot(name: str) -> Robot:
    """Load config/robots/<name>.yaml (or a path to one).

    With '@gazebo' or '@isaac' behind the name it has the topics of that simulator's bridge.

    Raises:
        FileNotFoundError: no such robot; the message lists the valid names.
        ConfigError: the file is not a valid robot; the message names the field.
    """
    name, simulator = split(name)
    robot = _load(config_file('robots', name))
    if not simulator:
        return robot
    if isinstance(robot, ArmSpec):
        return bridged_arm(robot, simulator)
    topics: dict[str, str] = {}
    for arm in robot.arms:
        topics |= arm.driver.bridge(simulator).cameras
    limbs = tuple(bridged(limb, simulator) for limb in robot.limbs)
    return replace(robot, limbs=limbs, cameras=moved(robot.cameras, topics))


def _load(path: Path) -> Robot:
    tree = config.read(path)
    if isinstance(tree, Mapping) and 'limbs' in tree:
        return config.build(RobotSpec, _complete(tree, str(path)), where=str(path))
    return config.build(ArmSpec, tree, where=str(path))


def _complete(tree: Mapping[str, Any], where: str) -> dict[str, Any]:
    """Return the tree of a robot with its limbs built, each with what they have in common."""
    limbs = tree['limbs']
    if not isinstance(limbs, list) or not all(isinstance(limb, Mapping) for limb in limbs):
        raise ConfigError(f'{where}: limbs: expected a list of limbs, each with a name')
    own = {key: value for key, value in tree.items() if key not in _ARMS or key in _OWN}
    built = [_limb(tree, limb, f'{where}.limbs[{i}]') for i, limb in enumerate(limbs)]
    return {**own, 'limbs': built}


def _limb(robot: Mapping[str, Any], limb: Mapping[str, Any], where: str) -> LimbSpec:
    kind = limb.get('kind', 'arm')
    if kind not in KINDS:
        raise ConfigError(f'{where}.kind: {kind!r} is not one of {list(KINDS)}')
    shared = _ARMS if kind == 'arm' else _COMMON
    common = {key: robot[key] for key in shared if key in robot}
    if kind == 'arm':
        common['cameras'] = []
    return config.build(KINDS[kind], {**common, **limb}, where)
