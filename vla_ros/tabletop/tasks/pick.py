"""Pick: lift the named cube and hold it."""

from dataclasses import dataclass

from vla_ros.tabletop.language.grammar import Request
from vla_ros.tabletop.tasks.grasp import GraspingTask
from vla_ros.tabletop.tasks.motion import MotionConfig
from vla_ros.tabletop.tasks.task import ExpertAction
from vla_ros.tabletop.world.state import WorldState


@dataclass(frozen=True)
class PickConfig:
    """How high is lifted."""

    motion: MotionConfig = MotionConfig()
    lifted: float = 0.08  # m, rise of the cube that counts
    goal: float = 0.16  # m, height of the tcp at which the expert holds it


class Pick(GraspingTask):
    """Lift the named cube and hold it."""

    name = 'pick'
    config_type = PickConfig

    def success(self, state: WorldState, request: Request) -> bool:
        """Whether the cube is in the hand and has been lifted."""
        cube = state.cube(request.object)
        high = cube[2] > self.sim.objects.cube / 2 + self.config.lifted
        return bool(high and abs(cube[2] - state.ee.position[2]) < 0.03)

    def expert(self, state: WorldState, request: Request) -> ExpertAction:
        """Fetch the cube, then rise and stay."""
        cube = state.cube(request.object)
        if not self.held(state, cube):
            return self.fetch(state, cube)
        return self.act(state, state.commanded.position, self.config.goal, self.hand.closed)
