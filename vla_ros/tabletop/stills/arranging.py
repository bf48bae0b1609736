"""Random arrangements of a scene for still pictures: what could be seen while a task is done."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from vla_ros.core.data import Array
from vla_ros.tabletop.demos.sim_env import SimEnv
from vla_ros.tabletop.world.layout import Layout
from vla_ros.tabletop.world.scene import Scene


NO_TURN = np.array([0.0, 0.0, 0.0, 1.0])  # xyzw
_TIP = 0.009  # m, from the tcp to the tips of the closed fingers, about


@dataclass(frozen=True)
class Arrangement:
    """Where everything is in one picture; places are the scene's."""

    things: Array  # (6, 3) m, what has a colour; NaN = absent
    grips: Array  # (hands, 6, 3) m, where each hand would take hold of it
    q: tuple[Array, ...]  # (n,) rad, of each arm
    openings: tuple[float, ...]  # m, of each hand
    put: Callable[[Array], None] = field(repr=False)  # writes it into generalised positions
    # Limb -> positions of its joints, where a limb that is no arm is not at home.
    begin: Mapping[str, Array] = field(default_factory=dict)


class Arranger:
    """Arranges one scene of a robot with one arm again and again."""

    def __init__(self, env: SimEnv, layout: Layout, rng: np.random.Generator) -> None:
        """Draw with `rng`."""
        self._env, self._hand = env, env.hand
        self._scene, self._layout, self._rng = env.scene, layout, rng
        self._kinds = {'cube': self._cubes, 'button': self._buttons, 'line': self._lines}

    def arrange(self, kind: str) -> Arrangement:
        """Draw an arrangement of a scene with things of a kind."""
        return self._kinds[kind]()

    def _cubes(self) -> Arrangement:
        """Cubes lie about, are held, stacked, in the bowl or on the zone; the hand is anywhere."""
        layout, rng, opened = self._layout, self._rng, self._hand.open
        cubes = np.c_[layout.cubes[:, :2], np.full(len(layout.cubes), 0.02)]
        present = np.flatnonzero(np.isfinite(cubes[:, 0]))
        rearrange(layout, cubes, present, rng)
        one = int(rng.choice(present))
        chosen = cubes[one]
        tcp = self._anywhere()
        opening, held = float(rng.choice([0.0, opened / 2, opened, opened])), -1
        draw = rng.random()
        if draw < 0.35:  # above a cube, as before a grasp
            tcp = chosen + rng.normal(0, 0.02, 3) * [1, 1, 0]
            tcp[2] += rng.uniform(0.05, 0.14)
            opening = opened
        elif draw < 0.45:  # around it
            tcp = chosen + rng.normal(0, 0.004, 3) + [0, 0, rng.uniform(-0.004, 0.03)]
            opening = opened
        elif draw < 0.55:  # beside it, closed, as before a push
            side = rng.uniform(-np.pi, np.pi)
            tcp = chosen + 0.05 * np.array([np.cos(side), np.sin(side), 0.0])
            tcp[2], opening = rng.uniform(0.02, 0.1), 0.0
        elif draw < 0.8:
            held, opening = one, 0.04
            tcp[2] = rng.uniform(0.02, 0.25)
            cubes[held] = tcp + [*rng.normal(0, 0.003, 2), rng.uniform(-0.012, 0.004)]

        turns = yaw_turns(layout.cubes[:, 2])
        if held >= 0:
            turns[held] = NO_TURN
        return self._arrangement(cubes, tcp, opening, cubes_put(self._scene, cubes, turns))

    def _buttons(self) -> Arrangement:
        """The closed hand is anywhere, above a button or pressing it."""
        buttons, layout, rng = self._scene.buttons, self._layout, self._rng
        assert buttons is not None  # or there were no such layout
        tops, one = self._rest(buttons.tops(layout.buttons))
        travel = np.zeros(len(tops))
        tcp, draw = self._anywhere(), rng.random()
        if draw < 0.4:  # above it
            tcp = tops[one] + [*rng.normal(0, 0.015, 2), rng.uniform(_TIP, 0.12)]
        elif draw < 0.7:  # pressing
            travel[one] = rng.uniform(0, self._scene.config.buttons.travel)
            tcp = tops[one] + [*rng.normal(0, 0.004, 2), _TIP - travel[one]]
        tops[:, 2] -= travel
        closed = self._hand.closed
        return self._arrangement(tops, tcp, closed, lambda qpos: buttons.write(qpos, travel))

    def _lines(self) -> Arrangement:
        """Lines are wiped up to anywhere, and the sponge is there, above, or elsewhere."""
        lines, config, rng = self._scene.lines, self._scene.config.lines, self._rng
        assert lines is not None  # or there were no such layout
        centres = lines.centres(self._layout.lines)
        count = np.isfinite(centres[..., 0]).sum(1)
        gone = np.where(rng.random(len(count)) < 0.5, 0, rng.integers(0, np.maximum(count, 1)))
        wiped = np.arange(centres.shape[1]) < gone[:, None]
        first = centres[np.arange(len(centres)), np.minimum(gone, centres.shape[1] - 1)]
        things, one = self._rest(np.c_[first, np.zeros(len(first))])
        tcp, draw = self._anywhere(), rng.random()
        if draw < 0.4:  # wiping: it covers what it has just taken off
            way = self._layout.lines[one, 2:] - self._layout.lines[one, :2]
            behind = config.sponge * way / np.linalg.norm(way)
            tcp = things[one] + [*(rng.normal(0, 0.003, 2) - behind), config.reach - 0.004]
        elif draw < 0.7:  # above it
            tcp = things[one] + [*rng.normal(0, 0.02, 2), rng.uniform(config.reach, 0.14)]
        closed = self._hand.closed
        return self._arrangement(things, tcp, closed, lambda qpos: lines.write(qpos, wiped))

    def _arrangement(
        self, things: Array, tcp: Array, opening: float, put: Callable[[Array], None]
    ) -> Arrangement:
        """Return it with the joints that bring the tcp to (3,) m."""
        q = self._env.reach(tcp, iterations=12)
        return Arrangement(things, things[None], (q,), (opening,), put)

    def _rest(self, things: Array) -> tuple[Array, int]:
        """Return a copy of places (6, 3) m and the index of one that is there."""
        there = np.flatnonzero(np.isfinite(things[:, 0]))
        return things.copy(), int(self._rng.choice(there))

    def _anywhere(self) -> Array:
        return self._rng.uniform(*self._scene.config.placement.hand)


