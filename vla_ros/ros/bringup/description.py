"""What makes up a running stack: one description, read by the launch file and the local runner."""

from dataclasses import dataclass, field, replace
from typing import Any, Literal

from vla_ros.core import config
from vla_ros.core.config import ConfigError, require
from vla_ros.core.paths import share_dir
from vla_ros.policies import Policy, load_policy
from vla_ros.policies.registry import check_robot
from vla_ros.robots import Robot, RobotSpec, load_robot
from vla_ros.robots.bridge import robot_in
from vla_ros.robots.driver import BRIDGES
from vla_ros.ros.fastdds import profile_variables
from vla_ros.teleop import load_preset, make_device


Value = bool | int | float | str
NO_POLICY = 'none'


@dataclass(frozen=True)
class StackOptions:
    """The arguments of `vla_ros up` and of the launch file."""

    robot: str = 'franka'  # name in config/robots/, or a YAML file
    # none: the robot's own driver runs elsewhere; gazebo, isaac: that simulator does
    sim: Literal['mujoco', 'none', 'gazebo', 'isaac'] = 'mujoco'
    instruction: str = ''  # given once everything runs; empty: waits for one
    # policy directory; empty: policies/<robot>/pocket; none: teleoperation and targets alone
    policy: str = ''
    other_robot: bool = False  # the policy may be one that was made for another robot
    record: str = ''  # folder for one bag per episode; empty: nothing is recorded
    namespace: str = ''  # of every node; another one makes a second robot
    detect: bool = True  # run the failure detector, whose alarm holds the arm
    teleop: str = ''  # device with which a person can take the arm over; empty: none
    rviz: bool = False  # show it in RViz, if that is installed
    seed: int = 0  # of the first simulated scene
    reasoner_rate: float = 0.0  # Hz; 0: that of config/bringup/, else the policy's own
    extra_delay: float = 0.0  # s, by which every latent is late
    domain: int = -1  # ROS_DOMAIN_ID; -1: the environment's

    def __post_init__(self) -> None:
        if self.namespace:
            parts = self.namespace.strip('/').split('/')
            require(
                all(part.isidentifier() and part.isascii() for part in parts),
                f'namespace: expected names of letters, digits and _, got {self.namespace!r}',
            )
        require(-1 <= self.domain <= 101, 'domain: expected 0..101, or -1')
        require(0 <= self.extra_delay <= 10, 'extra_delay: expected 0..10 s')
        idle = self.policy != NO_POLICY or not self.instruction
        require(idle, f'instruction: policy none carries out none, got {self.instruction!r}')


# What each argument means, for people: the launch file and the command line show it.
HELP = {
    'robot': 'Robot: a name in config/robots/, or the path of a robot YAML',
    'sim': 'mujoco: simulate the robot; none: its driver runs elsewhere; gazebo, isaac: that '
    'simulator does, and its /clock is the time',
    'instruction': 'What to do, given once everything runs; empty: wait for one',
    'policy': 'Policy directory; empty: policies/<robot>/pocket; none: no policy, '
    'teleoperation and targets alone',
    'other_robot': 'Accept a policy that was made for another robot',
    'record': 'Folder that gets one bag per episode; empty: nothing is recorded',
    'namespace': 'Namespace of every node; another one makes a second robot',
    'detect': 'Run the failure detector, whose alarm holds the arm',
    'teleop': 'Device with which a person can take the arm over: a preset in config/teleop/',
    'rviz': 'Show the robot in RViz',
    'seed': 'Seed of the first simulated scene',
    'reasoner_rate': "Latents per second, Hz; 0: that of config/bringup/, else the policy's",
    'domain': "ROS_DOMAIN_ID; -1: the environment's",
    'extra_delay': 'Time by which every latent is late, to stand in for a bigger model, s',
}


# Nodes of a simulated world: they are started by name, the stack itself does not import them.
_ELSEWHERE = {name: f'vla_ros.tabletop.{name}_node' for name in ('camera', 'referee')}


@dataclass(frozen=True)
class NodeDescription:
    """One node of the stack."""

    name: str
    executable: str  # in lib/vla_ros
    lifecycle: bool
    parameters: dict[str, Value] = field(default_factory=dict)
    remappings: tuple[tuple[str, str], ...] = ()
    vital: bool = True  # whether the stack is useless without it

    @property
    def module(self) -> str:
        """Module to run with `python -m`."""
        name = self.executable.removesuffix('_node')
        return _ELSEWHERE.get(name, f'vla_ros.ros.nodes.{name}')


@dataclass(frozen=True)
class Stack:
    """The nodes, in the order in which they are configured and activated, and what they share."""

    options: StackOptions
    nodes: tuple[NodeDescription, ...]
    environment: dict[str, str]


