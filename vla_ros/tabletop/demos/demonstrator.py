"""Demonstrator: a scripted expert drives the arm through the law and limits that run it later."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from vla_ros.core.config import require
from vla_ros.core.data import Array, BodyState, Image, Observation, RobotState
from vla_ros.robots.robot import Robot
from vla_ros.tabletop.demos.demonstration import Demonstration, DemonstrationInfo
from vla_ros.tabletop.demos.noise_injector import FPS, NoiseInjector
from vla_ros.tabletop.demos.perturbations import NoiseConfig
from vla_ros.tabletop.demos.sim_env import SimEnv
from vla_ros.tabletop.language import FAMILIES, render
from vla_ros.tabletop.tasks import Progress, draw, make_tasks
from vla_ros.tabletop.world.cameras import CameraRenderer
from vla_ros.tabletop.world.state import WorldState


_AFTER = 10  # steps recorded after success: the policy learns to stay

# Drives instead of the expert: observation in, action (8 per limb,) out, None to leave it to that.
Policy = Callable[[Observation], Array | None]


@dataclass
class Recorder:
    """The steps of one episode."""

    images: dict[str, list[Image]] = field(default_factory=dict)
    rows: list[tuple[Array, Array, WorldState, int, bool]] = field(default_factory=list)

    def add(
        self,
        images: dict[str, Image],
        robot: RobotState | BodyState,
        world: WorldState,
        action: Array,
        valid: bool,
    ) -> None:
        """Append the state at step t, its pictures and the action (8 per limb,) wanted in it."""
        for name, image in images.items():
            self.images.setdefault(name, []).append(image)
        self.rows.append((robot.vector(), action, world, robot.stamp, valid))

    def episode(self, info: DemonstrationInfo) -> Demonstration:
        """Return all of it."""
        states, actions, worlds, stamps, valid = zip(*self.rows, strict=True)
        return Demonstration(
            info=info,
            images={name: np.stack(images) for name, images in self.images.items()},
            state=np.array(states, np.float32),
            action=np.array(actions, np.float32),
            objects=np.array([world.local(world.things) for world in worlds], np.float32),
            grips=np.array([world.local(world.grips) for world in worlds], np.float32),
            bowl=np.array([world.local(world.bowl) for world in worlds], np.float32),
            zone=np.array([world.local(world.zone) for world in worlds], np.float32),
            travel=np.array([world.travel for world in worlds], np.float32),
            wiped=np.array([world.done for world in worlds], np.float32),
            force=np.array([world.touch.force for world in worlds], np.float32),
            stamp=np.array(stamps, np.int64),
            valid=np.array(valid, np.uint8),
        )


class Demonstrator:
    """Collects episodes on one simulated robot.

    Attributes:
        measured: what the task measured in the last episode besides success.
    """

    def __init__(self, spec: Robot, noise: NoiseConfig | None = None) -> None:
        """Build the scene and open the cameras."""
        self.spec = spec
        self.noise = NoiseConfig() if noise is None else noise
        self.measured: dict[str, float] = {}
        self.env = SimEnv(spec, 1 / FPS)
        self.cameras = CameraRenderer(self.env.scene)
        self.tasks = make_tasks(self.env.scene.config, self.env.hands, spec.tasks)

    def collect(
        self, family: str, seed: int, rollin_policy: Policy | None = None
    ) -> Demonstration:
        """Return the demonstration of a seed, successful or not.

        With `rollin_policy` that policy drives for a random time before the expert corrects it;
        only the expert's part is marked valid.
        """
        require(family in self.tasks, f'family {family!r} is not one of {list(self.tasks)}')
        task = self.tasks[family]
        layout, request = draw(task, seed)
        rng = np.random.default_rng((seed, list(FAMILIES).index(family), 1))
        instruction = render(request, rng, 'train')
        injector = NoiseInjector(self.spec, task, task.acting(request), self.noise, rng)
        self.env.reset(injector.begin(layout), *injector.start(self.env))
        self.cameras.show(layout)
        handover = rng.uniform(1.0, 8.0) if rollin_policy else 0.0
        recorder, progress = Recorder(), Progress(task, request, task.time_limit + handover)
        left = _AFTER
        while left:
            left -= progress.success
            world, robot, images = self._observe()
            if progress.update(world) and not progress.success:
                break
            label = np.concatenate([a.vector() for a in task.step(world, request)])
            wanted = None
            if rollin_policy is not None and world.time < handover and not progress.success:
                wanted = rollin_policy(Observation(robot.stamp, images, robot, instruction))
            recorder.add(images, robot, world, label, wanted is None)
            if wanted is not None:
                self.env.advance(wanted)
            else:
                calm = progress.success or task.success(world, request)
                self.env.advance(label if calm else injector.apply(label, world))
        success = progress.success and task.success(world, request)
        self.measured = task.measure(world)
        info = DemonstrationInfo(self.spec.name, request, instruction, seed, success, FPS)
        return recorder.episode(info)

    def _observe(self) -> tuple[WorldState, RobotState | BodyState, dict[str, Image]]:
        qpos = self.env.hardware.qpos()
        images = {c.name: self.cameras.render(c.name, qpos) for c in self.spec.cameras}
        return self.env.world(), self.env.robot(), images
