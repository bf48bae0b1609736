"""Presses every button and sends every kind of target, good and bad."""

import math

import numpy as np

from vla_ros.control.laws import LawPreset
from vla_ros.control.loops.supervisor import Event, State
from vla_ros.control.loops.targets import Kind
from vla_ros.core.data import SECOND, Array
from vla_ros.robots.spec import ArmSpec
from vla_ros.runtime.controller import ChunkController


_EVENTS = (Event.HOLD, Event.ALARM, Event.ESTOP, Event.START, Event.FINISH, Event.RELEASE)


class Adversary:
    """Presses every button and sends every kind of target."""

    def __init__(self, spec: ArmSpec, preset: LawPreset, rng: np.random.Generator) -> None:
        """Be against a law."""
        self._spec, self._preset, self._rng = spec, preset, rng

    def act(self, execution: ChunkController, now: int) -> None:
        """Do something."""
        rng = self._rng
        chance = rng.random()
        if chance < 0.02:
            execution.post(Event(rng.choice(_EVENTS)), 'push the red cube')
        elif chance < 0.03:
            execution.adopt(self._preset)
        elif execution.supervisor.state is not State.TAKEOVER:
            for event in (Event.RESET, Event.TAKEOVER):
                execution.post(event)
        else:
            kind = Kind(int(rng.integers(len(Kind))))
            late = int(rng.integers(0, SECOND // 50))
            execution.target(kind, now - late, self._values(kind, execution), now)

    def _values(self, kind: Kind, execution: ChunkController) -> Array:
        rng, target = self._rng, execution.loop.limiter.target
        if kind is Kind.POSE:
            values = np.concatenate([target.position, target.quaternion])
            values += rng.normal(0, rng.choice([0.01, 0.3]), 7)
            values[3:] /= np.linalg.norm(values[3:])
        elif kind is Kind.STIFFNESS:
            root = rng.normal(0, rng.choice([3.0, 15.0]), (6, 6))
            values = (root @ root.T).ravel()
        elif kind is Kind.JOINT:
            values = self._spec.home + rng.normal(0, rng.choice([0.05, 1.0]), self._spec.n)
        elif kind is Kind.GRIPPER:
            values = rng.normal(0.04, 0.1, 1)
        else:
            values = rng.normal(0, rng.choice([0.1, 1.0, 100.0]), 7)
            values[6] = rng.integers(2)
        if rng.random() < 0.05:
            values[rng.integers(len(values))] = rng.choice([math.nan, math.inf])
        return np.asarray(values, np.float64)
