"""Random arrangements for still pictures of robots with several hands."""

from collections.abc import Callable
from dataclasses import dataclass

import mujoco
import numpy as np

from vla_ros.core.data import Array, Pose
from vla_ros.core.rotations import quat_conjugate, quat_multiply
from vla_ros.tabletop.demos.sim_env import SimEnv
from vla_ros.tabletop.stills.arranging import Arrangement, cubes_put, rearrange, yaw_turns
from vla_ros.tabletop.stills.posing import Bodies, Goal, reach, redrawn
from vla_ros.tabletop.tasks.arms import axis, outwards, yawed
from vla_ros.tabletop.tasks.handover import HandoverConfig
from vla_ros.tabletop.tasks.motion import ArmInfo
from vla_ros.tabletop.world.layout import Layout
from vla_ros.tabletop.world.state import bar_grips


_SORTS = 20  # of arrangement that are tried
_CLEARANCE = 0.08  # m, between tcps, but where a cube changes hands
_BACK = 0.1  # m, by which a hand that waits is further back than at home, at most


@dataclass(frozen=True)
class _Draft:
    """What was drawn; whether the hands can be there is not known yet."""

    things: Array  # (6, 3) m
    grips: Array  # (hands, 6, 3) m
    goals: list[Goal]
    put: Callable[[Array], None]
    clearance: float = _CLEARANCE  # m, at least between hands


