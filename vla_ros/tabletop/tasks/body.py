"""What tasks for a whole body have in common: finding a thing, facing it, bringing hands to it.

Experts know where a thing is only while the head's camera sees it, or a hand is so near that the
camera of its wrist does, and remember nothing: the head searches by a rule that depends on its own
joints alone, the torso goes where the thing is from the base, and only when the thing is near the
middle of the picture the hands begin to do anything.
"""

from abc import abstractmethod
from dataclasses import dataclass, replace

import numpy as np

from vla_ros.core.data import Array, Pose
from vla_ros.core.rotations import matrix_from_quat
from vla_ros.tabletop.language import Request
from vla_ros.tabletop.tasks.arms import straight
from vla_ros.tabletop.tasks.facing import facing, from_base, leaning
from vla_ros.tabletop.tasks.motion import MotionConfig
from vla_ros.tabletop.tasks.task import Action, ExpertAction, JointAction, Task, TwistAction
from vla_ros.tabletop.world.layout import Layout
from vla_ros.tabletop.world.state import ArmSnapshot, WorldState
from vla_ros.tabletop.world.torso import Chain, Torso, outside, within


@dataclass(frozen=True)
class BodyMotion:
    """How torso and head move; all per control step of 0.1 s."""

    look: float = 0.5  # share of the way to where the thing is in the middle of the picture
    glance: float = 0.12  # rad, greatest step of a joint of the head
    search: float = 0.25  # rad of the ellipse along which the head searches
    bend: float = 0.35  # share of the way of the torso's joints
    turn: float = 0.07  # rad, greatest step of a joint of the torso
    edge: float = 0.06  # rad, from the edge of the picture, from which on a thing is seen
    centred: float = 0.30  # rad, off the middle of the picture, within which hands act
    near: float = 0.08  # m, of a hand from the thing, within which the wrist sees it
    still: float = (
        0.05  # m, likewise, within which the torso keeps still: it would follow the hand
    )


