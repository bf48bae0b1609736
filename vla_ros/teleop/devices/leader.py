"""A leader arm: the follower's joints go where the leader's are."""

from dataclasses import dataclass, field
import math

import numpy as np

from vla_ros.core.config import require
from vla_ros.core.data import SECOND, Array
from vla_ros.robots.spec import ArmSpec
from vla_ros.teleop.devices.device import Device
from vla_ros.teleop.grip import Pickup
from vla_ros.teleop.inputs import JointPositions, Joy, Keys, Latest, Sample, joy_problem
from vla_ros.teleop.keys import HeldKeys
from vla_ros.teleop.operator import Follower, Operator


_LONGEST = 0.1  # s between two readings that the target moves on for
_HOLD = 0.2  # s that a key counts as down after it was hit
_LOST = 5.0  # times the tolerance: a leader this far away has jumped, and has to be caught again


@dataclass(frozen=True)
class JointMapping:
    """Where a follower's joint goes: scale * leader + offset."""

    source: str  # the leader's joint
    scale: float = 1.0  # -1 turns it round; also gears a smaller leader
    offset: float = 0.0  # rad

    def __post_init__(self) -> None:
        require(0 < abs(self.scale) <= 10, f'scale: expected -10..10 and not 0, got {self.scale}')
        require(abs(self.offset) < 10, f'offset: expected rad, got {self.offset}')


@dataclass(frozen=True)
class TriggerMapping:
    """A joint of the leader that commands the gripper."""

    source: str
    closed: float  # rad or m, where the gripper is to be closed
    open: float  # rad or m, where it is to be open

    def __post_init__(self) -> None:
        require(self.closed != self.open, 'gripper: closed and open must differ')


@dataclass(frozen=True)
class LeaderConfig:
    """Parameters of the leader arm."""

    topic: str = 'leader/joint_states'
    joints: dict[str, JointMapping] = field(
        default_factory=dict
    )  # by follower's; empty: same names
    gripper: TriggerMapping | None = None
    pedal: str = ''  # topic of a sensor_msgs/Joy with the dead-man switch; empty: the space bar
    deadman_button: int = 0
    release_button: int = 1  # gives the arm back; without a pedal the key r
    tolerance: float = 0.1  # rad, within which the leader is where the follower is
    catch_up: float = 0.3  # rad/s towards a leader that is elsewhere; 0: it has to come itself
    speed: float = 1.5  # rad/s, greatest of any joint
    stale_after: float = 0.2  # s

    def __post_init__(self) -> None:
        require(min(self.deadman_button, self.release_button) >= 0, 'buttons: expected 0 or more')
        require(0 < self.tolerance <= 1, f'tolerance: expected 0..1 rad, got {self.tolerance}')
        require(self.speed > 0, f'speed: expected more than 0 rad/s, got {self.speed}')
        require(
            0 <= self.catch_up <= self.speed,
            f'catch_up: expected 0..{self.speed} rad/s, got {self.catch_up}',
        )
        require(0 < self.stale_after <= 1, f'stale_after: expected 0..1 s, got {self.stale_after}')


