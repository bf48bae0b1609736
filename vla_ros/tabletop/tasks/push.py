"""Push: the named cube slides into the goal zone."""

from dataclasses import dataclass

import numpy as np

from vla_ros.core.data import Array, Pose
from vla_ros.tabletop.language.grammar import Request
from vla_ros.tabletop.tasks.motion import MotionConfig, funnel, step_towards
from vla_ros.tabletop.tasks.task import CubeTask, ExpertAction, distance
from vla_ros.tabletop.world.layout import Layout
from vla_ros.tabletop.world.state import WorldState


@dataclass(frozen=True)
class PushConfig:
    """How the closed hand pushes; heights are the tcp's above the table."""

    motion: MotionConfig = MotionConfig(slope=10.0)
    height: float = 0.022  # m, while pushing
    behind: float = 0.065  # m, from the cube's centre, where the hand comes down
    contact: float = 0.036  # m, from the cube's centre, where it touches
    lateral: float = 0.016  # m, off the line of the push, beyond which it starts again
    steering: float = 0.020  # m, off the line at which it returns at 45 deg
    speed: float = 0.7  # of the push, relative to the motion's
    arrived: float = 0.022  # m, from the zone's centre, where it lets go
    inside: float = 0.010  # m, by which the cube's centre must be within the zone
    distance: tuple[float, float] = (0.10, 0.26)  # m, cube to zone, in scenes made for it
    cube_room: float = 0.068  # m, between the way of the push and the centres of other cubes
    bowl_room: float = 0.105  # m, between it and the bowl's centre


class Push(CubeTask):
    """Push the named cube into the goal zone."""

    name = 'push'
    config_type = PushConfig
    anywhere = False  # it needs a free way, which only its own scenes have
    floor = 0.05

    def feasible(self, layout: Layout, request: Request) -> bool:
        """Whether the cube is there and the way of the hand and the cube is free."""
        if not super().feasible(layout, request):
            return False
        cube, config = layout.cube(request.object), self.config
        way = layout.zone - cube
        length = float(np.hypot(*way))
        if not config.distance[0] <= length <= config.distance[1]:
            return False
        start = cube - way / length * (config.behind + 0.01)
        others = [layout.cube(c) for c in layout.colours('cube') if c != request.object]
        clear = all(_off_segment(p, start, layout.zone) > config.cube_room for p in others)
        return clear and _off_segment(layout.bowl, start, layout.zone) > config.bowl_room

    def success(self, state: WorldState, request: Request) -> bool:
        """Whether the cube's centre is within the zone and the cube stands on the table."""
        return self._inside(state, state.cube(request.object), self.config.inside)

    def expert(self, state: WorldState, request: Request) -> ExpertAction:
        """Go behind the cube with a closed hand, come down, push, leave."""
        cube, config = state.cube(request.object), self.config
        way = state.zone[:2] - cube[:2]
        length = float(np.hypot(*way))
        if length < config.arrived and self._inside(state, cube, config.inside):
            return self._leave(state, cube)
        ahead = way / length
        side = np.array([-ahead[1], ahead[0]])
        here = state.ee.position[:2] - cube[:2]
        along, off = float(here @ ahead), float(here @ side)
        # How far the hand is from the stretch behind the cube where it may be low.
        excess = max(0.0, along + 0.6 * config.contact, -along - 1.3 * config.behind)
        deviates = float(np.hypot(max(0.0, abs(off) - config.lateral), excess))
        shut = min(1.0, max(0.0, (state.gripper - 0.01) / 0.01))
        height = max(
            funnel(config.motion, deviates, config.height, config.motion.hover),
            config.height + shut * (config.motion.clearance - config.height),
        )
        # The commanded height: fingers that rest on the rim of the bowl push from there.
        above = state.commanded.position[2] - config.height
        lowered = min(1.0, max(0.0, 1 - (above - 0.008) / 0.015))
        goal = cube[:2] - config.behind * ahead
        if lowered > 0 and deviates < 0.005:
            commanded = state.commanded.position[:2] - cube[:2]
            drift = float(commanded @ side)
            turn = min(1.5, max(-1.5, drift / config.steering))
            push = state.commanded.position[:2] + length * (ahead - turn * side)
            goal = goal + lowered * (push - goal)
        return self._act(state, goal, height, config.speed if lowered > 0 else 1.0)

    def _leave(self, state: WorldState, cube: Array) -> ExpertAction:
        """Back off from the cube, then rise and stay."""
        here = state.commanded.position
        away = here[:2] - cube[:2]
        gap = float(np.hypot(*away))
        room = max(0.0, self.config.behind - gap)
        near = room > 0.008 and here[2] < self.config.motion.clearance
        height = here[2] if near else self.config.motion.retreat
        goal = here[:2] + away / max(gap, 1e-6) * room if near else here[:2]
        return self._act(state, goal, height, 1.0)

    def _act(self, state: WorldState, goal: Array, height: float, speed: float) -> ExpertAction:
        position = step_towards(self.config.motion, state.commanded.position, goal, height, speed)
        return ExpertAction(Pose(position, self.hand.home.quaternion), self.hand.closed)

    def _inside(self, state: WorldState, cube: Array, margin: float) -> bool:
        half = self.sim.objects.zone / 2 - margin
        off = np.abs(cube[:2] - state.zone[:2])
        return bool((off < half).all() and cube[2] < 0.75 * self.sim.objects.cube)


def _off_segment(point: Array, start: Array, end: Array) -> float:
    """Return the distance of a point (2,) from a segment, m."""
    way = end - start
    share = float(np.clip((point - start) @ way / (way @ way), 0, 1))
    return distance(point, start + share * way)