class BodyTask(Task):
    """A task of a robot with two arms, a torso and a head.

    The places of its state are the scene's; what its arms are told is in their own base frame, as
    that will be when the torso has done the same step.
    """

    takes = 2
    drops = False
    floor = 0.03

    @property
    def motion(self) -> MotionConfig:
        """How the hands move."""
        motion: MotionConfig = self.config.motion
        return motion

    @property
    def body(self) -> BodyMotion:
        """How everything else moves."""
        body: BodyMotion = self.config.body
        return body

    def begin(self, layout: Layout, request: Request, rng: np.random.Generator) -> Layout:
        """Return the scene with the head turned away from the thing, in a share of them."""
        own = self.sim.body
        if rng.random() >= own.turned:
            return layout
        head = np.array([rng.uniform(*bounds) for bounds in own.away])
        if self.place(layout, request)[1] > 0:
            head[own.pan] *= -1
        return replace(layout, begin={**layout.begin, 'head': head})

    @abstractmethod
    def place(self, layout: Layout, request: Request) -> Array:
        """Return where the thing lies (2,) m in the scene."""

    @abstractmethod
    def thing(self, state: WorldState, request: Request) -> Array:
        """Return where the thing is (3,) m."""

    @abstractmethod
    def side(self, state: WorldState, request: Request) -> float:
        """Return which hand goes to it: 1 the left one, -1 the right one, 0 both."""

    @abstractmethod
    def gap(self, state: WorldState, request: Request) -> float:
        """Return how far the nearest of the hands that act is from the thing, m."""

    @abstractmethod
    def hands_do(self, state: WorldState, request: Request) -> dict[int, ExpertAction]:
        """Return what the hands do whose turn it is, by number, in the scene's frame."""

    def failure(self, state: WorldState, request: Request) -> str:
        """Return that the thing is no longer on the table."""
        x, y, z = self.thing(state, request)
        (cx, cy), (sx, sy) = self.sim.objects.table_centre, self.sim.objects.table
        if abs(x - cx) < sx and abs(y - cy) < sy and z > -0.01:
            return ''
        return f'the {request.object} {request.kind} left the table'

    def expert(self, state: WorldState, request: Request) -> ExpertAction:
        """Return what the first hand does next."""
        action = self.step(state, request)[0]
        assert isinstance(action, ExpertAction)  # arms come first
        return action

    def step(self, state: WorldState, request: Request) -> tuple[Action, ...]:
        """Return what every limb is to do next, in the order of the robot's limbs."""
        trunk, thing = trunk_of(state), self.thing(state, request)
        gap, body = self.gap(state, request), self.body
        seen = gap < body.near or trunk.sees(thing, body.edge)
        torso = trunk.chain('torso').commanded
        if gap > body.still:
            torso = self.bend(trunk, thing if seen else None, self.side(state, request))
        looks = self.look(trunk.chain('head'), trunk, thing if seen else None)
        ready = gap < body.near or (seen and trunk.off_centre(thing) < body.centred)
        busy = self.hands_do(state, request) if ready else {}
        frame = trunk.chain('torso').carry(trunk.frame, torso)
        arms = [
            self._inside(frame, busy[i]) if i in busy else self._wait(state, i)
            for i in range(len(state.hands))
        ]
        told = {'torso': JointAction(torso), 'head': JointAction(looks)}
        others = [
            told.get(limb.name, JointAction(limb.commanded))
            if isinstance(limb, Chain)
            else TwistAction(self.drive(state, request, thing) if seen else np.zeros(3))
            for limb in trunk.limbs
        ]
        return (*arms, *others)

    def drive(self, state: WorldState, request: Request, thing: Array) -> Array:
        """Return the twist (3,) of the base: it stands still."""
        return np.zeros(3)

    def bend(self, trunk: Torso, thing: Array | None, side: float) -> Array:
        """Return the next joints (n,) of the torso, which brings a thing within a hand's reach."""
        torso = trunk.chain('torso')
        goal = torso.home
        if thing is not None:
            goal = leaning(self.sim.body, torso, from_base(trunk, thing), side)
        goal = np.clip(goal, 0.95 * torso.lower, 0.95 * torso.upper)
        move = np.clip(self.body.bend * (goal - torso.commanded), -self.body.turn, self.body.turn)
        result: Array = torso.commanded + move
        return result

    def look(self, head: Chain, trunk: Torso, thing: Array | None) -> Array:
        """Return the next joints (n,) of the head: towards a thing, or on the search for it."""
        body, own = self.body, self.sim.body
        if thing is not None:
            move = body.look * (facing(head, trunk.eye, thing) - head.commanded)
        else:
            swing = np.array(own.swing)
            u = (head.commanded - own.search) / swing
            radius = max(1e-3, float(np.hypot(*u)))
            along = body.search * np.array([-u[1], u[0]]) / radius
            move = swing * (along + (1.0 - radius) * u / radius)
        move = np.clip(move, -body.glance, body.glance)
        result: Array = np.clip(head.commanded + move, head.lower, head.upper)
        return result

    def upright(self, state: WorldState, number: int, follow: bool = False) -> Array:
        """Return the rotation (4,) that a hand has in the scene while the torso is at home.

        With `follow` it turns sideways as the torso does.
        """
        trunk = trunk_of(state)
        torso = trunk.chain('torso')
        joints = torso.home
        if follow:
            joints = np.where(np.array(self.sim.body.bearing) != 0, torso.position, joints)
        return outside(torso.carry(trunk.frame, joints), self.hands[number].home).quaternion

    def _inside(self, frame: Pose, action: ExpertAction) -> ExpertAction:
        return ExpertAction(within(frame, action.pose), action.gripper)

    def _wait(self, state: WorldState, number: int) -> ExpertAction:
        """Return one step of a hand to where it waits, outside the head's view as far as it may.

        It rises before it goes anywhere.
        """
        hand, frame, motion = self.hands[number], trunk_of(state).frame, self.motion
        seen = state.hands[number]
        own = ArmSnapshot(seen.ee, seen.gripper, within(frame, seen.commanded), 0.0)
        place = hand.home.position + np.array(self.sim.body.aside) * (1, hand.side, 1)
        here = own.commanded.position
        if (
            seen.commanded.position[2] < motion.hover - 0.02
            and np.hypot(*(place - here)[:2]) > 0.02
        ):
            up = matrix_from_quat(frame.quaternion).T[:, 2]
            place = here + 0.05 * up
        return straight(motion, own, Pose(place, hand.home.quaternion), hand.open)


def trunk_of(state: WorldState) -> Torso:
    """Return what carries the arms.

    Raises:
        ValueError: nothing does; the task needs a torso and a head.
    """
    if state.trunk is None:
        raise ValueError('the task takes a torso and a head, the robot has none')
    return state.trunk
