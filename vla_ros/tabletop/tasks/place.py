"""Place: the named arm puts the named cube into the bowl."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from vla_ros.tabletop.language.grammar import Request
from vla_ros.tabletop.tasks.arms import aside, number_of
from vla_ros.tabletop.tasks.motion import ArmInfo
from vla_ros.tabletop.tasks.put import Put, PutConfig
from vla_ros.tabletop.tasks.task import ExpertAction, Task, distance
from vla_ros.tabletop.world.config import SimConfig
from vla_ros.tabletop.world.layout import Layout
from vla_ros.tabletop.world.state import WorldState


@dataclass(frozen=True)
class PlaceConfig:
    """How it is put, and where the things have to be."""

    put: PutConfig = PutConfig()
    inset: float = 0.05  # m, from the edges of the arm's reach


class Place(Task):
    """Put the named cube into the bowl with the named arm; the other one waits."""

    name = 'place'
    config_type = PlaceConfig
    takes = 2

    def __init__(self, sim: SimConfig, hands: Sequence[ArmInfo], config: Any = None) -> None:
        """Prepare for every hand; see Task."""
        super().__init__(sim, hands, config)
        self._puts = [Put(sim, [hand], self.config.put) for hand in self.hands]

    def feasible(self, layout: Layout, request: Request) -> bool:
        """Whether the arm reaches both the cube and the bowl."""
        if not super().feasible(layout, request):
            return False
        hand, inset = self.hands[self.acting(request)[0]], self.config.inset
        there = layout.cube(request.object), layout.bowl
        return all(hand.reaches(place, inset) for place in there)

    def acting(self, request: Request) -> tuple[int, ...]:
        """Return the number of the arm that is named."""
        return (number_of(self.hands, request.arm),)

    def success(self, state: WorldState, request: Request) -> bool:
        """Whether the cube lies in the bowl and the arm, still the nearest, has let go of it."""
        (own,) = self.acting(request)
        cube = state.cube(request.object)
        away = [distance(hand.ee.position, cube) for hand in state.hands]
        return self._puts[own].success(state.of(own), request) and min(away) == away[own]

    def failure(self, state: WorldState, request: Request) -> str:
        """Return why the arm can no longer have the cube."""
        (own,) = self.acting(request)
        return self._puts[own].failure(state.of(own), request)

    def step(self, state: WorldState, request: Request) -> tuple[ExpertAction, ...]:
        """Put it with the one arm; the others wait."""
        (own,) = self.acting(request)
        motion = self.config.put.motion
        return tuple(
            self.expert(state, request) if i == own else aside(motion, hand, state.hands[i])
            for i, hand in enumerate(self.hands)
        )

    def expert(self, state: WorldState, request: Request) -> ExpertAction:
        """Return what the named arm does next."""
        (own,) = self.acting(request)
        return self._puts[own].expert(state.of(own), request)
