"""A robot whose joints go where they like, and whose force sensor feels what it likes."""

import math

import numpy as np

from vla_ros.control.loops.interfaces import JointSample
from vla_ros.core.data import Array
from vla_ros.robots.spec import ArmSpec
from vla_ros.runtime.system import Sample


_MOMENTS = np.array([1.0, 1.0, 1.0, 0.1, 0.1, 0.1])  # m, between a force and its moment
_LONG = 100  # ticks, of silence
_GROWTH = 2e-3  # share of the way to another width, each tick


class Wanderer:
    """Hardware whose joints go where they like; it remembers what was sent."""

    def __init__(self, spec: ArmSpec, rng: np.random.Generator, rows: int) -> None:
        """Begin at home; remember `rows` ticks."""
        self.torques, self.positions = np.full((2, rows, spec.n), np.nan)
        self.row = 0
        self._rng, self._home = rng, spec.home
        self._speed = spec.joint_array('velocity')
        self._sample = Sample(0, spec.home.copy(), np.zeros(spec.n), 0.04)
        self._period = 1 / spec.control_rate
        self._phase, self._pace = rng.uniform(0, 6.28, spec.n), rng.uniform(0.1, 3.0, spec.n)
        self._width, self._aim = rng.uniform(0.0, 0.6, (2, spec.n))
        self._shift = np.zeros(spec.n)  # rad, that the joints have jumped by
        self._feels = spec.force_sensor is not None
        self._push, self._silent = np.zeros(6), 0  # N and Nm, ticks

    def read(self) -> JointSample:
        """Return the newest measurement."""
        return self._sample

    def write(self, torque: Array, gripper: float) -> None:
        """Remember the torques."""
        self.torques[self.row] = torque

    def move(self, position: Array, velocity: Array, gripper: float) -> None:
        """Remember the positions."""
        self.positions[self.row] = position

    def wander(self, now: int) -> None:
        """Be somewhere else; sometimes far away, too fast, or nowhere."""
        rng, sample = self._rng, self._sample
        # Without a step, or the joints would be held for jumps, and nothing else, all the time.
        self._phase = self._phase + self._period * self._pace
        self._width = self._width + _GROWTH * (self._aim - self._width)
        sample.stamp = now
        sample.position = self._home + self._shift + self._width * np.sin(self._phase)
        sample.velocity = self._width * self._pace * np.cos(self._phase)
        chance = rng.random()
        if chance < 1e-3:
            self._aim = rng.uniform(0.0, 1.2, len(self._width))
        elif chance < 2e-3:
            self._pace = rng.uniform(0.1, 2.5, len(self._pace))
        elif chance < 3e-3:
            sample.velocity = rng.normal(0, 1, len(self._speed)) * self._speed
        elif chance < 3.5e-3:
            sample.position = np.full_like(sample.position, math.nan)
        elif chance < 3.7e-3:
            self._shift = rng.uniform(-0.6, 0.6, len(self._width))
        if self._feels:
            self._feel()

    def _feel(self) -> None:
        """Feel another wrench; sometimes an enormous one, what is no number, or nothing."""
        rng, sample = self._rng, self._sample
        chance = rng.random()
        if chance < 2e-3:
            self._push = rng.normal(0, rng.choice([1.0, 20.0, 1000.0]), 6) * _MOMENTS
        elif chance < 2.2e-3:
            self._silent = int(rng.integers(1, _LONG))
        self._silent = max(self._silent - 1, 0)
        if self._silent:
            sample.wrench = None if self._silent % 2 else np.full(6, math.nan)
        else:
            sample.wrench = self._push + rng.normal(0, 0.1, 6)
