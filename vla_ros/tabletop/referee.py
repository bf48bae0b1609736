"""Referee: whether what an instruction asks for has been done in the simulated world."""

from dataclasses import dataclass, replace
import math

import mujoco
import numpy as np

from vla_ros.core.config import require
from vla_ros.core.data import Array, Pose
from vla_ros.robots.robot import Robot
from vla_ros.tabletop.language.grammar import Request
from vla_ros.tabletop.language.guess import guess_request
from vla_ros.tabletop.simulated import Scenes
from vla_ros.tabletop.tasks import Progress
from vla_ros.tabletop.world.contacts import Touch
from vla_ros.tabletop.world.hardware import SimHardware
from vla_ros.tabletop.world.scene import Scene
from vla_ros.tabletop.world.state import WorldState


# What is commanded, where no one asks for it: success looks at what is.
_NOWHERE = Pose(np.zeros(3), np.array([0.0, 0.0, 0.0, 1.0]))


@dataclass(frozen=True)
class Look:
    """The simulated world at one instant, as `SimState` has it."""

    scene: str  # "seed family", or "seed"
    time: float  # s, simulated, since the scene was laid out
    qpos: Array
    qvel: Array
    peak_force: float = 0.0  # N, the greatest on the robot since then


class Referee:
    """Judges one instruction at a time, by a model of its own of the same world.

    Attributes:
        request: what the instruction in force asks for; None while that is not known, or not to
            be known: such an instruction is not judged.
    """

    def __init__(self, spec: Robot) -> None:
        """Build the model of `spec`'s robot and its world."""
        self.request: Request | None = None
        self._spec, self._scene = spec, Scene(spec)
        self._scenes = Scenes(spec, self._scene.config)
        self._hardware: SimHardware | None = None
        self._shown = self._text = ''
        self._progress: Progress | None = None
        self._known = False  # whether the instruction has been looked into
        self._felt = self._since = 0.0  # N and s, when it was given

    def begin(self, instruction: str) -> None:
        """Judge this instruction from the next look on; '' is none."""
        self._text, self._known = instruction, False
        self.request = self._progress = None

    def look(self, look: Look) -> tuple[str, str]:
        """Return the outcome, 'success' or 'failure', and why; two empty texts while neither.

        Raises:
            ValueError: the scene is unknown, or it has other positions.
        """
        if not self._text:
            return '', ''
        hardware = self._laid_out(look.scene)
        if not self._known:
            self._known, self._felt, self._since = True, look.peak_force, look.time
            self.request = guess_request(self._text, self._spec.tasks, self._hint())
        if self.request is None:
            return '', ''
        world = self._world(hardware, look)
        if self._progress is None:
            task = self._scenes.task(self.request.family)
            if task.failure(world, self.request):
                return '', ''  # left over from before: who is told now has not done it
            self._progress = Progress(task, self.request, math.inf)
        if not self._progress.update(world):
            return '', ''
        if self._progress.success:
            return 'success', f'done after {look.time - self._since:.1f} s'
        return 'failure', self._progress.reason

    def _laid_out(self, scene: str) -> SimHardware:
        if self._hardware is None or scene != self._shown:
            seed, _, family = scene.partition(' ')
            require(seed.isdecimal(), f'scene_id: expected "seed family", got {scene[:40]!r}')
            try:
                layout = self._scenes.layout(family, int(seed))
            except KeyError as error:
                raise ValueError(f'scene_id: {error.args[0]}') from error
            if self._hardware is None:
                self._hardware = SimHardware(self._scene, layout)
            else:
                self._hardware.reset(layout)
            self._shown = scene
            self.begin(self._text)
        return self._hardware

    def _hint(self) -> str:
        seed, _, family = self._shown.partition(' ')
        request = self._scenes.request(family, int(seed))
        return '' if request is None else request.text

    def _world(self, hardware: SimHardware, look: Look) -> WorldState:
        data = hardware.data
        for name, own, given in (('qpos', data.qpos, look.qpos), ('qvel', data.qvel, look.qvel)):
            require(
                own.shape == given.shape, f'{name}: expected {own.size} numbers, got {given.size}'
            )
            own[:] = given
        mujoco.mj_forward(hardware.scene.model, data)
        # How hard it has been since the instruction; what was harder before hides that.
        peak = look.peak_force if look.peak_force > self._felt else 0.0
        world = hardware.world([(_NOWHERE, arm.gripper) for arm in hardware.arms])
        return replace(world, time=look.time, touch=Touch(peak=peak))
