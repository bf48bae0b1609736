"""Long light bars that lie on the table, for two hands."""

import math

import mujoco
import numpy as np

from vla_ros.core.data import Array
from vla_ros.tabletop.language import COLOURS
from vla_ros.tabletop.world.arm import find
from vla_ros.tabletop.world.config import SimConfig
from vla_ros.tabletop.world.layout import Layout
from vla_ros.tabletop.world.state import absent


_PARKED = (0.0, 0.0, -1.4)  # m, where absent bars wait, without gravity or contact


def add_bars(world: mujoco.MjSpec, config: SimConfig, contype: int, conaffinity: int) -> None:
    """Add a free bar per colour, along its own y axis."""
    own = config.bars
    for colour in COLOURS:
        body = world.worldbody.add_body(name=f'bar_{colour}')
        body.add_freejoint(name=f'bar_{colour}')
        body.add_geom(
            name=f'bar_{colour}',
            type=mujoco.mjtGeom.mjGEOM_BOX,
            size=(own.width / 2, own.length / 2, own.width / 2),
            group=1,
            mass=own.mass,
            rgba=(*config.appearance.cubes[colour], 1),
            contype=contype,
            conaffinity=conaffinity,
            condim=4,
            friction=(config.physics.table_friction, 0.005, 0.0001),
        )


class Bars:
    """Where the bars of a model are."""

    def __init__(self, model: mujoco.MjModel, config: SimConfig) -> None:
        """Look the parts up."""
        self._config, self._model = config.bars, model
        self._bodies = [find(model, 'body', f'bar_{colour}') for colour in COLOURS]
        self._geoms = [find(model, 'geom', f'bar_{colour}') for colour in COLOURS]
        self.q = model.jnt_qposadr[model.body_jntadr[self._bodies]].copy()
        self._rgb = model.geom_rgba[self._geoms, :3].copy()
        self._touch = int(model.geom_contype[self._geoms[0]])
        self._touched = int(model.geom_conaffinity[self._geoms[0]])

    def place(self, data: mujoco.MjData, layout: Layout) -> None:
        """Put the layout's bars to their places, the others out of sight."""
        for i, (x, y, yaw) in enumerate(layout.bars):
            there = math.isfinite(x)
            place = (
                (x, y, self._config.width / 2) if there else (*_PARKED[:2], _PARKED[2] - 0.1 * i)
            )
            turn = (math.cos(yaw / 2), 0, 0, math.sin(yaw / 2)) if there else (1, 0, 0, 0)
            data.qpos[self.q[i] : self.q[i] + 7] = (*place, *turn)

    def write(self, qpos: Array, centres: Array, yaws: Array) -> None:
        """Make qpos say that level bars are at (6, 3) m with yaws (6,) rad; NaN = absent."""
        for address, centre, yaw in zip(self.q, centres, yaws, strict=True):
            if math.isfinite(centre[0]):
                turn = (math.cos(yaw / 2), 0, 0, math.sin(yaw / 2))
                qpos[address : address + 7] = (*centre, *turn)

    def ends(self, centres: Array, yaws: Array) -> Array:
        """Return the centres of both end faces (6, 2, 3) m of level bars; see `write`."""
        along = np.stack([-np.sin(yaws), np.cos(yaws), np.zeros(len(yaws))], axis=1)
        way = 0.5 * self._config.length * along
        return np.stack([centres + way, centres - way], axis=1)

    def dress(self, layout: Layout) -> None:
        """Give the bars the layout's tints, and take absent ones out of physics."""
        model = self._model
        model.geom_rgba[self._geoms, :3] = np.clip(self._rgb + layout.tint[:-1], 0, 1)
        there = np.isfinite(layout.bars[:, 0])
        model.body_gravcomp[self._bodies] = np.where(there, 0.0, 1.0)
        model.geom_contype[self._geoms] = np.where(there, self._touch, 0)
        model.geom_conaffinity[self._geoms] = np.where(there, self._touched, 0)

    def read(self, data: mujoco.MjData, places: Array) -> Array:
        """Return the centres of both end faces (6, 2, 3) m; NaN = absent."""
        result = absent(2, 3)
        half = self._config.length / 2
        for i in np.flatnonzero(np.isfinite(places[:, 0])):
            along = half * data.xmat[self._bodies[i]].reshape(3, 3)[:, 1]
            centre = data.xpos[self._bodies[i]]
            result[i] = centre + along, centre - along
        return result
