"""Lines on the table that a sponge in the hand takes off, segment by segment.

What is left of a line is part of the generalised positions, so that whoever has these can draw it:
each line has a joint that nothing moves, and the binary digits of its position are the segments
that are gone. No message and no file needs another field for it.
"""

import mujoco
import numpy as np
from numpy.typing import NDArray

from vla_ros.core.data import Array
from vla_ros.tabletop.language import COLOURS
from vla_ros.tabletop.world.config import SimConfig
from vla_ros.tabletop.world.layout import Layout
from vla_ros.tabletop.world.object_config import LineConfig


_SLIDE = mujoco.mjtJoint.mjJNT_SLIDE
_FLAT = 0.0004  # m, half the thickness of what is drawn
_PARKED = (0.0, 0.0, -1.2)  # m, where absent lines are


def segments(config: LineConfig) -> int:
    """Return how many segments the longest line has."""
    return round(config.length[1] / config.segment)


def centres(config: LineConfig, lines: Array) -> Array:
    """Return the segments' centres (6, segments, 2) m of lines (6, 4); NaN beyond their ends."""
    start, way = lines[:, None, :2], lines[:, None, 2:] - lines[:, None, :2]
    length = np.linalg.norm(way, axis=2, keepdims=True)
    along = (np.arange(segments(config)) + 0.5)[None, :, None] * config.segment
    inside = along < length
    return np.where(inside, start + way * along / length, np.nan)


def add_lines(world: mujoco.MjSpec, config: SimConfig) -> None:
    """Add a line per colour, out of the way."""
    own, look = config.lines, config.appearance
    for colour in COLOURS:
        body = world.worldbody.add_body(name=f'line_{colour}', mocap=True)
        for i in range(segments(own)):
            body.add_geom(
                name=f'line_{colour}_{i}', type=mujoco.mjtGeom.mjGEOM_BOX,
                size=(own.segment / 2, own.width / 2, _FLAT),
                pos=((i + 0.5) * own.segment, 0, _FLAT), rgba=(*look.cubes[colour], 0),
                contype=0, conaffinity=0, group=1,
            )  # fmt: skip
        gone = world.worldbody.add_body(
            name=f'wiped_{colour}', gravcomp=1, mass=0.01, inertia=(1e-5, 1e-5, 1e-5),
            explicitinertial=True,
        )  # fmt: skip
        gone.add_joint(name=f'wiped_{colour}', type=_SLIDE, axis=(1, 0, 0))


def add_sponge(
    world: mujoco.MjSpec, config: SimConfig, ee_frame: str, contype: int, conaffinity: int
) -> None:
    """Add a sponge below the closed fingers, of that collision class: a foot on a spring."""
    own = config.lines
    body = world.body(ee_frame).add_body(name='sponge')
    body.add_joint(
        name='sponge', type=_SLIDE, axis=(0, 0, 1), limited=True, range=(-own.give, 0),
        stiffness=own.stiffness, damping=[own.damping, 0, 0], armature=0.03,
    )  # fmt: skip
    # Next to no mass: its weight would be a load that neither law nor force sensor know of. The
    # armature is what keeps the spring slow enough for the physics.
    body.add_geom(
        name='sponge', type=mujoco.mjtGeom.mjGEOM_CYLINDER, mass=1e-4, group=1,
        size=(own.sponge, own.thickness / 2, 0), pos=(0, 0, own.reach - own.thickness / 2),
        rgba=(*config.appearance.sponge, 0), contype=contype, conaffinity=conaffinity, condim=3,
        friction=(own.friction, 0.005, 0.0001), solref=(0.006, 1.0), priority=2,
    )  # fmt: skip


class Lines:
    """The lines of a model, and what is left of them."""

    def __init__(self, model: mujoco.MjModel, config: SimConfig) -> None:
        """Look the parts up."""
        self._config, self._model = config.lines, model
        self._count = segments(self._config)
        self._mocap = [int(model.body(f'line_{colour}').mocapid[0]) for colour in COLOURS]
        self._geoms = np.array(
            [[model.geom(f'line_{c}_{i}').id for i in range(self._count)] for c in COLOURS]
        )
        self._rgb = model.geom_rgba[self._geoms, :3].copy()
        joints = [model.joint(f'wiped_{colour}').id for colour in COLOURS]
        self._q, self._v = model.jnt_qposadr[joints].copy(), model.jnt_dofadr[joints].copy()
        self._sponge = model.geom('sponge').id
        classes = (model.geom_contype, model.geom_conaffinity)
        self._solid = tuple(int(values[self._sponge]) for values in classes)
        self._bits = 2.0 ** np.arange(self._count)
        self._there = np.zeros((len(COLOURS), self._count), bool)
        self._centres = np.full((len(COLOURS), self._count, 2), np.nan)

    def place(self, data: mujoco.MjData, layout: Layout) -> None:
        """Draw the layout's lines, none of them wiped, and put the others out of sight."""
        for mocap, (x, y, u, v) in zip(self._mocap, layout.lines, strict=True):
            there = np.isfinite(x)
            data.mocap_pos[mocap] = (x, y, 0.0) if there else _PARKED
            half = np.arctan2(v - y, u - x) / 2 if there else 0.0
            data.mocap_quat[mocap] = (np.cos(half), 0, 0, np.sin(half))
        data.qpos[self._q] = 0.0

    def dress(self, layout: Layout) -> None:
        """Show the layout's lines in its tints, and the sponge if there is any to wipe."""
        model, sponge = self._model, self._sponge
        self._centres = centres(self._config, layout.lines)
        self._there = np.isfinite(self._centres[..., 0])
        here = bool(self._there.any())
        solid = self._solid if here else (0, 0)
        model.geom_contype[sponge], model.geom_conaffinity[sponge] = solid
        model.geom_rgba[sponge, 3] = here
        tinted = np.clip(self._rgb + layout.tint[:-1, None], 0, 1)
        model.geom_rgba[self._geoms] = np.dstack([tinted, self._there])

    def show(self, qpos: Array) -> None:
        """Show what is left of the lines at generalised positions qpos."""
        self._model.geom_rgba[self._geoms, 3] = self._there & ~self.wiped(qpos)

    def centres(self, lines: Array) -> Array:
        """Return the segments' centres (6, segments, 2) m of lines (6, 4) m."""
        return centres(self._config, lines)

    def wiped(self, qpos: Array) -> NDArray[np.bool_]:
        """Return which segments (6, segments) are gone."""
        digits = np.round(qpos[self._q] * 2.0**self._count)[:, None] // self._bits
        result: NDArray[np.bool_] = digits % 2 == 1
        return result

    def write(self, qpos: Array, wiped: NDArray[np.bool_]) -> None:
        """Make qpos say that of the segments (6, segments) those are gone."""
        qpos[self._q] = (wiped * self._bits).sum(1) / 2.0**self._count

    def wipe(self, data: mujoco.MjData) -> None:
        """Take off what the sponge covers."""
        away = self._centres - data.geom_xpos[self._sponge, :2]
        covered = (away * away).sum(2) <= self._config.sponge**2  # false for NaN
        if covered.any():
            self.write(data.qpos, self.wiped(data.qpos) | covered)
            data.qvel[self._v] = 0.0

    def read(self, data: mujoco.MjData) -> tuple[Array, NDArray[np.bool_]]:
        """Return the segments' centres (6, segments, 2) m, NaN = absent, and which are gone."""
        return self._centres, self.wiped(data.qpos)
