"""Wipe: the named line is taken off the table with the sponge."""

from dataclasses import dataclass

import numpy as np

from vla_ros.core.data import Array
from vla_ros.tabletop.language import COLOURS, Request
from vla_ros.tabletop.tasks.lean import LeanConfig, LeaningTask
from vla_ros.tabletop.tasks.motion import MotionConfig, funnel
from vla_ros.tabletop.tasks.task import ExpertAction
from vla_ros.tabletop.world.state import WorldState


@dataclass(frozen=True)
class WipeConfig:
    """How it is wiped, and when it counts."""

    motion: MotionConfig = MotionConfig(hover=0.10, slope=3.0)
    lean: LeanConfig = LeanConfig(force=7.5)
    above: float = 0.040  # m, height of the tcp from where the hand feels its way down
    firm: float = 4.5  # N, from which the hand moves on
    speed: float = 0.0040  # m in one control step, along the line
    beside: float = 0.009  # m, off the line, within which the hand may be down
    behind: float = 0.05  # m, before what is left of the line, likewise
    wiped: float = 0.9  # share of the line that counts as all of it
    spoilt: float = 0.2  # share of another line at which the task has failed


class Wipe(LeaningTask):
    """Wipe the named line from its start to its end."""

    name = 'wipe'
    config_type = WipeConfig
    hold = 0.0  # what is wiped stays wiped

    def success(self, state: WorldState, request: Request) -> bool:
        """Whether enough of the line is gone."""
        done = state.done[COLOURS.index(request.object)]
        return bool(done >= self.config.wiped) and not self.failure(state, request)

    def failure(self, state: WorldState, request: Request) -> str:
        """Return that another line was wiped, or anything pressed too hard."""
        for colour, done in zip(COLOURS, state.done, strict=True):
            if colour != request.object and done > self.config.spoilt:
                return f'the {colour} line was wiped'
        return self.too_hard(state, self.config.lean)

    def expert(self, state: WorldState, request: Request) -> ExpertAction:
        """Go above what is left of the line, lean on it, move along it; rise when it is gone."""
        config, left = self.config, state.left(request.object)
        here = state.commanded.position
        if not len(left):
            return self.go(state, config.motion, here, config.motion.retreat)
        ahead, side = self._axes(state, request)
        start = left[0] - 0.5 * self.sim.lines.segment * ahead
        deviates = max(self._astray(p[:2] - start, ahead, side) for p in (here, state.ee.position))
        down = here[2] < config.above + 0.005
        if deviates > 0.0 or self.shut(state) or not down:
            high = config.motion.hover
            height = funnel(config.motion, deviates, config.above, high)
            return self.go(state, config.motion, start, height)
        goal = here[:2] - 0.4 * float((here[:2] - start) @ side) * side
        if state.touch.force[2] >= config.firm:
            goal = goal + config.speed * ahead
        return self.at(np.array([*goal, self.lean(state, config.lean)]))

    def measure(self, state: WorldState) -> dict[str, float]:
        """Return the greatest force, N, and the share of the time of contact within the band."""
        return {'peak_force': state.touch.peak, 'in_band': state.touch.share}

    def _axes(self, state: WorldState, request: Request) -> tuple[Array, Array]:
        """Return the directions (2,) along a line and to its left."""
        points = state.lines[COLOURS.index(request.object)]
        ends = points[np.isfinite(points[:, 0])]
        ahead = (ends[-1] - ends[0]) / np.linalg.norm(ends[-1] - ends[0])
        return ahead, np.array([-ahead[1], ahead[0]])

    def _astray(self, off: Array, ahead: Array, side: Array) -> float:
        """Return how far a place (2,) from the line's start is from where the hand may be down."""
        along, beside = float(off @ ahead), abs(float(off @ side))
        excess = max(0.0, along - 0.5 * self.sim.lines.sponge, -along - self.config.behind)
        return float(np.hypot(max(0.0, beside - self.config.beside), excess))
