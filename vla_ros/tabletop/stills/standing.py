"""How a body stands, leans and looks in still pictures: as its experts do, and more widely."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from vla_ros.core.data import Array
from vla_ros.tabletop.demos.sim_env import SimEnv
from vla_ros.tabletop.tasks.body import trunk_of
from vla_ros.tabletop.tasks.facing import facing, from_base, leaning
from vla_ros.tabletop.world.hardware import SimHardware
from vla_ros.tabletop.world.layout import Layout
from vla_ros.tabletop.world.torso import Torso


_HOME = (0.02, 0.03, 0.06)  # m, m, rad, standard deviation of a base that stands where it was
_ARRIVED = (0.03, 0.03, 0.05)  # likewise, of one that has driven to the table
_TORSO, _WIDE = 0.04, 0.12  # rad, standard deviation of a torso's joints, and of a share of them
_HEAD = 0.12  # rad, likewise of a head's
_SEARCH = (0.6, 1.2)  # of the ellipse along which the head searches


@dataclass(frozen=True)
class Subject:
    """What a picture is about."""

    place: Array  # (3,) m, in the scene
    side: float  # of the hand that goes to it: 1 left, -1 right, 0 both
    near: bool  # whether hands are to reach it


class Stance:
    """Draws where base, torso and head are, and puts a simulated body so."""

    def __init__(self, env: SimEnv, layout: Layout, rng: np.random.Generator) -> None:
        """Draw with `rng`."""
        self.hardware = SimHardware(env.scene, layout)
        self._layout, self._rng, self._own = layout, rng, env.scene.config.body
        self._homes = [(arm.home, arm.hand.open) for arm in env.arms]
        (self._base,) = (limb.name for limb in env.spec.limbs if limb.kind == 'mobile_base')

    def draw(self, subject: Subject) -> tuple[Mapping[str, Array], Torso]:
        """Return positions of the joints of every limb that is no arm, and where that leads to."""
        begin = {self._base: self._stand(subject)}
        begin['torso'] = self._lean(self._put(begin), subject)
        begin['head'] = self._look(self._put(begin), subject)
        return begin, self._put(begin)

    def _put(self, begin: Mapping[str, Array]) -> Torso:
        self.hardware.reset(replace(self._layout, begin=begin))
        return trunk_of(self.hardware.world(self._homes))

    def _stand(self, subject: Subject) -> Array:
        """Return x, y, yaw (3,) m, m, rad of the base: at the table, or on the way to it."""
        rng, own = self._rng, self._own
        drives = (0.45 if subject.near else 0.85) * (1.0 if subject.side else 0.5)
        if rng.random() > drives:
            return rng.normal(0, _HOME)
        side = subject.side or rng.choice([-1.0, 1.0])
        goal = np.array([*(subject.place[:2] - own.stand * np.array([1, side])), 0.0])
        start = rng.uniform(
            (-own.back[1], -own.sideways, -own.turn), (-own.back[0], own.sideways, own.turn)
        )
        share = 0.0 if subject.near else rng.uniform(0, 1)
        return goal + share * (start - goal) + rng.normal(0, _ARRIVED)

    def _lean(self, trunk: Torso, subject: Subject) -> Array:
        """Return the joints (n,) of the torso: between home and where a hand reaches the thing."""
        rng, torso = self._rng, trunk.chain('torso')
        goal = leaning(self._own, torso, from_base(trunk, subject.place), subject.side)
        share = 1.0 if rng.random() < 0.5 else rng.uniform(0, 1)
        off = rng.normal(0, _WIDE if rng.random() < 0.15 else _TORSO, len(goal))
        joints = torso.home + share * (goal - torso.home) + off
        result: Array = np.clip(joints, 0.95 * torso.lower, 0.95 * torso.upper)
        return result

    def _look(self, trunk: Torso, subject: Subject) -> Array:
        """Return the joints (n,) of the head: at the thing, searching, turned away, between."""
        rng, own, head = self._rng, self._own, trunk.chain('head')
        sort, away = rng.random(), rng.uniform(*np.transpose(own.away))
        away[own.pan] *= rng.choice([-1, 1])
        seen = facing(head, trunk.eye, subject.place)
        if sort < 0.15:
            angle, radius = rng.uniform(-np.pi, np.pi), rng.uniform(*_SEARCH)
            joints = own.search + radius * np.multiply(own.swing, (np.cos(angle), np.sin(angle)))
        elif sort < 0.35:
            joints = seen + rng.uniform(0, 1) * (away - seen)
        else:
            joints = (seen if sort < 0.85 else head.home) + rng.normal(0, _HEAD, len(seen))
        return np.clip(joints, head.lower, head.upper)