def yaw_turns(yaws: Array) -> Array:
    """Return rotations about z by yaws (n,) rad as (n, 4) xyzw."""
    zero = np.zeros(len(yaws))
    return np.stack([zero, zero, np.sin(yaws / 2), np.cos(yaws / 2)], axis=1)


def cubes_put(scene: Scene, cubes: Array, turns: Array) -> Callable[[Array], None]:
    """Return what writes cubes at (6, 3) m with rotations (6, 4) xyzw; NaN = absent."""

    def put(qpos: Array) -> None:
        for address, place, (x, y, z, w) in zip(scene.cubes_q, cubes, turns, strict=True):
            if np.isfinite(place[0]):
                qpos[address : address + 7] = (*place, w, x, y, z)

    return put


def rearrange(
    layout: Layout, cubes: Array, present: NDArray[np.int64], rng: np.random.Generator
) -> None:
    """Move one cube into the bowl, onto the zone or onto another, now and then."""
    one, other = rng.permutation(present)[:2]
    draw = rng.random()
    if draw < 0.15:
        cubes[one] = [*(layout.bowl + rng.uniform(-0.02, 0.02, 2)), rng.uniform(0.02, 0.06)]
    elif draw < 0.3:
        cubes[one, :2] = layout.zone + rng.uniform(-0.04, 0.04, 2)
    elif draw < 0.45:
        cubes[one] = cubes[other] + [*rng.normal(0, 0.006, 2), rng.uniform(0.04, 0.07)]