class PairArranger:
    """Arranges one scene of a robot with several arms again and again."""

    def __init__(self, env: SimEnv, layout: Layout, rng: np.random.Generator) -> None:
        """Draw with `rng`."""
        self._env, self._hands = env, env.hands
        self._scene, self._layout, self._rng = env.scene, layout, rng
        self._handover = HandoverConfig()
        self._bodies = Bodies(env.scene, mujoco.MjData(env.scene.model))
        self._kinds = {'cube': self._cubes, 'bar': self._bars}

    def arrange(self, kind: str) -> Arrangement:
        """Draw an arrangement of a scene with things of a kind.

        Raises:
            ValueError: there is none for that kind, or none that the arms can reach.
        """
        if kind not in self._kinds:
            raise ValueError(f'stills for several arms: {kind!r} is not one of {[*self._kinds]}')
        make = self._kinds[kind]
        arrangement = redrawn(lambda sort: self._arrangement(make(sort)), _SORTS, self._rng)
        if arrangement is None:
            raise ValueError('stills: the arms reach nothing that was drawn; change the placement')
        return arrangement

    def _arrangement(self, draft: _Draft) -> Arrangement | None:
        """Return what was drawn with the joints of both arms; None where they cannot be so."""
        q = self._joints(draft)
        if q is None:
            return None
        openings = tuple(goal.opening for goal in draft.goals)
        return Arrangement(draft.things, draft.grips, q, openings, draft.put)

    def _joints(self, draft: _Draft) -> tuple[Array, ...] | None:
        """Return the joints (n,) rad of each arm; None where they cannot be so."""
        places = [goal.pose.position for goal in draft.goals]
        ways = [a - b for i, a in enumerate(places) for b in places[:i]]
        if min(float(np.linalg.norm(way)) for way in ways) < draft.clearance:
            return None
        q = []
        for arm, goal in zip(self._env.arms, draft.goals, strict=True):
            own = reach(arm, goal)
            if own is None:
                return None
            q.append(own)
        return None if self._bodies.meet(q, [goal.opening for goal in draft.goals]) else tuple(q)

    def _cubes(self, sort: float) -> _Draft:
        """Cubes lie about, are held, handed over, in the bowl; the hands are anywhere."""
        layout, rng = self._layout, self._rng
        cubes = _at(layout.cubes[:, :2], 0.5 * self._scene.config.objects.cube)
        turns = yaw_turns(layout.cubes[:, 2])
        present = np.flatnonzero(np.isfinite(cubes[:, 0]))
        rearrange(layout, cubes, present, rng)
        one, clearance = int(rng.choice(present)), _CLEARANCE
        acts, other = (int(i) for i in rng.permutation(len(self._hands))[:2])
        goals, hand = self._somewhere(), self._hands[acts]
        if sort < 0.25:
            goals[acts], goals[other], cubes[one], turns[one] = self._hand_over(acts, other)
            clearance = 0.0
        elif sort < 0.5:
            goals[acts], cubes[one], turns[one] = self._held(hand)
        elif sort < 0.8 and hand.reaches(cubes[one, :2], 0.02):
            high = rng.random() < 0.7  # above it, as before a grasp, or around it
            off = np.array([*rng.normal(0, 0.02 if high else 0.004, 2), 0.0])
            off[2] = rng.uniform(0.05, 0.14) if high else rng.uniform(-0.004, 0.03)
            goals[acts] = Goal(Pose(cubes[one] + off, hand.home.quaternion), hand.open)
        grips = np.repeat(cubes[None], len(self._hands), axis=0)
        return _Draft(cubes, grips, goals, cubes_put(self._scene, cubes, turns), clearance)

    def _held(self, hand: ArmInfo) -> tuple[Goal, Array, Array]:
        """Return a hand with a cube, anywhere or over the bowl, and where that is and turned."""
        layout, rng = self._layout, self._rng
        pose = self._anywhere(hand)
        if rng.random() < 0.6:  # else it may be tilted, on the way to where hands meet
            over = rng.random() < 0.4 and hand.reaches(layout.bowl, 0.02)
            place = layout.bowl + rng.normal(0, 0.02, 2) if over else pose.position[:2]
            pose = Pose(np.array([*place, rng.uniform(0.02, 0.25)]), hand.home.quaternion)
        return self._gripping(hand, pose)

    def _gripping(self, hand: ArmInfo, pose: Pose) -> tuple[Goal, Array, Array]:
        """Return a hand with a cube, where this is (3,) m, and how it is turned (4,)."""
        rng, ahead = self._rng, axis(pose.quaternion, 2)
        off = rng.normal(0, 0.003, 3) + rng.uniform(-0.004, 0.010) * ahead
        turn = quat_multiply(pose.quaternion, quat_conjugate(hand.home.quaternion))
        return Goal(pose, self._scene.config.objects.cube), pose.position + off, turn

    def _hand_over(self, giver: int, receiver: int) -> tuple[Goal, Goal, Array, Array]:
        """Return both hands, and where the cube is and how it is turned."""
        rng, own = self._rng, self._handover
        gives, takes = self._hands[giver], self._hands[receiver]
        middle = np.mean([gives.home.position, takes.home.position], axis=0)
        meet = np.array([*middle[:2], own.height]) + rng.normal(0, 0.01, 3)
        out = outwards(gives, own.tilt, 0.0)
        turned = outwards(takes, own.tilt, 0.5 * np.pi)
        stage, edge = rng.random(), self._scene.config.objects.cube
        if stage < 0.7:  # held out, or still held when the other has it, too
            giving, cube, turn = self._gripping(gives, Pose(meet, out))
            before, opening = (0.0, edge) if stage < 0.2 else (rng.uniform(0, 0.13), takes.open)
            place = cube - before * axis(turned, 2) + rng.normal(0, 0.004, 3)
            return giving, Goal(Pose(place, turned), opening), cube, turn
        taking, cube, turn = self._gripping(takes, Pose(meet, turned))
        back = cube - rng.uniform(0, own.distance) * axis(out, 2)
        return Goal(Pose(back, out), gives.open), taking, cube, turn

    def _bars(self, sort: float) -> _Draft:
        """Bars lie, are held at both ends or raised; hands are at their ends or anywhere."""
        layout, rng, bars = self._layout, self._rng, self._scene.bars
        assert bars is not None  # or there were no such layout
        config = self._scene.config.bars
        yaws = layout.bars[:, 2].copy()
        centres = _at(layout.bars[:, :2], 0.5 * config.width)
        one = int(rng.choice(np.flatnonzero(np.isfinite(yaws))))
        goals = self._somewhere()
        if sort < 0.25:  # raised
            yaws[one] += rng.normal(0, 0.05)
            centres[one] += [*rng.normal(0, 0.01, 2), rng.uniform(0.0, 0.2)]
        ends = bars.ends(centres, yaws)
        grips = np.stack([bar_grips(ends, config.grip, hand.side) for hand in self._hands])
        for i, hand in enumerate(self._hands):
            place, turn = grips[i, one], yawed(hand, yaws[one])
            if sort < 0.4:  # held
                off = np.array([*rng.normal(0, 0.004, 2), rng.uniform(-0.003, 0.006)])
                goals[i] = Goal(Pose(place + off, turn), config.width)
            elif sort < 0.7 and rng.random() < 0.7:
                near = rng.random() < 0.35  # around it, or above it and not yet turned
                off = np.array([*rng.normal(0, 0.005 if near else 0.02, 2), 0.0])
                off[2] = rng.uniform(0.0, 0.03) if near else rng.uniform(0.03, 0.14)
                turn = turn if near else yawed(hand, rng.uniform(0, 1) * yaws[one])
                goals[i] = Goal(Pose(place + off, turn), hand.open)
        return _Draft(centres, grips, goals, lambda qpos: bars.write(qpos, centres, yaws))

    def _somewhere(self) -> list[Goal]:
        """Return hands that have nothing to do with what lies about."""
        rng, goals = self._rng, []
        for hand in self._hands:
            opening = float(rng.choice([hand.closed, hand.open / 2, hand.open, hand.open]))
            waits = rng.random() < 0.5
            goals.append(Goal(self._waiting(hand), hand.open) if waits
                         else Goal(self._anywhere(hand), opening))  # fmt: skip
        return goals

    def _waiting(self, hand: ArmInfo) -> Pose:
        """Return a hand at home or a little further back."""
        back = axis(hand.home.quaternion, 0) * (1, 1, 0)
        away = self._rng.uniform(0, _BACK) * back / np.linalg.norm(back)
        off = self._rng.normal(0, 0.01, 3)
        return Pose(hand.home.position - away + off, hand.home.quaternion)

    def _anywhere(self, hand: ArmInfo) -> Pose:
        """Return a hand within its reach, now and then tilted as for handing over."""
        rng, box = self._rng, self._scene.config.placement.hand
        lower = np.maximum(box[0], np.array(hand.reach[0]) + 0.02)
        upper = np.minimum(box[1], np.array(hand.reach[1]) - 0.02)
        place, turn = rng.uniform(lower, upper), hand.home.quaternion
        if place[2] > 0.15 and rng.random() < 0.5:
            turn = outwards(
                hand, rng.uniform(0, self._handover.tilt), rng.choice([0.0, 0.5 * np.pi])
            )
        return Pose(place, turn)


def _at(places: Array, height: float) -> Array:
    """Return places (n, 2) m at a height (n, 3) m; NaN = absent."""
    return np.c_[places, np.where(np.isfinite(places[:, 0]), height, np.nan)]
