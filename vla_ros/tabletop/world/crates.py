"""Open boxes that stand on the table, for two hands."""

import math

import mujoco
import numpy as np

from vla_ros.core.data import Array
from vla_ros.tabletop.language import COLOURS
from vla_ros.tabletop.world.arm import find
from vla_ros.tabletop.world.config import SimConfig
from vla_ros.tabletop.world.layout import Layout
from vla_ros.tabletop.world.state import absent


_PARKED = (0.0, 0.0, -2.0)  # m, where absent crates wait, without gravity or contact


def add_crates(world: mujoco.MjSpec, config: SimConfig, contype: int, conaffinity: int) -> None:
    """Add a free crate per colour: a floor and four walls, the long side along y."""
    own = config.crates
    x, y, z, half = own.width / 2, own.length / 2, own.height / 2, own.wall / 2
    parts = (  # half sizes and centres, m
        *(((x, y, half), (0, 0, half - z)), ((half, y, z), (x - half, 0, 0))),
        *(((half, y, z), (half - x, 0, 0)), ((x, half, z), (0, y - half, 0))),
        ((x, half, z), (0, half - y, 0)),
    )
    volume = sum(math.prod(size) for size, _ in parts)
    for colour in COLOURS:
        body = world.worldbody.add_body(name=f'crate_{colour}')
        body.add_freejoint(name=f'crate_{colour}')
        for number, (size, place) in enumerate(parts):
            body.add_geom(
                name=f'crate_{colour}_{number}',
                type=mujoco.mjtGeom.mjGEOM_BOX,
                size=size,
                pos=place,
                group=1,
                mass=own.mass * math.prod(size) / volume,
                rgba=(*config.appearance.cubes[colour], 1),
                contype=contype,
                conaffinity=conaffinity,
                condim=4,
                friction=(config.physics.table_friction, 0.005, 0.0001),
            )


class Crates:
    """Where the crates of a model are."""

    def __init__(self, model: mujoco.MjModel, config: SimConfig) -> None:
        """Look the parts up."""
        self._config, self._model = config.crates, model
        self._bodies = [find(model, 'body', f'crate_{colour}') for colour in COLOURS]
        self._geoms = np.stack([np.flatnonzero(model.geom_bodyid == b) for b in self._bodies])
        self.q = model.jnt_qposadr[model.body_jntadr[self._bodies]].copy()
        self._rgb = model.geom_rgba[self._geoms, :3].copy()
        self._touch = int(model.geom_contype[self._geoms[0, 0]])
        self._touched = int(model.geom_conaffinity[self._geoms[0, 0]])

    def place(self, data: mujoco.MjData, layout: Layout) -> None:
        """Put the layout's crates to their places, the others out of sight."""
        for i, (x, y, yaw) in enumerate(layout.crates):
            there = math.isfinite(x)
            place = (
                (x, y, self._config.height / 2) if there else (*_PARKED[:2], _PARKED[2] - 0.2 * i)
            )
            turn = (math.cos(yaw / 2), 0, 0, math.sin(yaw / 2)) if there else (1, 0, 0, 0)
            data.qpos[self.q[i] : self.q[i] + 7] = (*place, *turn)

    def write(self, qpos: Array, centres: Array, turns: Array) -> None:
        """Make qpos say that crates are at (6, 3) m with rotations (6, 4) xyzw; NaN = absent."""
        for address, centre, (x, y, z, w) in zip(self.q, centres, turns, strict=True):
            if math.isfinite(centre[0]):
                qpos[address : address + 7] = (*centre, w, x, y, z)

    def dress(self, layout: Layout) -> None:
        """Give the crates the layout's tints, and take absent ones out of physics."""
        model = self._model
        tint = layout.tint[:-1, None]
        model.geom_rgba[self._geoms, :3] = np.clip(self._rgb + tint, 0, 1)
        there = np.isfinite(layout.crates[:, 0])
        model.body_gravcomp[self._bodies] = np.where(there, 0.0, 1.0)
        model.geom_contype[self._geoms] = np.where(there, self._touch, 0)[:, None]
        model.geom_conaffinity[self._geoms] = np.where(there, self._touched, 0)[:, None]

    def read(self, data: mujoco.MjData, places: Array) -> Array:
        """Return the corners of the rims (6, 4, 3) m, halfway through the walls; NaN = absent.

        Of a crate at yaw 0 the first is ahead at the left, the next are those after it in the
        sense of the clock, as seen from above.
        """
        own, result = self._config, absent(4, 3)
        corners = 0.5 * np.array([[1, 1, 1], [1, -1, 1], [-1, -1, 1], [-1, 1, 1]])
        corners *= (own.width - own.wall, own.length - own.wall, own.height)
        for i in np.flatnonzero(np.isfinite(places[:, 0])):
            turn = data.xmat[self._bodies[i]].reshape(3, 3)
            result[i] = data.xpos[self._bodies[i]] + corners @ turn.T
        return result
