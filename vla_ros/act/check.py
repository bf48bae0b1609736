"""Everything a chunk must satisfy before it can move anything.

Each check returns the cause of the refusal: what was expected and what came. The cause goes to
`ExecutionStatus.last_refusal`, so it is written for the person who looks at it there.
"""

from dataclasses import dataclass
import math

import numpy as np

from vla_ros.config import require
from vla_ros.data import SECOND, ActionChunk, Array
from vla_ros.robots.body import Robot
from vla_ros.robots.spec import RobotSpec


REPRESENTATION = 'ee_pose'
MAX_HORIZON = 64  # steps; what the mailbox of the control process has room for


@dataclass(frozen=True)
class CheckConfig:
    """What is still believed of a chunk."""

    dt_min: float = 0.005  # s between steps
    dt_max: float = 1.0  # s between steps
    max_latent_age: float = 10.0  # s at the observation
    max_future: float = 0.02  # s that a stamp may lie ahead of the control clock
    restart_after: float = 1.0  # s after which a seq that starts again is a restarted expert
    workspace_margin: float = 0.15  # m beyond the workspace; the limiter clamps within it
    gripper_margin: float = 0.01  # m beyond the gripper's range
    max_speed: float = 5.0  # times the velocity limits, between two steps
    max_jump: float = 0.30  # m from the commanded pose to the first step that would be used
    max_turn: float = 1.5  # rad, the same for the rotation
    quaternion_tolerance: float = 1e-3  # of the norm

    def __post_init__(self) -> None:
        require(0 < self.dt_min < self.dt_max, 'dt_min: expected 0 < dt_min < dt_max, in s')
        for name in ('max_latent_age', 'restart_after', 'max_speed', 'max_jump', 'max_turn'):
            require(getattr(self, name) > 0, f'{name}: expected a positive number')


class ChunkCheck:
    """Checks chunks against one robot."""

    def __init__(self, spec: Robot, config: CheckConfig) -> None:
        """Prepare the bounds of a robot.

        Raises:
            ValueError: the channels of a limb are not a pose and an opening.
        """
        self.spec = spec
        self.config = config
        self._limbs = tuple(LimbCheck(limb, config) for limb in spec.arms)

    def refusal(self, chunk: ActionChunk, now: int, last: tuple[int, int] | None) -> str:
        """Return why `chunk` may not be executed at `now` (ns), or '' when it may.

        `last` is (seq, stamp) of the last chunk accepted.
        """
        return (
            self._form(chunk)
            or self._timing(chunk, now)
            or self._order(chunk, last)
            or self._values(chunk)
        )

    def jump(self, chunk: ActionChunk, step: float, poses: list[list[float]]) -> str:
        """Return why the chunk is too far from the limbs' poses (8,) at `step`, the first used."""
        k = min(max(math.floor(step + 0.5), 0), chunk.horizon - 1)
        action = chunk.actions[k].tolist()
        for i, (limb, pose) in enumerate(zip(self._limbs, poses, strict=True)):
            if cause := limb.jump(action[8 * i : 8 * i + 8], pose, k):
                return self._named(i, cause)
        return ''

    def _named(self, limb: int, cause: str) -> str:
        """Say which limb it is, where there are several."""
        return cause if len(self._limbs) == 1 else f'{self.spec.arms[limb].name}: {cause}'

    def _form(self, chunk: ActionChunk) -> str:
        if chunk.robot != self.spec.name:
            return f'robot: expected {self.spec.name!r}, got {chunk.robot!r}'
        if chunk.representation != REPRESENTATION:
            return f'representation: expected {REPRESENTATION!r}, got {chunk.representation!r}'
        if tuple(chunk.channels) != self.spec.channels:
            return f'channels: expected {list(self.spec.channels)}, got {list(chunk.channels)}'
        shape = chunk.actions.shape
        if len(shape) != 2 or shape[1] != len(self.spec.channels):
            return f'actions: expected (horizon, {len(self.spec.channels)}), got {shape}'
        if not 1 <= shape[0] <= MAX_HORIZON:
            return f'actions: expected 1 to {MAX_HORIZON} steps, got {shape[0]}'
        return ''

    def _timing(self, chunk: ActionChunk, now: int) -> str:
        config = self.config
        if not config.dt_min <= chunk.dt <= config.dt_max:  # false for NaN as well
            return f'dt: expected {config.dt_min} to {config.dt_max} s, got {chunk.dt}'
        if not 0 < chunk.valid_for < 3600:
            return f'valid_for: expected 0 to 3600 s, got {chunk.valid_for}'
        if not 0 <= chunk.latent_age <= config.max_latent_age:
            return f'latent_age: expected 0 to {config.max_latent_age} s, got {chunk.latent_age}'
        age = (now - chunk.stamp) / SECOND
        if age < -config.max_future:
            return f'stamp: expected the past, got {-age:.3f} s ahead of the control clock'
        if age > chunk.valid_for:
            return f'stamp: expired, valid for {chunk.valid_for} s, is {age:.3f} s old'
        return ''

    def _order(self, chunk: ActionChunk, last: tuple[int, int] | None) -> str:
        if last is None:
            return ''
        seq, stamp = last
        if chunk.stamp < stamp or (chunk.stamp == stamp and chunk.seq <= seq):
            late = (stamp - chunk.stamp) / SECOND
            return f'stamp: reordered, {late:.3f} s older than chunk {seq} (got {chunk.seq})'
        restarted = chunk.stamp - stamp > self.config.restart_after * SECOND
        if chunk.seq <= seq and not restarted:
            return f'seq: reordered, expected more than {seq}, got {chunk.seq}'
        return ''

    def _values(self, chunk: ActionChunk) -> str:
        actions = chunk.actions
        if not np.isfinite(actions).all():
            step, channel = np.argwhere(~np.isfinite(actions))[0]
            value = actions[step, channel]
            return f'actions: expected finite numbers, got {value} at step {step}, ' + (
                f'{self.spec.channels[channel]}'
            )
        for i, limb in enumerate(self._limbs):
            own = actions[:, 8 * i : 8 * i + 8]
            if cause := limb.values(own) or limb.motion(own, chunk.dt):
                return self._named(i, cause)
        return ''


