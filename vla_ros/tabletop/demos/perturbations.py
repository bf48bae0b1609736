"""Disturbances: what goes wrong on purpose while a demonstration is recorded."""

from dataclasses import dataclass
import math

import numpy as np

from vla_ros.core.config import require
from vla_ros.core.data import Array


@dataclass(frozen=True)
class JointNoise:
    """How the joints of a joint group are disturbed, rad."""

    start: float  # standard deviation of their first positions, at most twice that
    jitter: float  # standard deviation of every commanded position
    push: tuple[float, float]  # of all joints together
    rate: float = 0.15  # 1/s, of pushes


@dataclass(frozen=True)
class NoiseConfig:
    """How demonstrations are disturbed. The labels stay the expert's."""

    push_rate: float = 0.25  # 1/s, of pushes of the commanded pose
    push: tuple[float, float] = (0.01, 0.04)  # m
    push_time: tuple[float, float] = (0.3, 0.8)  # s
    drop_rate: float = 0.03  # 1/s, of sudden openings of a closed hand
    jitter: float = 0.0015  # m, standard deviation of every commanded position
    start: float = 0.05  # m, standard deviation of the tcp's first position around home
    start_low: float = 0.3  # share of episodes that start low above the table
    start_closed: float = 0.15  # share that start with a closed hand
    quiet: float = 0.25  # share of episodes without pushes and drops
    head: JointNoise = JointNoise(start=0.12, jitter=0.006, push=(0.1, 0.4))
    torso: JointNoise = JointNoise(start=0.04, jitter=0.002, push=(0.01, 0.03))  # and others
    stand: tuple[float, float, float] = (0.015, 0.015, 0.03)  # m, m, rad, of a mobile base
    slip: float = 0.15  # standard deviation of what a mobile base does, share of its command

    def __post_init__(self) -> None:
        for name in ('start_low', 'start_closed', 'quiet'):
            require(0 <= getattr(self, name) <= 1, f'{name}: expected a share, 0..1')


class Disturbance:
    """Draws the disturbances of one episode, step by step."""

    def __init__(
        self, config: NoiseConfig, rng: np.random.Generator, period: float, opened: float
    ) -> None:
        """Draw with `rng` for control steps of `period` s; `opened` m is an open hand."""
        self.config = config
        self._rng = rng
        self._period, self._opened = period, opened
        self._quiet = rng.random() < config.quiet
        self._pushes: list[Array] = []  # m, what is left of the running push, newest last
        self._open_for = 0

    def start(self, home: Array, lower: Array, upper: Array, low: Array) -> tuple[Array, bool]:
        """Return the tcp's first position (3,) m within bounds, and whether the hand is closed.

        `low` (2, 2) m are the corners of the rectangle above which it may begin low.
        """
        config, rng = self.config, self._rng
        position = home + rng.normal(0, config.start, 3)
        if rng.random() < config.start_low:
            position[:2] = rng.uniform(*np.clip(low, lower[:2], upper[:2]))
            position[2] = rng.uniform(0.075, 0.25)
        return np.clip(position, lower, upper), bool(rng.random() < config.start_closed)

    def apply(self, action: Array, height: float) -> Array:
        """Return what is really commanded instead of `action` (8,).

        `height` is the lowest z, m, to which a push may lead.
        """
        config, rng = self.config, self._rng
        result = action.copy()
        result[:3] += rng.normal(0, config.jitter, 3)
        if not self._quiet:
            if not self._pushes and rng.random() < config.push_rate * self._period:
                direction = rng.normal(size=3) * (1, 1, 0.6)
                self._pushes = draw_push(rng, config, config.push, direction, self._period)
            if self._pushes:
                result[:3] += self._pushes.pop()
            if rng.random() < config.drop_rate * self._period:
                self._open_for = int(rng.integers(2, 5))
            if self._open_for:
                self._open_for -= 1
                result[7] = self._opened
        result[2] = max(result[2], min(height, action[2]))
        return result


class JointDisturbance:
    """Draws the disturbances of one joint group in one episode, step by step."""

    def __init__(
        self, config: NoiseConfig, name: str, rng: np.random.Generator, period: float
    ) -> None:
        """Draw with `rng` for the joint group called `name`, for control steps of `period` s."""
        self._config, self._rng, self._period = config, rng, period
        self._own = config.head if name == 'head' else config.torso
        self._quiet = rng.random() < config.quiet
        self._pushes: list[Array] = []  # rad, what is left of the running push, newest last

    def start(self, joints: Array) -> Array:
        """Return the first positions (n,) rad instead of `joints`."""
        most = 2 * self._own.start
        off = self._rng.normal(0, self._own.start, len(joints))
        return np.asarray(joints + np.clip(off, -most, most))

    def apply(self, action: Array) -> Array:
        """Return what is really commanded instead of `action` (n,) rad."""
        own, rng = self._own, self._rng
        result: Array = action + rng.normal(0, own.jitter, len(action))
        if not self._quiet and not self._pushes and rng.random() < own.rate * self._period:
            direction = rng.normal(size=len(action))
            self._pushes = draw_push(rng, self._config, own.push, direction, self._period)
        return result + self._pushes.pop() if self._pushes else result


def draw_push(
    rng: np.random.Generator,
    config: NoiseConfig,
    size: tuple[float, float],
    direction: Array,
    period: float,
) -> list[Array]:
    """Return the displacements (n,) per step of a push with a smooth beginning and end."""
    way = direction / np.linalg.norm(direction) * rng.uniform(*size)
    steps = max(1, round(rng.uniform(*config.push_time) / period))
    shares = np.array([math.sin(math.pi * (i + 0.5) / steps) for i in range(steps)])
    return [way * share for share in shares / shares.sum()]
