"""A robot whose joints go where they like."""

import math

import numpy as np

from vla_ros.control.interfaces import JointSample
from vla_ros.data import SECOND, Array
from vla_ros.pipeline.plant import Sample
from vla_ros.robots.spec import RobotSpec


class Wanderer:
    """Hardware whose joints go where they like; it remembers what was sent."""

    def __init__(self, spec: RobotSpec, rng: np.random.Generator, rows: int) -> None:
        """Begin at home; remember `rows` ticks."""
        self.torques, self.positions = np.full((2, rows, spec.n), np.nan)
        self.row = 0
        self._rng, self._home = rng, spec.home
        self._speed = spec.joint_array('velocity')
        self._sample = Sample(0, spec.home.copy(), np.zeros(spec.n), 0.04)
        self._phase, self._pace = rng.uniform(0, 6.28, spec.n), rng.uniform(0.1, 3.0, spec.n)
        self._width = rng.uniform(0.0, 0.6, spec.n)

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
        phase = self._pace * (now / SECOND) + self._phase
        sample.stamp = now
        sample.position = self._home + self._width * np.sin(phase)
        sample.velocity = self._width * self._pace * np.cos(phase)
        chance = rng.random()
        if chance < 1e-3:
            self._width = rng.uniform(0.0, 1.2, len(self._width))
        elif chance < 2e-3:
            self._pace = rng.uniform(0.1, 2.5, len(self._pace))
        elif chance < 3e-3:
            sample.velocity = rng.normal(0, 1, len(self._speed)) * self._speed
        elif chance < 3.5e-3:
            sample.position = np.full_like(sample.position, math.nan)