@dataclass(frozen=True)
class _Tuning:
    """config/bringup/<robot>.yaml: parameters that go before the nodes' own defaults."""

    control: dict[str, Any] = field(default_factory=dict)
    camera: dict[str, Any] = field(default_factory=dict)
    referee: dict[str, Any] = field(default_factory=dict)
    reasoner: dict[str, Any] = field(default_factory=dict)
    expert: dict[str, Any] = field(default_factory=dict)
    detector: dict[str, Any] = field(default_factory=dict)
    recorder: dict[str, Any] = field(default_factory=dict)
    teleop: dict[str, Any] = field(default_factory=dict)


def describe(options: StackOptions) -> Stack:
    """Return the stack for some options; a wrong one fails here, before anything runs.

    Raises:
        ConfigError, FileNotFoundError, PolicyError: naming the argument and the valid choices.
    """
    robot = robot_in(options.robot, options.sim)
    spec = load_robot(robot)
    policy = _policy(options, spec)
    tuning = _tuning(spec.name)
    simulated = options.sim == 'mujoco'
    nodes = [] if policy is None else _policy_nodes(options, robot, policy, tuning)
    if simulated:
        camera = _node('camera', tuning.camera, {'robot': options.robot}, lifecycle=False)
        nodes.insert(0, camera)
        world: dict[str, Value] = {'robot': options.robot}
        nodes.append(_node('referee', tuning.referee, world, lifecycle=False, vital=False))
    if options.record:
        recorder: dict[str, Value] = {'folder': options.record, 'sim': simulated}
        recorder['robot'] = robot
        nodes.append(_node('recorder', tuning.recorder, recorder, vital=False))
    if options.teleop:
        nodes.append(_teleop(options, robot, tuning))
    # Last, so that everything is awake when it gives the first instruction.
    nodes.append(
        _node('control', tuning.control, {
            'robot': options.robot, 'sim': options.sim, 'seed': options.seed,
            'policy_hash': policy.spec.hash if policy else '', 'instruction': options.instruction,
        })
    )  # fmt: skip
    if options.sim in BRIDGES:
        nodes = [_in_sim_time(node) for node in nodes]
    return Stack(options, tuple(nodes), environment_of(options))


def _policy(options: StackOptions, spec: Robot) -> Policy | None:
    """Return the policy, checked against the robot; None for none."""
    if options.policy == NO_POLICY:
        return None
    policy = load_policy(options.policy or f'policies/{spec.name}/pocket')
    check_robot(policy, spec, options.other_robot)
    return policy


def _policy_nodes(
    options: StackOptions, robot: str, policy: Policy, tuning: _Tuning
) -> list[NodeDescription]:
    """Return the nodes that carry out a policy, and watch it."""
    given = str(policy.path.resolve())
    common: dict[str, Value] = {'robot': robot, 'policy': given}
    if options.other_robot:
        common['other_robot'] = True
    reasoner = {**common, 'extra_delay': options.extra_delay}
    if options.reasoner_rate or 'rate' not in tuning.reasoner:
        reasoner['rate'] = options.reasoner_rate or policy.spec.rates.reasoner
    expert = dict(common)
    if 'rate' not in tuning.expert:
        expert['rate'] = policy.spec.rates.expert
    nodes = [_node('expert', tuning.expert, expert)]
    if policy.spec.reasons:
        nodes.insert(0, _node('reasoner', tuning.reasoner, reasoner))
    if options.detect:
        nodes.append(_node('detector', tuning.detector, {'policy': given}, vital=False))
    return nodes


def _in_sim_time(node: NodeDescription) -> NodeDescription:
    return replace(node, parameters={**node.parameters, 'use_sim_time': True})


def _node(
    name: str,
    tuning: dict[str, Value],
    parameters: dict[str, Value],
    lifecycle: bool = True,
    vital: bool = True,
) -> NodeDescription:
    merged = {**tuning, **parameters}
    return NodeDescription(name, f'{name}_node', lifecycle, merged, vital=vital)


def _teleop(options: StackOptions, robot: str, tuning: _Tuning) -> NodeDescription:
    """Return the node of a device; raises ConfigError for one that needs a terminal."""
    spec = load_robot(robot)
    if isinstance(spec, RobotSpec):
        raise ConfigError(
            f'teleop: {spec.name} has several limbs: run `vla_ros teleop --limb NAME` beside it'
        )
    if make_device(load_preset(options.teleop), spec).reads_keys:
        raise ConfigError(
            f'teleop: {options.teleop} needs a terminal of its own: '
            f'run `vla_ros teleop --device {options.teleop}` in one'
        )
    parameters: dict[str, Value] = {'robot': robot, 'device': options.teleop}
    return _node('teleop', tuning.teleop, parameters, vital=False)


def _tuning(robot: str) -> _Tuning:
    path = share_dir() / 'config' / 'bringup' / f'{robot}.yaml'
    return config.load(_Tuning, path) if path.is_file() else _Tuning()


def environment_of(options: StackOptions) -> dict[str, str]:
    """Return what every process of the stack gets on top of the environment."""
    domain = {} if options.domain < 0 else {'ROS_DOMAIN_ID': str(options.domain)}
    return {
        **domain,
        **profile_variables(),
        'OMP_NUM_THREADS': '1',
        'OPENBLAS_NUM_THREADS': '1',
    }
