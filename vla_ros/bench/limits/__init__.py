"""An adversary against the limits: senseless measurements, targets, gains and events for a law.

Everything that comes from outside is drawn at random, good and bad; what is sent, tick by tick, is
held against every limit of the robot. The joint states follow no physics, so that a law sees what
no simulation would bring about.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vla_ros.bench.limits.adversary import Adversary
from vla_ros.bench.limits.verdict import Verdict, check_motion, check_pose, check_torque
from vla_ros.bench.limits.wanderer import Wanderer
from vla_ros.control.laws import load_preset
from vla_ros.core.data import SECOND, Array
from vla_ros.robots.following import JointFollowing
from vla_ros.robots.spec import ArmSpec
from vla_ros.runtime.controller import ChunkController


BLOCK = 10_000  # ticks between checks
_KEPT = 4  # ticks of the block before, for differences across the border
_EVERY = 12  # ticks, mean time between two ideas of the adversary


class Record:
    """What was commanded and sent in the last ticks."""

    def __init__(self, wanderer: Wanderer) -> None:
        """Begin empty."""
        self.poses = np.zeros((BLOCK + _KEPT, 7))
        self.fresh = np.ones(BLOCK + _KEPT, bool)  # the commanded pose was put where the arm is
        self.begun = np.ones(BLOCK + _KEPT, bool)  # and the joint positions sent
        self.row, self._wanderer = _KEPT, wanderer

    def check(self, spec: ArmSpec, verdict: Verdict) -> None:
        """Hold it all against the limits; keep what the next differences need."""
        row, wanderer = self.row, self._wanderer
        for poses in _stretches(self.poses, self.fresh[:row]):
            check_pose(spec, verdict, poses[:, :3], poses[:, 3:])
        check_torque(spec, verdict, wanderer.torques[:row])
        for positions in _stretches(wanderer.positions, self.begun[:row]):
            check_motion(spec, verdict, positions)
        arrays: tuple[NDArray[Any], ...] = (
            *(wanderer.torques, wanderer.positions),
            *(self.poses, self.fresh, self.begun),
        )
        for array in arrays:
            array[:_KEPT] = array[row - _KEPT : row]
        self.row = _KEPT


def _stretches(array: Array, fresh: NDArray[np.bool_]) -> Iterator[Array]:
    """Yield the parts of an array that begin with a fresh row, those long enough to judge."""
    edges = [0, *np.flatnonzero(fresh).tolist(), len(fresh)]
    for a, b in zip(edges, edges[1:], strict=False):
        if b - a > _KEPT:
            yield array[a:b]


def _undisturbed(spec: ArmSpec) -> ArmSpec:
    """Return the arm without what would hold it: what is sent in motion is the matter."""
    # Torques that fit no motion look like contact.
    numb = replace(spec.cartesian, contact_force=1e9, contact_torque=1e9)
    # The joints wander.
    patient = JointFollowing(lag=2.0, error=3.0, position=1.0, rotation=3.0, after=5.0)
    return replace(spec, cartesian=numb, driver=replace(spec.driver, following=patient))


def fuzz_limits(
    spec: ArmSpec,
    law: str,
    ticks: int,
    seed: int = 0,
    progress: Callable[[bool], None] = lambda good: None,
) -> Verdict:
    """Let an adversary loose on a law (a preset) for so many ticks; return what came of it.

    `progress` is called after every BLOCK ticks with whether no limit has been exceeded yet.
    """
    spec = _undisturbed(spec)
    rng = np.random.default_rng(seed)
    wanderer, verdict = Wanderer(spec, rng, BLOCK + _KEPT), Verdict()
    record = Record(wanderer)
    execution = ChunkController(spec, (wanderer,), law=law)
    adversary = Adversary(spec, load_preset(law), rng)
    loop = execution.loop
    now, period = 1_000 * SECOND, round(SECOND / spec.control_rate)
    idea = placed = begun = 0
    for done in range(1, ticks + 1):
        now += period
        wanderer.wander(now)
        row = wanderer.row = record.row
        wanderer.torques[row] = wanderer.positions[row] = np.nan
        execution.tick(now)
        target = loop.limiter.target
        record.fresh[row], placed = loop.limiter.placed > placed, loop.limiter.placed
        record.begun[row], begun = loop.actuation.placed > begun, loop.actuation.placed
        record.poses[row, :3], record.poses[row, 3:] = target.position, target.quaternion
        record.row += 1
        if done >= idea:
            adversary.act(execution, now)
            idea = done + int(rng.integers(1, 2 * _EVERY))
        if record.row == BLOCK + _KEPT or done == ticks:
            record.check(spec, verdict)
            verdict.ticks = done
            progress(not verdict.violations)
    return verdict


__all__ = ['BLOCK', 'Verdict', 'fuzz_limits']
