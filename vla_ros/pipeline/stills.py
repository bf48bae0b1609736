"""Still pictures of random scenes to learn to see from, in the format of demonstrations.

Nothing moves in them: cubes lie about, are held, stacked, in the bowl or on the zone, and the
hand is anywhere. Every step is marked invalid, so that only perception learns from it. Seconds of
rendering replace minutes of physics.
"""

from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
import functools
import multiprocessing
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vla_ros.data import Array, Image
from vla_ros.episodes import SUFFIX, Episode, EpisodeInfo, write_episode
from vla_ros.language.grammar import Request
from vla_ros.pipeline.workcell import Workcell, tcp_pose
from vla_ros.robots import RobotSpec, load_robot
from vla_ros.sim.cameras import CameraRenderer
from vla_ros.sim.hardware import SimHardware
from vla_ros.sim.layout import Layout, draw_layout


FRAMES = 4  # per scene
FPS = 10.0  # Hz, of the stamps; nothing moves


@dataclass(frozen=True)
class Arrangement:
    """Where everything is in one picture."""

    cubes: Array  # (6, 3) m, NaN = absent
    tcp: Array  # (3,) m
    opening: float  # m
    held: int  # index of the cube in the hand, -1 for none


class Studio:
    """Arranges scenes and takes pictures of them."""

    def __init__(self, spec: RobotSpec) -> None:
        """Open the scene of a robot."""
        self.spec = spec
        self.cell = Workcell(spec, 1 / FPS)
        self.cameras = CameraRenderer(self.cell.scene)

    def episode(self, seed: int) -> Episode:
        """Return FRAMES pictures of the random scene of a seed, each arranged anew."""
        rng = np.random.default_rng((seed, 2))
        layout = draw_layout(self.cell.scene.config, rng)
        self.cameras.show(layout)
        self.hardware = SimHardware(self.cell.scene, layout)
        arrangements = [_arrange(layout, self.spec.gripper.open, rng) for _ in range(FRAMES)]
        shots = [self._shoot(layout, arrangement, rng) for arrangement in arrangements]
        images, states, actions = zip(*shots, strict=True)
        request = Request('pick', layout.present[0])
        return Episode(
            info=EpisodeInfo(self.spec.name, request, '', seed, success=True, fps=FPS),
            images={name: np.stack([i[name] for i in images]) for name in images[0]},
            state=np.array(states, np.float32),
            action=np.array(actions, np.float32),
            objects=np.array([a.cubes for a in arrangements], np.float32),
            bowl=np.tile(np.array([*layout.bowl, 0.0], np.float32), (FRAMES, 1)),
            zone=np.tile(np.array([*layout.zone, 0.0], np.float32), (FRAMES, 1)),
            stamp=np.arange(FRAMES) * round(1e9 / FPS),
            valid=np.zeros(FRAMES, np.uint8),
        )

    def _shoot(
        self, layout: Layout, arrangement: Arrangement, rng: np.random.Generator
    ) -> tuple[dict[str, Image], Array, Array]:
        """Return the images, the state (16,) and the commanded pose and opening (8,)."""
        cell, opening = self.cell, arrangement.opening
        self.hardware.reset(layout, cell.reach(arrangement.tcp, iterations=12), opening)
        qpos = self.hardware.qpos()
        for i, place in enumerate(arrangement.cubes):
            if np.isfinite(place[0]):
                yaw = 0.0 if i == arrangement.held else layout.cubes[i, 2]
                address = cell.scene.cubes_q[i]
                turn = (np.cos(yaw / 2), 0, 0, np.sin(yaw / 2))
                qpos[address : address + 7] = (*place, *turn)
        cell.model.update(qpos[cell.scene.arm_q], np.zeros(self.spec.n))
        measured = tcp_pose(cell.model)
        pose = np.concatenate([measured.position, measured.quaternion, [opening]])
        commanded = pose.copy()
        commanded[:3] += rng.normal(0, 0.004, 3)
        images = {c.name: self.cameras.render(c.name, qpos).copy() for c in self.spec.cameras}
        return images, np.concatenate([pose, commanded]), commanded


def photograph(
    robot: str,
    out: Path,
    scenes: int,
    seed: int = 0,
    workers: int = 2,
    step: Callable[[bool], None] = lambda success: None,
) -> None:
    """Write the stills of `scenes` seeds, up from `seed`, to `out`; those that are there stay."""
    paths = {number: out / f'still_{number:06d}{SUFFIX}' for number in range(seed, seed + scenes)}
    due = [number for number, path in paths.items() if not path.exists()]
    with ProcessPoolExecutor(workers, multiprocessing.get_context('spawn')) as pool:
        jobs = [robot] * len(due), due, [paths[number] for number in due]
        for _ in pool.map(_work, *jobs, chunksize=8):
            step(True)


@functools.cache
def _studio(robot: str) -> Studio:
    """Return this process's studio."""
    return Studio(load_robot(robot))


def _work(robot: str, seed: int, path: Path) -> None:
    write_episode(path, _studio(robot).episode(seed))


def _arrange(layout: Layout, opened: float, rng: np.random.Generator) -> Arrangement:
    """Draw where everything is; `opened` m is an open hand."""
    cubes = np.c_[layout.cubes[:, :2], np.full(len(layout.cubes), 0.02)]
    present = np.flatnonzero(np.isfinite(cubes[:, 0]))
    _rearrange(layout, cubes, present, rng)
    one = int(rng.choice(present))
    chosen = cubes[one]
    tcp = rng.uniform([0.34, -0.28, 0.08], [0.66, 0.28, 0.32])
    opening, held = float(rng.choice([0.0, opened / 2, opened, opened])), -1
    draw = rng.random()
    if draw < 0.35:  # above a cube, as before a grasp
        tcp = chosen + rng.normal(0, 0.02, 3) * [1, 1, 0]
        tcp[2] += rng.uniform(0.05, 0.14)
        opening = opened
    elif draw < 0.45:  # around it
        tcp = chosen + rng.normal(0, 0.004, 3) + [0, 0, rng.uniform(-0.004, 0.03)]
        opening = opened
    elif draw < 0.55:  # beside it, closed, as before a push
        side = rng.uniform(-np.pi, np.pi)
        tcp = chosen + 0.05 * np.array([np.cos(side), np.sin(side), 0.0])
        tcp[2], opening = rng.uniform(0.02, 0.1), 0.0
    elif draw < 0.8:
        held, opening = one, 0.04
        tcp[2] = rng.uniform(0.02, 0.25)
        cubes[held] = tcp + [*rng.normal(0, 0.003, 2), rng.uniform(-0.012, 0.004)]
    return Arrangement(cubes, tcp, opening, held)


def _rearrange(
    layout: Layout, cubes: Array, present: NDArray[np.int64], rng: np.random.Generator
) -> None:
    """Move one cube into the bowl, onto the zone or onto another, now and then."""
    one, other = rng.permutation(present)[:2]
    draw = rng.random()
    if draw < 0.15:
        cubes[one] = [*(layout.bowl + rng.uniform(-0.02, 0.02, 2)), rng.uniform(0.02, 0.06)]
    elif draw < 0.3:
        cubes[one, :2] = layout.zone + rng.uniform(-0.04, 0.04, 2)
    elif draw < 0.45:
        cubes[one] = cubes[other] + [*rng.normal(0, 0.006, 2), rng.uniform(0.04, 0.07)]
