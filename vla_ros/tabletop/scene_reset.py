"""SceneReset: lays out a fresh simulated scene and says what makes sense in it."""

import numpy as np

from vla_ros.robots.robot import Robot
from vla_ros.runtime.realtime import RealtimeProcess
from vla_ros.tabletop.language.grammar import render
from vla_ros.tabletop.simulated import Scenes
from vla_ros.tabletop.world.config import load_sim


class SceneReset:
    """Callable as the service `reset_scene` needs it; an entry point of `vla_ros.scenes`."""

    def __init__(self, spec: Robot, arm: RealtimeProcess) -> None:
        """Lay out scenes for `spec`'s robot."""
        self._arm, self._tasks = arm, spec.tasks
        self._scenes = Scenes(spec, load_sim(spec.sim))

    def __call__(self, family: str, seed: int) -> tuple[str, str]:
        """Return (cause of refusal, an instruction that makes sense)."""
        if not family and self._tasks:
            family = self._tasks[seed % len(self._tasks)]
        cause = self._arm.reset_scene(seed, family)
        request = None if cause else self._scenes.request(family, seed)
        if request is None:
            return cause, ''
        return '', render(request, np.random.default_rng(seed), 'plain')
