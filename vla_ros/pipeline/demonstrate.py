"""Demonstrations: scripted experts drive the arm through the law and limits that run it later."""

from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from dataclasses import dataclass, field
import functools
import json
import multiprocessing
from pathlib import Path
import time
from typing import Any

import numpy as np

from vla_ros.config import require
from vla_ros.data import Array, Image, Observation, RobotState
from vla_ros.episodes import Episode, EpisodeInfo, write_episode
from vla_ros.language.grammar import FAMILIES, Request, render
from vla_ros.pipeline.disturbance import Disturbance, NoiseConfig
from vla_ros.pipeline.workcell import Workcell
from vla_ros.robots.spec import RobotSpec, load_robot
from vla_ros.sim.cameras import CameraRenderer
from vla_ros.sim.state import WorldState
from vla_ros.sim.tasks import ExpertAction, Progress, Task, draw, make_tasks


FPS = 10.0  # Hz
FRESH_SEEDS = 1_000_000  # scenes from here on are the evaluation's
_AFTER = 10  # steps recorded after success: the policy learns to stay

# Drives instead of the expert: observation in, action (8,) out.
Policy = Callable[[Observation], Array]


@dataclass
class Recorder:
    """The steps of one episode."""

    images: dict[str, list[Image]] = field(default_factory=dict)
    rows: list[tuple[Array, Array, WorldState, int, bool]] = field(default_factory=list)

    def add(
        self,
        images: dict[str, Image],
        robot: RobotState,
        world: WorldState,
        action: Array,
        valid: bool,
    ) -> None:
        """Append the state at step t, its pictures and the action (8,) wanted in it."""
        for name, image in images.items():
            self.images.setdefault(name, []).append(image)
        self.rows.append((robot.vector(), action, world, robot.stamp, valid))

    def episode(self, info: EpisodeInfo) -> Episode:
        """Return all of it."""
        states, actions, worlds, stamps, valid = zip(*self.rows, strict=True)
        return Episode(
            info=info,
            images={name: np.stack(images) for name, images in self.images.items()},
            state=np.array(states, np.float32),
            action=np.array(actions, np.float32),
            objects=np.array([world.cubes for world in worlds], np.float32),
            bowl=np.array([world.bowl for world in worlds], np.float32),
            zone=np.array([world.zone for world in worlds], np.float32),
            stamp=np.array(stamps, np.int64),
            valid=np.array(valid, np.uint8),
        )


class Demonstrator:
    """Collects episodes on one simulated robot."""

    def __init__(self, spec: RobotSpec, noise: NoiseConfig | None = None) -> None:
        """Build the scene and open the cameras."""
        self.spec = spec
        self.noise = NoiseConfig() if noise is None else noise
        self.cell = Workcell(spec, 1 / FPS)
        self.cameras = CameraRenderer(self.cell.scene)
        self.tasks = make_tasks(self.cell.scene.config, self.cell.hand)

    def collect(self, family: str, seed: int, takeover: Policy | None = None) -> Episode:
        """Return the demonstration of a seed, successful or not.

        With `takeover` that policy drives for a random time before the expert corrects it; only
        the expert's part is marked valid.
        """
        require(family in self.tasks, f'family {family!r} is not one of {list(self.tasks)}')
        task = self.tasks[family]
        layout, request = draw(task, seed)
        rng = np.random.default_rng((seed, FAMILIES.index(family), 1))
        instruction = render(request, rng, 'train')
        disturbance = Disturbance(self.noise, rng, 1 / FPS)
        self._start(layout, disturbance)
        handover = rng.uniform(1.0, 8.0) if takeover else 0.0
        recorder, progress = Recorder(), Progress(task, request)
        left = _AFTER
        while left:
            left -= progress.success
            world, robot, images = self._observe()
            if progress.update(world) and not progress.success:
                break
            label = expert_vector(task.expert(world, request))
            drives = takeover is None or world.time >= handover
            recorder.add(images, robot, world, label, drives)
            if takeover is not None and not drives:
                self.cell.advance(takeover(Observation(robot.stamp, images, robot, instruction)))
            else:
                floor = 0.05 if family == 'push' else 0.012
                calm = progress.success or task.success(world, request)
                self.cell.advance(label if calm else disturbance.apply(label, floor))
        success = progress.success and task.success(world, request)
        info = EpisodeInfo(self.spec.name, request, instruction, seed, success, FPS)
        return recorder.episode(info)

    def _start(self, layout: Any, disturbance: Disturbance) -> None:
        """Lay out the scene with the arm where the disturbance wants it."""
        limits, cell = self.spec.cartesian, self.cell
        lower, upper = np.array(limits.lower) + 0.02, np.array(limits.upper) - 0.02
        lower[2] = max(lower[2], 0.075)
        position, closed = disturbance.start(cell.home.position, lower, upper)
        opening = self.spec.gripper.closed if closed else self.spec.gripper.open
        cell.reset(layout, cell.reach(position), opening)
        self.cameras.show(layout)

    def _observe(self) -> tuple[WorldState, RobotState, dict[str, Image]]:
        qpos = self.cell.hardware.qpos()
        images = {c.name: self.cameras.render(c.name, qpos) for c in self.spec.cameras}
        return self.cell.world(), self.cell.robot(), images