class Leader(Device):
    """JointPositions of another robot, by name.

    The target starts where the follower is. It goes to the leader at `catch_up` and follows it at
    up to `speed` once it has come within `tolerance`; a leader that jumps has to be caught again.
    """

    output = 'joints'

    def __init__(self, config: LeaderConfig, spec: ArmSpec) -> None:
        """Move `spec`'s robot; raises ValueError when a mapping does not fit it."""
        names = spec.joint_names
        mapping = config.joints or {name: JointMapping(name) for name in names}
        require(
            set(mapping) == set(names),
            f'joints: expected a mapping of every joint {list(names)}, got {sorted(mapping)}',
        )
        slowest = float(spec.joint_array('velocity').min())
        require(
            config.speed <= slowest,
            f'speed: {config.speed} rad/s is above the {slowest} of a joint of {spec.name}',
        )
        self._config, self._names = config, names
        self._sources = [mapping[name].source for name in names]
        self._scale = np.array([mapping[name].scale for name in names])
        self._offset = np.array([mapping[name].offset for name in names])
        self._lower, self._upper = spec.joint_array('lower'), spec.joint_array('upper')
        self._joints: Latest[JointPositions] = Latest(config.topic, config.stale_after)
        self._joy: Latest[Joy] = Latest(config.pedal, config.stale_after)
        self._keys = HeldKeys(_HOLD)
        self._target: Array | None = None
        self._caught = False
        self._trigger = Pickup(1.0)
        self._read = 0  # ns
        self.reads_keys = not config.pedal
        topics: dict[str, type[Sample]] = {config.topic: JointPositions}
        self.topics = topics | ({config.pedal: Joy} if config.pedal else {})
        self.help = (
            f'hold button {config.deadman_button} of {config.pedal} to be followed, '
            f'button {config.release_button} gives the arm back'
            if config.pedal
            else 'hold the space bar to be followed, r gives the arm back'
        )

    def take(self, sample: Sample) -> None:
        """Take joints, a pedal's Joy or keys over."""
        if isinstance(sample, JointPositions):
            self._joints.take(sample, self._problem(sample))
        elif isinstance(sample, Joy):
            needed = 1 + max(self._config.deadman_button, self._config.release_button)
            self._joy.take(sample, joy_problem(sample, 0, needed))
        else:
            assert isinstance(sample, Keys)
            for name in sample.names:
                self._keys.hit(name, sample.stamp)

    def read(self, now: int) -> Operator:
        """Return what the person wants at `now`, ns; without the switch the target stays."""
        elapsed = min(max(now - self._read, 0) / SECOND, _LONGEST)
        self._read = now
        deadman, release, cause = self._switch(now)
        joints, unknown = self._joints.get(now)
        if cause or joints is None:
            self._caught = False
            return Operator(now, joints=self._target, release=release, cause=cause or unknown)
        if not deadman:
            self._caught = False
            return Operator(now, joints=self._target, release=release)
        if self._target is not None:
            self._target = self._follow(self._target, self._wanted(joints), elapsed)
        opening = self._trigger.follow(self._opening(joints))
        return Operator(joints.stamp, True, joints=self._target, gripper=opening, release=release)

    def refusal(self, now: int, follower: Follower) -> str:
        """Return why the arm cannot follow: it is not known where it is, or it is too far away."""
        joints, unknown = self._joints.get(now)
        if joints is None or follower.joints is None:
            return unknown or 'the joints of the arm are not known'
        gap = np.abs(self._wanted(joints) - follower.joints)
        worst = int(np.argmax(gap))
        if self._config.catch_up or gap[worst] <= self._config.tolerance:
            return ''
        return (
            f'{self._sources[worst]} of the leader is {gap[worst]:.2f} rad away from '
            f'{self._names[worst]}, expected at most {self._config.tolerance}: bring it nearer'
        )

    def begin(self, follower: Follower) -> None:
        """Start the target where the arm is, and leave the gripper as it is."""
        self._target = None if follower.joints is None else follower.joints.copy()
        self._caught = False
        self._trigger = Pickup(follower.gripper)

    def _switch(self, now: int) -> tuple[bool, bool, str]:
        """Return whether the dead-man switch and the release button are down, and a cause."""
        config = self._config
        if not config.pedal:
            return self._keys.down('space', now), self._keys.down('r', now), ''
        joy, cause = self._joy.get(now)
        if joy is None:
            return False, False, cause
        return joy.pressed(config.deadman_button), joy.pressed(config.release_button), ''

    def _wanted(self, joints: JointPositions) -> Array:
        """Return where the follower's joints (n,) go for a sample, within their limits."""
        found = dict(zip(joints.names, joints.positions, strict=True))
        wanted = self._scale * [found[source] for source in self._sources] + self._offset
        return np.clip(wanted, self._lower, self._upper)

    def _opening(self, joints: JointPositions) -> float | None:
        """Return the opening 0..1 that the leader's trigger says, if it has one."""
        trigger = self._config.gripper
        if trigger is None:
            return None
        position = joints.positions[joints.names.index(trigger.source)]
        part = (position - trigger.closed) / (trigger.open - trigger.closed)
        return min(max(part, 0.0), 1.0)

    def _follow(self, target: Array, wanted: Array, elapsed: float) -> Array:
        """Return the target (n,) moved on towards the wanted one, on a straight line."""
        config = self._config
        gap = wanted - target
        far = float(np.abs(gap).max())
        self._caught = far <= config.tolerance or (
            self._caught and far <= _LOST * config.tolerance
        )
        reach = (config.speed if self._caught else config.catch_up) * elapsed
        return wanted if far <= reach else target + gap * (reach / far)

    def _problem(self, sample: JointPositions) -> str:
        """Return why a sample cannot be believed, or ''."""
        names, needed = sample.names, list(self._sources)
        if self._config.gripper is not None:
            needed.append(self._config.gripper.source)
        if len(sample.positions) != len(names):
            return f'{len(names)} names, {len(sample.positions)} positions'
        for name in needed:
            if names.count(name) != 1:
                return f'{name!r} is given {names.count(name)} times in {list(names)}'
            if not math.isfinite(sample.positions[names.index(name)]):
                return f'{name} is not finite'
        return ''
