"""BodySpec: a robot of several limbs, which share cameras, chunks and one supervisor."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from vla_ros import config
from vla_ros.config import ConfigError, require
from vla_ros.data import Array
from vla_ros.language.families import check_families
from vla_ros.paths import config_file
from vla_ros.robots.bridge import bridged, moved, split
from vla_ros.robots.spec import BaseSpec, CameraSpec, Described, RobotSpec


# What a limb has from its robot unless its own part of the YAML says otherwise.
_COMMON = (
    *('urdf', 'control_rate', 'base', 'driver', 'law', 'stop_law', 'slowdown', 'cartesian'),
    *('channels', 'sim'),
)
_OWN = ('urdf', 'control_rate', 'sim')  # of these, what is its own as well


@dataclass(frozen=True)
class BodySpec(Described):
    """A robot of several limbs.

    Each limb is a RobotSpec without cameras: an arm with a tcp, a gripper, limits and a law of its
    own. The action channels are those of the limbs, in order, each after its limb's name.
    """

    name: str
    urdf: str  # relative to the share folder, the same for every limb
    limbs: tuple[RobotSpec, ...]
    cameras: tuple[CameraSpec, ...]
    control_rate: float  # Hz
    tasks: tuple[str, ...] = ()  # families of tasks it can do in simulation
    sim: str = 'tabletop'  # the world in config/sim/ that it is simulated in

    def __post_init__(self) -> None:
        check_families(self.tasks, 'tasks')
        names = [limb.name for limb in self.limbs]
        require(len(names) > 1, 'limbs: expected two or more; with one it is a robot as it is')
        require(
            all(name.isidentifier() for name in names), f'limbs: {names} are to be topic names'
        )
        require(len(set(names)) == len(names), f'limbs: a name is given twice in {names}')
        joints = list(self.joint_names)
        twice = sorted({name for name in joints if joints.count(name) > 1})
        require(not twice, f'limbs: {twice} belong to two of them')
        mounts = {limb.base for limb in self.limbs}
        require(len(mounts) == 1, 'limbs: expected the same base for all')
        for limb in self.limbs:
            same = limb.control_rate == self.control_rate and limb.urdf == self.urdf
            require(same, f'limbs: {limb.name} has another control_rate or urdf than the robot')

    @property
    def n(self) -> int:
        """Number of joints."""
        return sum(limb.n for limb in self.limbs)

    @property
    def joint_names(self) -> tuple[str, ...]:
        """Joint names, limb by limb."""
        return tuple(name for limb in self.limbs for name in limb.joint_names)

    @property
    def channels(self) -> tuple[str, ...]:
        """Names of the action channels, '<limb>.<channel>', in order."""
        return tuple(f'{limb.name}.{channel}' for limb in self.limbs for channel in limb.channels)

    @property
    def base(self) -> BaseSpec:
        """How the robot is mounted."""
        return self.limbs[0].base

    def joint_array(self, name: str) -> Array:
        """Return one JointSpec field over all joints as a read-only (n,) array."""
        array: Array = np.concatenate([limb.joint_array(name) for limb in self.limbs])
        array.flags.writeable = False
        return array


Robot = RobotSpec | BodySpec


def named_limbs(robot: Robot) -> tuple[tuple[str, RobotSpec], ...]:
    """Return the limbs, each with what tells it apart in topics; '' for an only one."""
    if isinstance(robot, RobotSpec):
        return (('', robot),)
    return tuple((limb.name, limb) for limb in robot.limbs)


def pick_limb(robot: Robot, name: str) -> tuple[int, RobotSpec]:
    """Return the number and the spec of a limb; '' is an only one.

    Raises:
        ConfigError: no such limb, or none named where there are several; it lists the valid ones.
    """
    names = [own for own, _ in named_limbs(robot)]
    if name not in names:
        wanted = f'one of {names}' if len(names) > 1 else 'none, for the robot is one arm'
        raise ConfigError(f'limb: expected {wanted}, got {name!r}')
    return names.index(name), robot.limbs[names.index(name)]


def load_arm(name: str) -> RobotSpec:
    """Load a robot that is one arm; see `load_robot`.

    Raises:
        ConfigError: it has several limbs.
    """
    robot = load_robot(name)
    if isinstance(robot, BodySpec):
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
    if isinstance(robot, RobotSpec):
        return bridged(robot, simulator)
    topics: dict[str, str] = {}
    for limb in robot.limbs:
        topics |= limb.driver.bridge(simulator).cameras
    limbs = tuple(bridged(limb, simulator) for limb in robot.limbs)
    return replace(robot, limbs=limbs, cameras=moved(robot.cameras, topics))


def _load(path: Path) -> Robot:
    tree = config.read(path)
    if isinstance(tree, Mapping) and 'limbs' in tree:
        return config.build(BodySpec, _complete(tree, str(path)), where=str(path))
    return config.build(RobotSpec, tree, where=str(path))


def _complete(tree: Mapping[str, Any], where: str) -> dict[str, Any]:
    """Return the tree of a robot with limbs, with all that these have in common in each."""
    common = {key: tree[key] for key in _COMMON if key in tree}
    own = {key: value for key, value in tree.items() if key not in _COMMON or key in _OWN}
    limbs = tree['limbs']
    if not isinstance(limbs, list) or not all(isinstance(limb, Mapping) for limb in limbs):
        raise ConfigError(f'{where}: limbs: expected a list of limbs, each with a name')
    return {**own, 'limbs': [{**common, 'cameras': [], **limb} for limb in limbs]}
