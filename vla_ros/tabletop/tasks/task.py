"""Task: a scene to set up, a request to make in it, a test of success and an expert that can."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from vla_ros.core.config import require
from vla_ros.core.data import Array, Pose
from vla_ros.tabletop.language import FAMILIES, Request, requests
from vla_ros.tabletop.tasks.motion import ArmInfo
from vla_ros.tabletop.world.config import SimConfig
from vla_ros.tabletop.world.layout import Layout, draw_layout
from vla_ros.tabletop.world.state import WorldState


_ATTEMPTS = 500


@dataclass(frozen=True)
class ExpertAction:
    """What the expert wants to be reached one control step (0.1 s) later."""

    pose: Pose  # tcp, base frame
    gripper: float  # opening, m

    def vector(self) -> Array:
        """Return pose and opening as one vector (8,)."""
        return np.concatenate([self.pose.position, self.pose.quaternion, [self.gripper]])


@dataclass(frozen=True)
class JointAction:
    """What the expert wants a joint group to have reached one control step later."""

    position: Array  # (n,) rad

    def vector(self) -> Array:
        """Return the joints (n,)."""
        return self.position


@dataclass(frozen=True)
class TwistAction:
    """What the expert wants a mobile base to do one control step later."""

    twist: Array  # (3,) m/s, m/s, rad/s, its own axes

    def vector(self) -> Array:
        """Return the twist (3,)."""
        return self.twist


Action = ExpertAction | JointAction | TwistAction


class Task(ABC):
    """A task family. Tasks hold no state of an episode: everything is a function of WorldState."""

    name: ClassVar[str]
    config_type: ClassVar[type]
    time_limit: ClassVar[float] = 15.0  # s, simulated
    hold: ClassVar[float] = 0.5  # s, for which success must last
    anywhere: ClassVar[bool] = True  # whether it can be asked for in scenes of other families
    floor: ClassVar[float] = 0.012  # m, to which disturbances of a demonstration may lead
    drops: ClassVar[bool] = True  # whether the hand may be opened by them
    above: ClassVar[float] = 0.0  # m over home, where hands that a body carries begin in them
    takes: ClassVar[int] = 1  # hands that a robot must have for it

    def __init__(self, sim: SimConfig, hands: Sequence[ArmInfo], config: Any = None) -> None:
        """Use `sim`'s sizes and places; `config` is of config_type, its defaults when None."""
        count = len(hands)
        require(
            count >= self.takes, f'{self.name}: takes {self.takes} hands, the robot has {count}'
        )
        self.sim = sim
        self.hands = tuple(hands)
        self.hand = self.hands[0]  # that acts, if one alone does
        self.config = self.config_type() if config is None else config

    def reset(self, rng: np.random.Generator) -> Layout:
        """Draw a scene in which at least one request of this family can be carried out."""
        for _ in range(_ATTEMPTS):
            layout = draw_layout(self.sim, rng, FAMILIES[self.name].kind)
            if any(self.feasible(layout, request) for request in requests(self.name)):
                return layout
        raise ValueError(f'{self.name}: no scene in which it can be done; change the placement')

    def request(self, layout: Layout, rng: np.random.Generator) -> Request:
        """Draw a request that can be carried out in the scene."""
        options = [r for r in requests(self.name) if self.feasible(layout, r)]
        require(bool(options), f'{self.name}: nothing can be asked in this scene')
        return options[rng.integers(len(options))]

    def begin(self, layout: Layout, request: Request, rng: np.random.Generator) -> Layout:
        """Return the scene with the limbs as they are when the request is made: at home."""
        return layout

    def feasible(self, layout: Layout, request: Request) -> bool:
        """Whether the request makes sense in the scene and the expert has the room for it."""
        return request.object in layout.colours(request.kind)

    @abstractmethod
    def success(self, state: WorldState, request: Request) -> bool:
        """Whether it is done at this instant; it counts once it has lasted `hold` s."""

    def step(self, state: WorldState, request: Request) -> tuple[Action, ...]:
        """Return what every limb is to do next, in the order of the robot's limbs."""
        others = (ExpertAction(hand.commanded, hand.gripper_command) for hand in state.hands[1:])
        return (self.expert(state, request), *others)

    def acting(self, request: Request) -> tuple[int, ...]:
        """Return the numbers of the hands that it takes; the others keep out of the way."""
        return (0,)

    @abstractmethod
    def expert(self, state: WorldState, request: Request) -> ExpertAction:
        """Return what to do next, from any state."""

    @abstractmethod
    def failure(self, state: WorldState, request: Request) -> str:
        """Return why it can no longer be done; empty while it can."""

    def measure(self, state: WorldState) -> dict[str, float]:
        """Return what else is worth knowing of the episode so far, by name with its unit."""
        return {}


class CubeTask(Task):
    """A task that is done to a cube."""

    def failure(self, state: WorldState, request: Request) -> str:
        """Return why the cube can no longer be had."""
        x, y, z = state.cube(request.object)
        (cx, cy), (sx, sy) = self.sim.objects.table_centre, self.sim.objects.table
        if not (abs(x - cx) < sx and abs(y - cy) < sy and z > -0.01):
            return f'the {request.object} cube left the table'
        lower, upper = self.hand.reach
        if not (lower[0] < x < upper[0] and lower[1] < y < upper[1]):
            return f'the {request.object} cube is out of reach'
        return ''


class Progress:
    """Follows one episode: success that lasts, failure, or the time limit."""

    def __init__(self, task: Task, request: Request, time_limit: float | None = None) -> None:
        """Watch `request`, carried out as `task`, until `time_limit` s (None: the task's own)."""
        self.task = task
        self.time_limit = task.time_limit if time_limit is None else time_limit
        self.requested = request
        self.success = False
        self.reason = ''  # why it ended, empty before
        self.measured: dict[str, float] = {}  # what the task measures besides, newest
        self._since: float | None = None

    def update(self, state: WorldState) -> bool:
        """Take in the newest state; return whether the episode is over."""
        if self.reason:
            return True
        task = self.task
        self.measured = task.measure(state)
        if not task.success(state, self.requested):
            self._since = None
        elif self._since is None:
            self._since = state.time
        if self._since is not None and state.time - self._since >= task.hold - 1e-6:
            self.success, self.reason = True, 'success'
        elif failure := task.failure(state, self.requested):
            self.reason = failure
        elif state.time >= self.time_limit:
            self.reason = 'time limit'
        return bool(self.reason)


def distance(a: Array, b: Array) -> float:
    """Return the horizontal distance, m."""
    return float(np.hypot(a[0] - b[0], a[1] - b[1]))
