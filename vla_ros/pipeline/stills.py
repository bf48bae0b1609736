"""Still pictures of random scenes to learn to see from, in the format of demonstrations.

Nothing moves in them; what lies about is in `arranging.py`. Every step is marked invalid, so that
only perception learns from it. Seconds of rendering replace minutes of physics.
"""

from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
import functools
import multiprocessing
from pathlib import Path

import numpy as np

from vla_ros.config import require
from vla_ros.data import Array, Image
from vla_ros.episodes import SUFFIX, Episode, EpisodeInfo, write_episode
from vla_ros.language import COLOURS, FAMILIES, Request, requests
from vla_ros.language.families import kinds
from vla_ros.pipeline.arranging import Arrangement, Arranger
from vla_ros.pipeline.arranging_pairs import PairArranger
from vla_ros.pipeline.workcell import Workcell, tcp_pose
from vla_ros.robots import Robot, load_robot
from vla_ros.sim.cameras import CameraRenderer
from vla_ros.sim.hardware import SimHardware
from vla_ros.sim.layout import Layout, draw_layout


FRAMES = 4  # per scene
FPS = 10.0  # Hz, of the stamps; nothing moves


class Studio:
    """Arranges scenes and takes pictures of them."""

    def __init__(self, spec: Robot) -> None:
        """Open the scene of a robot.

        Raises:
            ValueError: it has no tasks, so that there is nothing to see.
        """
        self.spec = spec
        self.kinds = kinds(spec.tasks)
        require(bool(self.kinds), f'{spec.name} has no tasks; see `tasks` in its YAML')
        self.cell = Workcell(spec, 1 / FPS)
        self.cameras = CameraRenderer(self.cell.scene)

    def episode(self, seed: int) -> Episode:
        """Return FRAMES pictures of the random scene of a seed, each arranged anew."""
        rng = np.random.default_rng((seed, 2))
        kind = self.kinds[seed % len(self.kinds)]
        layout = draw_layout(self.cell.scene.config, rng, kind)
        self.cameras.show(layout)
        self.hardware = SimHardware(self.cell.scene, layout)
        one = len(self.cell.arms) == 1
        arranger = (Arranger if one else PairArranger)(self.cell, layout, rng)
        arrangements = [arranger.arrange(kind) for _ in range(FRAMES)]
        shots = [self._shoot(layout, arrangement, rng) for arrangement in arrangements]
        images, states, actions = zip(*shots, strict=True)
        family = next(name for name in self.spec.tasks if FAMILIES[name].kind == kind)
        request = _any_request(family, layout)
        return Episode(
            info=EpisodeInfo(self.spec.name, request, '', seed, success=True, fps=FPS),
            images={name: np.stack([i[name] for i in images]) for name in images[0]},
            state=np.array(states, np.float32),
            action=np.array(actions, np.float32),
            objects=np.array([a.things for a in arrangements], np.float32),
            grips=np.array([a.grips for a in arrangements], np.float32),
            bowl=np.tile(np.array([*layout.bowl, 0.0], np.float32), (FRAMES, 1)),
            zone=np.tile(np.array([*layout.zone, 0.0], np.float32), (FRAMES, 1)),
            travel=np.full((FRAMES, len(COLOURS)), np.nan, np.float32),
            wiped=np.full((FRAMES, len(COLOURS)), np.nan, np.float32),
            force=np.full((FRAMES, 3), np.nan, np.float32),
            stamp=np.arange(FRAMES) * round(1e9 / FPS),
            valid=np.zeros(FRAMES, np.uint8),
        )

    def _shoot(
        self, layout: Layout, arrangement: Arrangement, rng: np.random.Generator
    ) -> tuple[dict[str, Image], Array, Array]:
        """Return images, state (16 per limb,), commanded poses and openings (8 per limb,)."""
        cell, openings = self.cell, arrangement.openings
        self.hardware.reset(layout, np.concatenate(arrangement.q), openings)
        qpos = self.hardware.qpos()
        arrangement.put(qpos)
        states, commands = [], []
        for arm, q, opening in zip(cell.arms, arrangement.q, openings, strict=True):
            arm.model.update(q, np.zeros(arm.spec.n))
            measured = tcp_pose(arm.model)
            pose = np.concatenate([measured.position, measured.quaternion, [opening]])
            command = pose.copy()
            command[:3] += rng.normal(0, 0.004, 3)
            states += [pose, command]
            commands.append(command)
        images = {c.name: self.cameras.render(c.name, qpos).copy() for c in self.spec.cameras}
        return images, np.concatenate(states), np.concatenate(commands)


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


def _any_request(family: str, layout: Layout) -> Request:
    """Return a request about the first thing in the scene; stills only have to have one."""
    return next(r for r in requests(family) if r.object == layout.present[0])
