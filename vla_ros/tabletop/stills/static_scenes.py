"""Still pictures of random scenes to learn to see from, in the format of demonstrations.

Nothing moves in them; what lies about is in `arranging.py`. Every step is marked invalid, so that
only perception learns from it. Seconds of rendering replace minutes of physics.
"""

from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
import functools
import multiprocessing
from pathlib import Path

import numpy as np

from vla_ros.core.config import require
from vla_ros.core.data import Array, Image
from vla_ros.robots import Robot, load_robot
from vla_ros.robots.mobile_base import MobileBaseSpec
from vla_ros.robots.robot import LimbSpec
from vla_ros.tabletop.demos.demonstration import (
    SUFFIX,
    Demonstration,
    DemonstrationInfo,
    write_demonstration,
)
from vla_ros.tabletop.demos.sim_env import SimEnv, tcp_pose
from vla_ros.tabletop.language import COLOURS, FAMILIES, Request, requests
from vla_ros.tabletop.language.families import kinds
from vla_ros.tabletop.stills.arranging import Arrangement, Arranger
from vla_ros.tabletop.stills.arranging_bodies import BodyArranger
from vla_ros.tabletop.stills.arranging_pairs import PairArranger
from vla_ros.tabletop.world.cameras import CameraRenderer
from vla_ros.tabletop.world.hardware import SimHardware
from vla_ros.tabletop.world.layout import Layout, draw_layout
from vla_ros.tabletop.world.state import WorldState


FRAMES = 4  # per scene
FPS = 10.0  # Hz, of the stamps; nothing moves
_TWIST = 0.25  # of a mobile base's greatest, standard deviation
_LAG = 0.01  # rad, standard deviation of what a joint group is told, from where it is


class StaticSceneGenerator:
    """Arranges scenes and takes pictures of them."""

    def __init__(self, spec: Robot) -> None:
        """Open the scene of a robot.

        Raises:
            ValueError: it has no tasks, so that there is nothing to see.
        """
        self.spec = spec
        self.kinds = kinds(spec.tasks)
        require(bool(self.kinds), f'{spec.name} has no tasks; see `tasks` in its YAML')
        self.env = SimEnv(spec, 1 / FPS)
        self.cameras = CameraRenderer(self.env.scene)

    def episode(self, seed: int) -> Demonstration:
        """Return FRAMES pictures of the random scene of a seed, each arranged anew."""
        rng = np.random.default_rng((seed, 2))
        kind = self.kinds[seed % len(self.kinds)]
        layout = draw_layout(self.env.scene.config, rng, kind)
        self.cameras.show(layout)
        self.hardware = SimHardware(self.env.scene, layout)
        arranger = self._arranger(layout, rng)
        arrangements = [arranger.arrange(kind) for _ in range(FRAMES)]
        shots = [self._shoot(layout, arrangement, rng) for arrangement in arrangements]
        images, states, actions, worlds = zip(*shots, strict=True)
        places = [
            (w.local(a.things), w.local(a.grips))
            for w, a in zip(worlds, arrangements, strict=True)
        ]
        objects, grips = zip(*places, strict=True)
        family = next(name for name in self.spec.tasks if FAMILIES[name].kind == kind)
        request = _any_request(family, layout)
        return Demonstration(
            info=DemonstrationInfo(self.spec.name, request, '', seed, success=True, fps=FPS),
            images={name: np.stack([i[name] for i in images]) for name in images[0]},
            state=np.array(states, np.float32),
            action=np.array(actions, np.float32),
            objects=np.array(objects, np.float32),
            grips=np.array(grips, np.float32),
            bowl=np.array([world.local(world.bowl) for world in worlds], np.float32),
            zone=np.array([world.local(world.zone) for world in worlds], np.float32),
            travel=np.full((FRAMES, len(COLOURS)), np.nan, np.float32),
            wiped=np.full((FRAMES, len(COLOURS)), np.nan, np.float32),
            force=np.full((FRAMES, 3), np.nan, np.float32),
            stamp=np.arange(FRAMES) * round(1e9 / FPS),
            valid=np.zeros(FRAMES, np.uint8),
        )

    def _arranger(
        self, layout: Layout, rng: np.random.Generator
    ) -> Arranger | PairArranger | BodyArranger:
        """Return what arranges the scene for a robot with these limbs."""
        env = self.env
        if len(env.limbs) > len(env.arms):
            return BodyArranger(env, layout, rng)
        return (Arranger if len(env.arms) == 1 else PairArranger)(env, layout, rng)

    def _shoot(
        self, layout: Layout, arrangement: Arrangement, rng: np.random.Generator
    ) -> tuple[dict[str, Image], Array, Array, WorldState]:
        """Return images, state (twice every channel,), commands (every channel,) and the truth."""
        env, hardware, openings = self.env, self.hardware, arrangement.openings
        begun = replace(layout, begin=arrangement.begin)
        hardware.reset(begun, np.concatenate(arrangement.q), openings)
        arrangement.put(hardware.data.qpos)
        qpos = hardware.qpos()
        states, commands = [], []
        for arm, q, opening in zip(env.arms, arrangement.q, openings, strict=True):
            arm.model.update(q, np.zeros(arm.spec.n))
            measured = tcp_pose(arm.model)
            pose = np.concatenate([measured.position, measured.quaternion, [opening]])
            command = pose.copy()
            command[:3] += rng.normal(0, 0.004, 3)
            states += [pose, command]
            commands.append(command)
        for limb in self.spec.limbs[len(env.arms) :]:
            here, command = _other(limb, arrangement.begin[limb.name], rng)
            states += [here, command]
            commands.append(command)
        images = {c.name: self.cameras.render(c.name, qpos).copy() for c in self.spec.cameras}
        world = hardware.world([(arm.home, arm.hand.open) for arm in env.arms])
        return images, np.concatenate(states), np.concatenate(commands), world


def render_static_scenes(
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
def _generator(robot: str) -> StaticSceneGenerator:
    """Return this process's generator."""
    return StaticSceneGenerator(load_robot(robot))


def _work(robot: str, seed: int, path: Path) -> None:
    write_demonstration(path, _generator(robot).episode(seed))


def _other(limb: LimbSpec, joints: Array, rng: np.random.Generator) -> tuple[Array, Array]:
    """Return what is measured and commanded (channels,) of a limb that is no arm.

    A mobile base stands or has any slow twist; a joint group is about where it is told to be.
    """
    if isinstance(limb, MobileBaseSpec):
        twist = rng.integers(0, 2) * rng.normal(0, _TWIST * limb.joint_array('velocity'))
        return twist, twist + rng.normal(0, 0.1, 3) * twist
    return joints, joints + rng.normal(0, _LAG, limb.n)


def _any_request(family: str, layout: Layout) -> Request:
    """Return a request about the first thing in the scene; stills only have to have one."""
    return next(r for r in requests(family) if r.object == layout.present[0])
