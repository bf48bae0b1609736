"""SceneDrawer: a simulated scene in which something of a task family can be done, by seed."""

import numpy as np

from vla_ros.data import Pose
from vla_ros.geometry import quat_from_matrix
from vla_ros.language.grammar import FAMILIES, Request, render
from vla_ros.pipeline.realtime import RealtimeProcess
from vla_ros.robots.model import RobotModel
from vla_ros.robots.spec import RobotSpec
from vla_ros.sim.config import load_sim
from vla_ros.sim.layout import draw_layout
from vla_ros.sim.tasks import make_hand, make_tasks


_TRIES = 64  # layouts looked at for one seed; most suit any family


class SceneDrawer:
    """Finds the layout for a family and seed, and has the control process lay it out."""

    def __init__(self, spec: RobotSpec, arm: RealtimeProcess) -> None:
        """Draw scenes for `spec`'s robot."""
        model = RobotModel(spec)
        home = Pose(model.position.copy(), quat_from_matrix(model.rotation))
        self._sim = load_sim()
        self._tasks = make_tasks(self._sim, make_hand(spec, home))
        self._arm = arm

    def reset(self, family: str, seed: int) -> tuple[str, str, str]:
        """Lay out a scene; return (cause of refusal, an instruction for it, its request)."""
        if family not in ('', *FAMILIES):
            return f'family: {family!r} is not one of {list(FAMILIES)}', '', ''
        if not 0 <= seed < 2**40:
            return f'seed: expected 0 to 2^40, got {seed}', '', ''
        family = family or FAMILIES[seed % len(FAMILIES)]
        for key in range(seed * _TRIES, (seed + 1) * _TRIES):
            request = self._request(family, key)
            if request is not None:
                break
        else:
            return f'no scene of seed {seed} suits {family}', '', ''
        cause = self._arm.reset_scene(key)
        words = f'{request.family} {request.object} {request.target}'.strip()
        return cause, render(request, np.random.default_rng(key), 'plain'), words

    def _request(self, family: str, key: int) -> Request | None:
        rng = np.random.default_rng(key)
        try:
            # The control process and the cameras draw the same layout from the same key.
            return self._tasks[family].request(draw_layout(self._sim, rng), rng)
        except ValueError:
            return None
