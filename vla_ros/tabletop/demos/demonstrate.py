"""Demonstrations by the hundred: worker processes, files, and a report."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from dataclasses import dataclass, field
import functools
import multiprocessing
from pathlib import Path
import time
from typing import Any

import numpy as np

from vla_ros.core.config import require
from vla_ros.robots import load_robot
from vla_ros.tabletop.demos.demonstration import write_demonstration
from vla_ros.tabletop.demos.demonstrator import FPS, Demonstrator
from vla_ros.tabletop.demos.perturbations import NoiseConfig
from vla_ros.tabletop.demos.policy_rollout import PolicyRollout


FRESH_SEEDS = 1_000_000  # scenes from here on are the evaluation's


@functools.cache
def _demonstrator(robot: str, noise: NoiseConfig) -> Demonstrator:
    """Return this process's demonstrator."""
    return Demonstrator(load_robot(robot), noise)


@functools.cache
def _driver(policy: str, robot: str) -> PolicyRollout | None:
    """Return this process's policy; None for no path."""
    return PolicyRollout(policy, load_robot(robot)) if policy else None


def _work(
    robot: str, noise: NoiseConfig, rollin_policy: str, family: str, seed: int, out: str
) -> dict[str, Any]:
    """Collect one episode in a worker process; write it when it is a success."""
    start = time.perf_counter()
    demonstrator = _demonstrator(robot, noise)
    episode = demonstrator.collect(family, seed, _driver(rollin_policy, robot))
    success = episode.info.success
    if success:
        write_demonstration(Path(out) / family / f'{family}_{seed:06d}.safetensors', episode)
    seconds = len(episode) / FPS
    wall = time.perf_counter() - start
    return {
        'family': family, 'success': success, 'seconds': seconds, 'wall': wall,
        'measured': demonstrator.measured,
    }  # fmt: skip


def demonstrate(
    robot: str,
    out: str | Path,
    episodes: int,
    tasks: tuple[str, ...] = (),
    seed: int = 0,
    workers: int = 2,
    noise: NoiseConfig | None = None,
    rollin_policy: str = '',
    step: Callable[[bool], None] = lambda success: None,
) -> dict[str, Any]:
    """Write `episodes` successful demonstrations per family to out/<family>/; return the report.

    The families are `tasks`, all of the robot's when empty. Seeds go up from `seed`; failures are
    counted and not kept. Episodes that are there already are not collected again. With
    `rollin_policy`, a policy directory, that policy drives first and the expert corrects what it
    did (DAgger; Ross et al. 2011). `step` is called with the success of every episode tried.
    """
    require(episodes > 0 and workers > 0, 'episodes and workers: expected 1 or more')
    require(0 <= seed < FRESH_SEEDS, f'seed: expected 0..{FRESH_SEEDS - 1}, the rest is for tests')
    tasks = _known(tasks, robot)
    noise, start = noise or NoiseConfig(), time.perf_counter()
    batch = _Batch(Path(out), dict.fromkeys(tasks, seed), episodes)
    done: list[dict[str, Any]] = []
    with ProcessPoolExecutor(workers, multiprocessing.get_context('spawn')) as pool:
        running: set[Future] = set()
        while True:
            while len(running) < 2 * workers and (job := batch.take()):
                running.add(pool.submit(_work, robot, noise, rollin_policy, *job, str(out)))
            if not running:
                break
            future = next(as_completed(running))
            running.remove(future)
            result = future.result()
            done.append(result)
            batch.settle(result['family'], result['success'])
            step(result['success'])
    return _report(robot, seed, tasks, done, batch.kept, time.perf_counter() - start)


def _known(tasks: tuple[str, ...], robot: str) -> tuple[str, ...]:
    """Return the tasks, all of the robot's when empty; refuse what it does not have."""
    valid = load_robot(robot).tasks
    unknown = [name for name in tasks if name not in valid]
    require(not unknown, f'tasks: {unknown[:1]} is not one of {list(valid)}, which {robot} has')
    require(bool(valid), f'{robot} has no tasks; see `tasks` in its YAML')
    return tasks or valid


@dataclass
class _Batch:
    """Which episodes are still to be tried: as many as may be kept, never more."""

    out: Path
    following: dict[str, int]  # family -> the seed that is looked at next
    episodes: int  # wanted per family
    kept: Counter[str] = field(default_factory=Counter)
    pending: Counter[str] = field(default_factory=Counter)

    def take(self) -> tuple[str, int] | None:
        """Return the next (family, seed), of the family that is furthest behind; None: wait."""
        while True:
            claimed = {f: self.kept[f] + self.pending[f] for f in self.following}
            family = min(claimed, key=claimed.__getitem__)
            if claimed[family] >= self.episodes:
                return None
            number = self.following[family]
            require(number < FRESH_SEEDS, 'seed: ran into the scenes of the evaluation')
            self.following[family] += 1
            if (self.out / family / f'{family}_{number:06d}.safetensors').exists():
                self.kept[family] += 1
                continue
            self.pending[family] += 1
            return family, number

    def settle(self, family: str, success: bool) -> None:
        """Note the end of an episode that was taken."""
        self.pending[family] -= 1
        self.kept[family] += success


def _report(
    robot: str, seed: int, tasks: tuple[str, ...], done: list[dict], kept: Counter, wall: float
) -> dict[str, Any]:
    families = {}
    for family in tasks:
        own = [result for result in done if result['family'] == family]
        good = sum(result['success'] for result in own)
        families[family] = {
            'kept': kept[family],
            'tried': len(own),
            'success_rate': good / len(own) if own else None,
            'mean_seconds': float(np.mean([r['seconds'] for r in own])) if own else None,
            'measured': _means([r['measured'] for r in own if r['success']]),
        }
    seconds = sum(result['seconds'] for result in done)
    busy = sum(result['wall'] for result in done)
    return {
        'robot': robot,
        'seed': seed,
        'episodes': sum(kept[family] for family in tasks),
        'tried': len(done),
        'success_rate': sum(r['success'] for r in done) / len(done) if done else None,
        'simulated_seconds': seconds,
        'wall_seconds': wall,
        'realtime_factor_per_worker': seconds / busy if busy else None,
        'families': families,
    }


def _means(rows: list[dict[str, float]]) -> dict[str, float]:
    """Return the mean of what tasks measured in their successes, by name."""
    return {name: float(np.mean([row[name] for row in rows])) for name in (rows or [{}])[0]}