def expert_vector(action: ExpertAction) -> Array:
    """Return pose and opening as one vector (8,)."""
    return np.concatenate([action.pose.position, action.pose.quaternion, [action.gripper]])


@functools.cache
def _demonstrator(robot: str, noise: NoiseConfig) -> Demonstrator:
    """Return this process's demonstrator."""
    return Demonstrator(load_robot(robot), noise)


def _work(robot: str, noise: NoiseConfig, family: str, seed: int, out: str) -> dict[str, Any]:
    """Collect one episode in a worker process; write it when it is a success."""
    start = time.perf_counter()
    episode = _demonstrator(robot, noise).collect(family, seed)
    success = episode.info.success
    if success:
        write_episode(Path(out) / family / f'{family}_{seed:06d}.safetensors', episode)
    seconds = len(episode) / FPS
    wall = time.perf_counter() - start
    return {'family': family, 'success': success, 'seconds': seconds, 'wall': wall}


def demonstrate(
    robot: str,
    out: str | Path,
    episodes: int,
    tasks: tuple[str, ...] = FAMILIES,
    seed: int = 0,
    workers: int = 2,
    noise: NoiseConfig | None = None,
    step: Callable[[bool], None] = lambda success: None,
) -> dict[str, Any]:
    """Write `episodes` successful demonstrations per family to out/<family>/; return the report.

    Seeds go up from `seed`; failures are counted and not kept. Episodes that are there already
    are not collected again. `step` is called with the success of every episode tried.
    """
    require(episodes > 0 and workers > 0, 'episodes and workers: expected 1 or more')
    require(0 <= seed < FRESH_SEEDS, f'seed: expected 0..{FRESH_SEEDS - 1}, the rest is for tests')
    noise, start = noise or NoiseConfig(), time.perf_counter()
    done: list[dict[str, Any]] = []
    kept: Counter[str] = Counter()
    queue = _jobs(Path(out), tasks, seed, kept, episodes)
    with ProcessPoolExecutor(workers, multiprocessing.get_context('spawn')) as pool:
        running: set[Future] = set()
        while True:
            while len(running) < 2 * workers and (job := next(queue, None)):
                running.add(pool.submit(_work, robot, noise, *job, str(out)))
            if not running:
                break
            future = next(as_completed(running))
            running.remove(future)
            result = future.result()
            done.append(result)
            kept[result['family']] += result['success']
            step(result['success'])
    return _report(robot, seed, tasks, done, kept, time.perf_counter() - start)


def _jobs(
    out: Path, tasks: tuple[str, ...], seed: int, kept: Counter[str], episodes: int
) -> Iterator[tuple[str, int]]:
    """Yield (family, seed) in turn until enough are kept of every family."""
    number = seed
    while any(kept[family] < episodes for family in tasks):
        require(number < FRESH_SEEDS, 'seed: ran into the scenes of the evaluation')
        for family in tasks:
            if kept[family] >= episodes:
                continue
            if (out / family / f'{family}_{number:06d}.safetensors').exists():
                kept[family] += 1
            else:
                yield family, number
        number += 1


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


def write_report(path: str | Path, report: dict[str, Any]) -> None:
    """Write the report as JSON."""
    Path(path).write_text(json.dumps(report, indent=2) + '\n', encoding='utf-8')


__all__ = ['Demonstrator', 'Policy', 'Request', 'Task', 'demonstrate', 'write_report']
