"""What stands on and around the table, in MuJoCo primitives."""

import math

import mujoco
import numpy as np

from vla_ros.tabletop.language.grammar import COLOURS
from vla_ros.tabletop.world.config import SimConfig


_BOX = mujoco.mjtGeom.mjGEOM_BOX
_CYLINDER = mujoco.mjtGeom.mjGEOM_CYLINDER
_WALL_SEGMENTS = 14
_BOARD = 0.04  # m, thickness of a table top that ends


def furniture(world: mujoco.MjSpec, config: SimConfig, contype: int) -> None:
    """Add floor, table, bowl and goal zone; `contype` is what their solid parts answer to."""
    objects, look = config.objects, config.appearance
    base, (x, y) = world.worldbody, objects.table
    # A plane is cheaper than a box, where nothing comes to its edge.
    ends = config.table_top > 0
    base.add_geom(
        name='table_top',
        type=_BOX if ends else mujoco.mjtGeom.mjGEOM_PLANE,
        size=(x, y, _BOARD / 2) if ends else (2, 2, 0.1),
        pos=(*objects.table_centre, -_BOARD / 2) if ends else (0, 0, 0),
        contype=contype,
        conaffinity=0,
        friction=(config.physics.table_friction, 0.005, 0.0001),
        rgba=(0, 0, 0, 0),
        group=3,
    )
    _wood(world, look.table)
    base.add_geom(
        name='table',
        type=_BOX,
        size=(x, y, 0.02),
        pos=(*objects.table_centre, -0.0205),
        material='wood',
        contype=0,
        conaffinity=0,
        group=1,
    )
    base.add_geom(
        name='floor',
        type=_BOX,
        size=(4, 4, 0.01),
        pos=(0, 0, -config.table_top - 0.01 if ends else -0.7),
        rgba=(0.35, 0.37, 0.4, 1),
        contype=0,
        conaffinity=0,
        group=1,
    )
    _bowl(world, config, contype)
    _zone(world, config)


def _bowl(world: mujoco.MjSpec, config: SimConfig, contype: int) -> None:
    objects, rgba = config.objects, (*config.appearance.bowl, 1)
    bowl = world.worldbody.add_body(name='bowl', mocap=True)
    solid = {'contype': contype, 'conaffinity': 0, 'group': 1}
    shade = tuple(0.8 * channel for channel in config.appearance.bowl)
    bowl.add_geom(
        type=_CYLINDER,
        size=(objects.bowl_radius + objects.bowl_wall / 2, 0.0015, 0),
        pos=(0, 0, 0.0015),
        rgba=(*shade, 1),
        **solid,
    )
    middle = objects.bowl_radius + objects.bowl_wall / 2
    half = (middle + objects.bowl_wall / 2) * math.tan(math.pi / _WALL_SEGMENTS)
    for i in range(_WALL_SEGMENTS):
        angle = 2 * math.pi * i / _WALL_SEGMENTS
        bowl.add_geom(
            type=_BOX,
            size=(objects.bowl_wall / 2, half, objects.bowl_height / 2),
            pos=(middle * math.cos(angle), middle * math.sin(angle), objects.bowl_height / 2),
            quat=(math.cos(angle / 2), 0, 0, math.sin(angle / 2)),
            rgba=rgba,
            **solid,
        )


def _zone(world: mujoco.MjSpec, config: SimConfig) -> None:
    """A flat patch with a border; nothing touches it."""
    half, border = config.objects.zone / 2, 0.008
    zone = world.worldbody.add_body(name='zone', mocap=True)
    ghost = {'type': _BOX, 'contype': 0, 'conaffinity': 0, 'group': 1}
    look = config.appearance
    zone.add_geom(
        size=(half, half, 0.0004), pos=(0, 0, 0.0004), rgba=(*look.zone_border, 1), **ghost
    )
    inner = half - border
    zone.add_geom(size=(inner, inner, 0.0006), pos=(0, 0, 0.0006), rgba=(*look.zone, 1), **ghost)


def cubes(world: mujoco.MjSpec, config: SimConfig, contype: int, conaffinity: int) -> None:
    """Add one free cube per colour."""
    half = config.objects.cube / 2
    for colour in COLOURS:
        if colour not in config.appearance.cubes:
            raise ValueError(f'appearance.cubes: {colour!r} is missing; needed: {list(COLOURS)}')
        body = world.worldbody.add_body(name=f'cube_{colour}')
        body.add_freejoint(name=f'cube_{colour}')
        body.add_geom(
            name=f'cube_{colour}',
            type=_BOX,
            size=(half, half, half),
            group=1,
            mass=config.objects.cube_mass,
            rgba=(*config.appearance.cubes[colour], 1),
            contype=contype,
            conaffinity=conaffinity,
            condim=4,
            friction=(config.physics.table_friction, 0.005, 0.0001),
        )


def lights(world: mujoco.MjSpec, samples: int) -> None:
    """Add a ceiling light and soft light from the viewer; neither casts shadows.

    `samples` per pixel in offscreen pictures, against jagged edges.
    """
    world.visual.headlight.ambient = (0.42, 0.42, 0.42)
    world.visual.headlight.diffuse = (0.25, 0.25, 0.25)
    world.visual.headlight.specular = (0.0, 0.0, 0.0)
    quality = world.visual.quality
    # Software rendering pays per sample and per facet.
    quality.offsamples = samples
    quality.numslices, quality.numstacks, quality.numquads = 10, 6, 1
    world.visual.map.znear = 0.005
    world.visual.map.zfar = 10.0
    world.worldbody.add_light(
        name='ceiling',
        pos=(0.6, 0.4, 2.0),
        dir=(-0.35, -0.25, -1.0),
        castshadow=False,
        type=mujoco.mjtLightType.mjLIGHT_DIRECTIONAL,
        diffuse=(0.42, 0.42, 0.40),
        specular=(0.1, 0.1, 0.1),
        ambient=(0, 0, 0),
    )


def _wood(world: mujoco.MjSpec, colour: tuple[float, float, float]) -> None:
    """Add a material of planks with grain, drawn with a fixed seed."""
    size, planks = 128, 8
    rng = np.random.default_rng(0)
    grain = rng.normal(size=(size, size))
    for _ in range(24):  # smear along the planks
        grain = 0.5 * (grain + np.roll(grain, 1, axis=1))
    grain /= np.abs(grain).max()
    plank = rng.uniform(-1, 1, planks).repeat(size // planks)[:, None]
    shade = 1 + 0.035 * grain + 0.025 * plank
    shade[:: size // planks] *= 0.9
    image = np.clip(255 * shade[..., None] * np.array(colour), 0, 255).astype(np.uint8)
    texture = world.add_texture(
        name='wood', type=mujoco.mjtTexture.mjTEXTURE_2D, width=size, height=size, nchannel=3
    )
    texture.data = image.tobytes()
    wood = world.add_material(name='wood', specular=0.1, shininess=0.1, rgba=(0.96, 0.96, 0.96, 1))
    wood.textures[mujoco.mjtTextureRole.mjTEXROLE_RGB] = 'wood'
