"""Random arrangements for still pictures of robots whose arms a body carries."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from vla_ros.core.data import Array, Pose
from vla_ros.core.rotations import quat_from_rotvec, quat_multiply, quat_slerp
from vla_ros.tabletop.demos.sim_env import SimEnv
from vla_ros.tabletop.stills.arranging import Arrangement, cubes_put, yaw_turns
from vla_ros.tabletop.stills.posing import Bodies, Goal, reach, redrawn
from vla_ros.tabletop.stills.standing import Stance, Subject
from vla_ros.tabletop.tasks.arms import axis
from vla_ros.tabletop.tasks.hoist import HoistConfig
from vla_ros.tabletop.world.layout import Layout
from vla_ros.tabletop.world.state import rim_grips
from vla_ros.tabletop.world.torso import Torso, outside, within


_SORTS = 40  # of arrangement that are tried
_APART = 0.08  # m, between tcps
_IN = 0.006  # m, by which things may be in a hand: pads are soft
_NEAR = 0.62  # share of pictures in which a hand is at a thing
_LOW = 0.022  # m, of a tcp above the table at the least, or the tips touch it
_AROUND = ((-0.08, -0.08, -0.02), (0.07, 0.08, 0.14))  # m, about home, where hands begin


@dataclass(frozen=True)
class _Draft:
    """What was drawn; places and goals are the scene's, and what hands have to do with things.

    Goals of hands that do something else are None.
    """

    things: Array  # (6, 3) m
    grips: Array  # (hands, 6, 3) m
    goals: list[Goal | None]
    put: Callable[[Array], None]


class BodyArranger:
    """Arranges one scene of a robot with two arms, a torso, a head and a base again and again."""

    def __init__(self, env: SimEnv, layout: Layout, rng: np.random.Generator) -> None:
        """Draw with `rng`."""
        self._env, self._hands = env, env.hands
        self._scene, self._layout, self._rng = env.scene, layout, rng
        self._stance = Stance(env, layout, rng)
        self._data = self._stance.hardware.data
        self._bodies = Bodies(env.scene, self._data, _IN)
        self._kinds = {'cube': self._cubes, 'crate': self._crates}

    def arrange(self, kind: str) -> Arrangement:
        """Draw an arrangement of a scene with things of a kind.

        Raises:
            ValueError: there is none for that kind, or none that the arms can reach.
        """
        if kind not in self._kinds:
            raise ValueError(f'stills of a body: {kind!r} is not one of {[*self._kinds]}')
        arrangement = redrawn(self._kinds[kind], _SORTS, self._rng)
        if arrangement is None:
            raise ValueError('stills: the arms reach nothing that was drawn; change the placement')
        return arrangement

    def _cubes(self, sort: float) -> Arrangement | None:
        """Cubes lie about or are held; hands are above, around or beside them, or anywhere."""
        rng, layout = self._rng, self._layout
        there = np.isfinite(layout.cubes[:, 0])
        height = 0.5 * self._scene.config.objects.cube
        cubes = np.c_[layout.cubes[:, :2], np.where(there, height, np.nan)]
        yaws = layout.cubes[:, 2] + rng.normal(0, 0.1, len(cubes))
        one = int(rng.choice(np.flatnonzero(there)))
        # Mostly the hand on its side.
        side = float(np.sign(cubes[one, 1])) * (1 if rng.random() < 0.8 else -1)
        acts = next(i for i, hand in enumerate(self._hands) if hand.side == side)
        begin, trunk = self._stance.draw(Subject(cubes[one], side, near=sort < _NEAR))
        goals: list[Goal | None] = [None] * len(self._hands)
        turns = yaw_turns(yaws)
        if sort < 0.25:
            goals[acts], cubes[one], turns[one] = self._held(trunk, acts, cubes[one])
        elif sort < _NEAR:
            goals[acts] = self._at_cube(trunk, acts, cubes[one], sort)
        grips = np.repeat(cubes[None], len(self._hands), axis=0)
        draft = _Draft(cubes, grips, goals, cubes_put(self._scene, cubes, turns))
        return self._arrangement(draft, begin, trunk)

    def _held(self, trunk: Torso, acts: int, place: Array) -> tuple[Goal, Array, Array]:
        """Return a hand that holds a cube, where this is (3,) m, and its rotation (4,)."""
        rng, turn = self._rng, self._upright(trunk, acts)
        tcp = place + [*rng.normal(0, 0.04, 2), 0.0]
        tcp[2] = rng.uniform(_LOW, 0.06) if rng.random() < 0.3 else rng.uniform(_LOW, 0.25)
        off = rng.normal(0, 0.003, 3) + rng.uniform(-0.004, 0.008) * axis(turn, 2)
        x, y, _ = axis(turn, 1)  # the fingers close along it
        tilt = quat_from_rotvec(rng.normal(0, 0.05, 3))
        level = yaw_turns(np.array([np.arctan2(-x, y)]))[0]
        goal = Goal(Pose(tcp, turn), self._scene.config.objects.cube)
        return goal, tcp + off, quat_multiply(tilt, level)

    def _at_cube(self, trunk: Torso, acts: int, place: Array, sort: float) -> Goal:
        """Return a hand above a cube as after a reach, around it, or beside it."""
        rng, hand = self._rng, self._hands[acts]
        opening = float(rng.choice([hand.open] * 5 + [hand.open / 2, hand.closed]))
        if sort < 0.44:
            off = np.array([*rng.normal(0, 0.02, 2), rng.uniform(0.035, 0.14)])
        elif sort < 0.53:
            off = np.array([*rng.normal(0, 0.004, 2), rng.uniform(0.0, 0.04)])
            opening = hand.open
        else:
            way = rng.uniform(-np.pi, np.pi)
            off = np.array([np.cos(way), np.sin(way), 0.0]) * rng.uniform(0.06, 0.14)
            off[2] = rng.uniform(0.01, 0.12)
        tcp = place + off
        tcp[2] = max(tcp[2], _LOW)
        return Goal(Pose(tcp, self._upright(trunk, acts)), opening)

    def _crates(self, sort: float) -> Arrangement | None:
        """Crates stand, are held or raised; hands are at their rims or anywhere."""
        rng, layout, crates = self._rng, self._layout, self._scene.crates
        assert crates is not None  # or there were no such layout
        there = np.isfinite(layout.crates[:, 0])
        height = 0.5 * self._scene.config.crates.height
        centres = np.c_[layout.crates[:, :2], np.where(there, height, np.nan)]
        turns, yaws = yaw_turns(layout.crates[:, 2]), layout.crates[:, 2].copy()
        one = int(rng.choice(np.flatnonzero(there)))
        begin, trunk = self._stance.draw(Subject(centres[one], 0.0, near=sort < _NEAR))
        if sort < 0.25:  # raised
            yaws[one] += rng.normal(0, 0.05)
            tilt = quat_from_rotvec(rng.normal(0, 0.03, 3))
            turns[one] = quat_multiply(tilt, yaw_turns(yaws[one : one + 1])[0])
            centres[one] += [*rng.normal(0, 0.015, 2), rng.uniform(0.005, 0.2)]
        data = self._data
        crates.write(data.qpos, centres, turns)
        world = self._stance.hardware.world([(arm.home, 0.0) for arm in self._env.arms])
        goals = [
            self._at_rim(trunk, i, rim_grips(world.crates[one], hand.side), yaws[one], sort)
            for i, hand in enumerate(self._hands)
        ]
        draft = _Draft(
            world.things, world.grips, goals, lambda qpos: crates.write(qpos, centres, turns)
        )
        return self._arrangement(draft, begin, trunk)

    def _at_rim(
        self, trunk: Torso, number: int, rim: Array, yaw: float, sort: float
    ) -> Goal | None:
        """Return a hand that holds the rim at (3,) m of a crate, or is around or above it."""
        rng, hand = self._rng, self._hands[number]
        about = quat_from_rotvec(np.array([0.0, 0.0, yaw - trunk.base[2]]))
        turn = quat_multiply(about, self._upright(trunk, number, 0.0))
        place = rim - (0, 0, HoistConfig.deep)
        if sort < 0.4:
            off = np.array([*rng.normal(0, 0.003, 2), rng.uniform(-0.006, 0.006)])
            return Goal(Pose(place + off, turn), self._scene.config.crates.wall)
        if sort > _NEAR or rng.random() < 0.25:
            return None
        near = rng.random() < 0.35
        off = np.array([*rng.normal(0, 0.006 if near else 0.025, 2), 0.0])
        off[2] = rng.uniform(0.0, 0.03) if near else rng.uniform(0.03, 0.16)
        return Goal(Pose(place + off, turn), hand.open)

    def _arrangement(
        self, draft: _Draft, begin: Mapping[str, Array], trunk: Torso
    ) -> Arrangement | None:
        """Return what was drawn, with joints of the arms; None where they cannot be so."""
        goals = [
            self._somewhere(trunk, i)
            if goal is None
            else Goal(within(trunk.frame, goal.pose), goal.opening)
            for i, goal in enumerate(draft.goals)
        ]
        places = [goal.pose.position for goal in goals]
        ways = [a - b for i, a in enumerate(places) for b in places[:i]]
        if min(float(np.linalg.norm(way)) for way in ways) < _APART:
            return None
        q = []
        for arm, hand, goal in zip(self._env.arms, self._hands, goals, strict=True):
            lower, upper = np.array(hand.reach)
            inside = ((lower < goal.pose.position) & (goal.pose.position < upper)).all()
            above = outside(trunk.frame, goal.pose).position[2] > 0.9 * _LOW
            own = reach(arm, goal) if inside and above else None
            if own is None:
                return None
            q.append(own)
        openings = [goal.opening for goal in goals]
        draft.put(self._data.qpos)
        if self._bodies.meet(q, openings):
            return None
        return Arrangement(draft.things, draft.grips, tuple(q), tuple(openings), draft.put, begin)

    def _upright(self, trunk: Torso, number: int, follow: float | None = None) -> Array:
        """Return the rotation (4,) that a hand has in the scene while the torso is at home.

        It turns sideways by a share `follow` of what the torso does; None is any share.
        """
        torso, own = trunk.chain('torso'), self._scene.config.body
        share = self._rng.uniform(0, 1) if follow is None else follow
        turned = share * np.where(np.array(own.bearing) != 0, torso.position - torso.home, 0.0)
        there = torso.carry(trunk.frame, torso.home + turned)
        off = quat_from_rotvec(self._rng.normal(0, 0.02, 3))
        upright = outside(there, self._hands[number].home).quaternion
        return quat_multiply(off, upright)

    def _somewhere(self, trunk: Torso, number: int) -> Goal:
        """Return a hand that has nothing to do with what lies about, in its arm's base frame."""
        rng, hand, home = self._rng, self._hands[number], self._hands[number].home
        opening = float(rng.choice([hand.closed, hand.open / 2, hand.open, hand.open]))
        sort, turn = rng.random(), home.quaternion
        if sort < 0.5:  # it waits, or goes there
            way = np.array(self._scene.config.body.aside) * (1, hand.side, 1)
            place = home.position + rng.uniform(0, 1.1) * way + rng.normal(0, 0.01, 3)
            return Goal(Pose(place, turn), hand.open if rng.random() < 0.8 else opening)
        if sort < 0.75:
            place = home.position + rng.uniform(*_AROUND)
        else:
            lower, upper = np.array(hand.reach)
            place = rng.uniform(lower + 0.02, upper - 0.02)
        upright = within(trunk.frame, Pose(home.position, self._upright(trunk, number)))
        turn = quat_slerp(turn, upright.quaternion, rng.uniform(0, 1))
        off = quat_from_rotvec(rng.normal(0, 0.08, 3))
        return Goal(Pose(place, quat_multiply(off, turn)), opening)