class LimbCheck:
    """Checks one arm's part of a chunk, (horizon, 8)."""

    def __init__(self, spec: RobotSpec, config: CheckConfig) -> None:
        """Prepare the bounds of an arm.

        Raises:
            ValueError: its channels are not a pose and an opening.
        """
        require(
            len(spec.channels) == 8, f'channels: expected a pose and a gripper: {spec.channels}'
        )
        self.spec = spec
        self.config = config
        margin = config.workspace_margin
        self._lower = np.array(spec.cartesian.lower) - margin
        self._upper = np.array(spec.cartesian.upper) + margin

    def jump(self, action: list[float], pose: list[float], step: int) -> str:
        """Return why the action (8,) of a step is too far from `pose` (8,), or ''."""
        distance = math.dist(action[:3], pose[:3])
        if distance > self.config.max_jump:
            return (
                f'actions: expected step {step} within {self.config.max_jump} m of the commanded '
                f'pose, got {distance:.3f} m'
            )
        dot = abs(sum(a * b for a, b in zip(action[3:7], pose[3:7], strict=True)))
        turn = 2 * math.acos(min(dot, 1.0))
        if turn > self.config.max_turn:
            return (
                f'actions: expected step {step} within {self.config.max_turn} rad of the '
                f'commanded rotation, got {turn:.3f} rad'
            )
        return ''

    def values(self, actions: Array) -> str:
        """Return what is wrong with the poses and openings, or ''."""
        worst = float(np.abs(np.linalg.norm(actions[:, 3:7], axis=1) - 1).max())
        if not worst <= self.config.quaternion_tolerance:
            return f'actions: expected unit quaternions, got a norm that is {worst:.2g} off'
        return self._range(actions)

    def motion(self, actions: Array, dt: float) -> str:
        """Return why the way from step to step, dt s apart, is too fast, or ''."""
        if len(actions) < 2:
            return ''
        limits = self.spec.cartesian
        speed = float(np.linalg.norm(np.diff(actions[:, :3], axis=0), axis=1).max()) / dt
        bound = self.config.max_speed * limits.velocity
        if speed > bound:
            return f'actions: expected steps slower than {bound:.2f} m/s, got {speed:.2f}'
        dots = np.abs(np.einsum('ij,ij->i', actions[1:, 3:7], actions[:-1, 3:7]))
        turn = 2 * math.acos(min(float(dots.min()), 1.0)) / dt
        bound = self.config.max_speed * limits.angular_velocity
        if turn > bound:
            return f'actions: expected steps slower than {bound:.2f} rad/s, got {turn:.2f}'
        return ''

    def _range(self, actions: Array) -> str:
        outside = (actions[:, :3] < self._lower) | (actions[:, :3] > self._upper)
        if outside.any():
            step, axis = np.argwhere(outside)[0]
            return (
                f'actions: expected {self.spec.channels[axis]} in {self._lower[axis]:.3f} to '
                f'{self._upper[axis]:.3f} m, got {actions[step, axis]:.3f} at step {step}'
            )
        gripper, margin = self.spec.gripper, self.config.gripper_margin
        low, high = float(actions[:, 7].min()), float(actions[:, 7].max())
        if low < gripper.closed - margin or high > gripper.open + margin:
            return (
                f'actions: expected openings of {gripper.closed} to {gripper.open} m, '
                f'got {low:.3f} to {high:.3f}'
            )
        return ''
