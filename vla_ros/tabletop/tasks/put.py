"""Put: the named cube ends up in the bowl, let go."""

from dataclasses import dataclass

from vla_ros.core.data import Array
from vla_ros.tabletop.language.grammar import Request
from vla_ros.tabletop.tasks.grasp import GraspingTask
from vla_ros.tabletop.tasks.motion import MotionConfig
from vla_ros.tabletop.tasks.task import ExpertAction, distance
from vla_ros.tabletop.world.state import WorldState


@dataclass(frozen=True)
class PutConfig:
    """Where the cube is let go."""

    motion: MotionConfig = MotionConfig()
    release: float = 0.062  # m, height of the tcp: finger tips above the bowl's wall
    centred: float = 0.02  # m, from the bowl's centre


class Put(GraspingTask):
    """Put the named cube into the bowl."""

    name = 'put'
    config_type = PutConfig

    def success(self, state: WorldState, request: Request) -> bool:
        """Whether the cube lies in the bowl and the hand has let go of it."""
        cube = state.cube(request.object)
        away = distance(state.ee.position, cube) > 0.03 or state.ee.position[2] > cube[2] + 0.05
        return self._inside(state, cube) and (away and state.gripper > self.sim.objects.cube)

    def expert(self, state: WorldState, request: Request) -> ExpertAction:
        """Fetch the cube, carry it over the bowl, let go, rise."""
        cube, config = state.cube(request.object), self.config
        if self._inside(state, cube):
            return self.retreat(state)
        centred = distance(cube, state.bowl) < config.centred
        low = state.ee.position[2] < config.release + 0.012
        if centred and low and cube[2] < config.release + 0.03:
            return self.act(state, state.commanded.position, config.release, self.hand.open)
        if not self.held(state, cube):
            return self.fetch(state, cube)
        return self.carry(state, cube, state.bowl, config.release)

    def _inside(self, state: WorldState, cube: Array) -> bool:
        near = distance(cube, state.bowl) < self.sim.objects.bowl_radius - 0.01
        return bool(near and cube[2] < self.sim.objects.cube / 2 + 0.015)
