"""Stack: the named cube ends up on another one, let go."""

from dataclasses import dataclass

from vla_ros.tabletop.language.grammar import Request
from vla_ros.tabletop.tasks.grasp import GraspingTask
from vla_ros.tabletop.tasks.motion import MotionConfig
from vla_ros.tabletop.tasks.task import ExpertAction, distance
from vla_ros.tabletop.world.layout import Layout
from vla_ros.tabletop.world.state import WorldState


@dataclass(frozen=True)
class StackConfig:
    """How precisely the cube is put down."""

    motion: MotionConfig = MotionConfig()
    centred: float = 0.008  # m, from the centre of the cube below when let go
    supported: float = 0.018  # m, from it for success
    gap: float = 0.003  # m, between the cubes when let go


class Stack(GraspingTask):
    """Stack the named cube on another."""

    name = 'stack'
    config_type = StackConfig

    def feasible(self, layout: Layout, request: Request) -> bool:
        """Whether both cubes are there."""
        present = layout.colours('cube')
        return request.object in present and request.target in present

    def failure(self, state: WorldState, request: Request) -> str:
        """Also fails when the lower cube cannot be used any more."""
        target = Request(self.name, request.target, request.object)
        return super().failure(state, request) or super().failure(state, target)

    def success(self, state: WorldState, request: Request) -> bool:
        """Whether the cube stands on the other one and the hand has let go."""
        cube = state.cube(request.object)
        let_go = state.gripper > 1.1 * self.sim.objects.cube
        return self._on_top(state, request, self.config.supported) and bool(
            let_go or state.ee.position[2] > cube[2] + 0.05
        )

    def expert(self, state: WorldState, request: Request) -> ExpertAction:
        """Fetch the cube, carry it over the other, put it down, let go, rise."""
        cube, target = state.cube(request.object), state.cube(request.target)
        edge, config = self.sim.objects.cube, self.config
        over = distance(cube, target)
        letting_go = state.gripper_command > 0.2 * edge
        level = abs(cube[2] - target[2] - edge) < (0.010 if letting_go else 0.006)
        on_top = over < config.supported and level
        if on_top and (over < config.centred or letting_go):
            if state.gripper < 1.5 * edge:
                return self.act(
                    state, state.commanded.position, state.commanded.position[2], self.hand.open
                )
            return self.retreat(state)
        if not self.held(state, cube):
            return self.fetch(state, cube)
        low = float(target[2] + edge + config.gap + state.ee.position[2] - cube[2])
        return self.carry(state, cube, target, low)

    def _on_top(self, state: WorldState, request: Request, tolerance: float) -> bool:
        cube, target = state.cube(request.object), state.cube(request.target)
        level = abs(cube[2] - target[2] - self.sim.objects.cube) < 0.006
        return bool(level and distance(cube, target) < tolerance)
