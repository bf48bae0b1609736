"""Push buttons on the table: a housing each, and a cap on a spring."""

import mujoco
import numpy as np

from vla_ros.core.data import Array
from vla_ros.tabletop.language import COLOURS
from vla_ros.tabletop.world.config import SimConfig
from vla_ros.tabletop.world.layout import Layout


_CYLINDER = mujoco.mjtGeom.mjGEOM_CYLINDER
_SUNK = 0.008  # m, of the cap within the housing: it never comes out
_PARKED = (0.0, 0.0, -1.2)  # m, where absent buttons are


def add_buttons(world: mujoco.MjSpec, config: SimConfig, contype: int) -> None:
    """Add a button per colour; `contype` is what its solid parts answer to."""
    own, look = config.buttons, config.appearance
    solid = {'contype': contype, 'conaffinity': 0, 'group': 1, 'type': _CYLINDER}
    stiffness = (own.full - own.preload) / own.travel
    for colour in COLOURS:
        base = world.worldbody.add_body(name=f'button_{colour}', mocap=True)
        base.add_geom(
            size=(own.housing, own.height / 2, 0), pos=(0, 0, own.height / 2),
            rgba=(*look.housing, 1), **solid,
        )  # fmt: skip
        cap = base.add_body(name=f'cap_{colour}')
        cap.add_joint(
            name=f'cap_{colour}', type=mujoco.mjtJoint.mjJNT_SLIDE, axis=(0, 0, 1), limited=True,
            range=(-own.travel, 0), stiffness=stiffness, springref=own.preload / stiffness,
            damping=[own.damping, 0, 0],
        )  # fmt: skip
        half = (own.rise + _SUNK) / 2
        cap.add_geom(
            name=f'cap_{colour}', size=(own.cap, half, 0),
            pos=(0, 0, own.height + own.rise - half), rgba=(*look.cubes[colour], 1), mass=0.01,
            **solid,
        )  # fmt: skip


class Buttons:
    """Where the buttons of a model are."""

    def __init__(self, model: mujoco.MjModel, config: SimConfig) -> None:
        """Look the parts up."""
        self._config, self._model = config.buttons, model
        self._mocap = [int(model.body(f'button_{colour}').mocapid[0]) for colour in COLOURS]
        self._caps = model.jnt_qposadr[[model.joint(f'cap_{c}').id for c in COLOURS]].copy()
        self._geoms = [model.geom(f'cap_{colour}').id for colour in COLOURS]
        self._rgb = model.geom_rgba[self._geoms, :3].copy()

    def place(self, data: mujoco.MjData, layout: Layout) -> None:
        """Put the layout's buttons to their places, the others out of sight."""
        for mocap, place in zip(self._mocap, layout.buttons, strict=True):
            there = np.isfinite(place[0])
            data.mocap_pos[mocap] = (*place, 0.0) if there else _PARKED

    def dress(self, layout: Layout) -> None:
        """Give the caps the layout's tints."""
        self._model.geom_rgba[self._geoms, :3] = np.clip(self._rgb + layout.tint[:-1], 0, 1)

    def read(self, data: mujoco.MjData, places: Array) -> tuple[Array, Array]:
        """Return the centres of the caps' tops (6, 3) and their travel (6,), m; NaN = absent."""
        tops = self.tops(places)
        travel = np.where(np.isfinite(places[:, 0]), np.maximum(0, -data.qpos[self._caps]), np.nan)
        tops[:, 2] -= travel
        return tops, travel

    def tops(self, places: Array) -> Array:
        """Return the centres (6, 3) m of the tops of caps that nothing presses."""
        return np.c_[places, np.full(len(places), self._config.height + self._config.rise)]

    def write(self, qpos: Array, travel: Array) -> None:
        """Make qpos say that the caps have travelled (6,) m."""
        qpos[self._caps] = -travel
