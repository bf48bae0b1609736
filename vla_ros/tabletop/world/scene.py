"""Scene: one MuJoCo model of a robot at a table, and where everything is in it."""

from collections.abc import Callable, Sequence
import math

import mujoco
import numpy as np

from vla_ros.core.data import Array
from vla_ros.core.rotations import matrix_from_quat, quat_from_matrix
from vla_ros.robots.robot import Robot
from vla_ros.robots.spec import ArmSpec, CameraSpec
from vla_ros.tabletop.language import COLOURS
from vla_ros.tabletop.language.families import kinds
from vla_ros.tabletop.world import props
from vla_ros.tabletop.world.arm import (
    ArmAddresses,
    add_mobile_bases,
    find,
    find_limb,
    set_dynamics,
)
from vla_ros.tabletop.world.bars import Bars, add_bars
from vla_ros.tabletop.world.buttons import Buttons, add_buttons
from vla_ros.tabletop.world.config import SimConfig, load_sim
from vla_ros.tabletop.world.crates import Crates, add_crates
from vla_ros.tabletop.world.layout import Layout
from vla_ros.tabletop.world.lines import Lines, add_lines, add_sponge


# Collision classes: two geoms touch when one's contype meets the other's conaffinity.
FURNITURE, OBJECT, ROBOT = 1, 2, 4
_LIMB = 8  # the first of several limbs, that touch each other; the next have the next bits
_PARKED = (0.0, 0.0, -1.0)  # m, where absent cubes wait, without gravity or contact


class Scene:
    """The model and the addresses of its parts; `dress` changes its colours and lights.

    Attributes:
        model: MjModel; its axes are the base frame's, z = 0 is the table top.
        limbs: where each limb is, in the order of the spec's. arms: those of them that are arms.
        arm_q, arm_v: addresses of all arm joints in qpos and qvel. arm_u: ids of their motors.
        cubes_q: (6,) address in qpos of each cube's free joint, colour order of `language`.
        bowl, zone: mocap ids.
        buttons, lines, bars, crates: None where no task of the robot needs them.
    """

    def __init__(
        self,
        spec: Robot,
        config: SimConfig | None = None,
        equip: Callable[[mujoco.MjSpec], None] | None = None,
    ) -> None:
        """Build the model of `spec`'s robot at the table, changed by `equip` before it is final.

        Raises:
            ValueError: the URDF lacks one of the spec's joints or frames; the message names it.
        """
        self.spec = spec
        self.config = load_sim(spec.sim) if config is None else config
        self.model = _build(spec, self.config, equip)
        model = self.model
        self.limbs = tuple(find_limb(model, limb) for limb in spec.limbs)
        self.arms = tuple(limb for limb in self.limbs if isinstance(limb, ArmAddresses))
        self.arm_q = np.concatenate([arm.q for arm in self.arms])
        self.arm_v = np.concatenate([arm.v for arm in self.arms])
        self.arm_u = np.concatenate([arm.u for arm in self.arms])
        self._cube_bodies = [find(model, 'body', f'cube_{colour}') for colour in COLOURS]
        self._cube_geoms = [find(model, 'geom', f'cube_{colour}') for colour in COLOURS]
        adr = model.body_jntadr[self._cube_bodies]
        self.cubes_q = model.jnt_qposadr[adr].copy()
        self.bowl = int(model.body_mocapid[find(model, 'body', 'bowl')])
        self.zone = int(model.body_mocapid[find(model, 'body', 'zone')])
        self._kinds = kinds(spec.tasks)
        self.buttons = Buttons(model, self.config) if 'button' in self._kinds else None
        self.lines = Lines(model, self.config) if 'line' in self._kinds else None
        self.bars = Bars(model, self.config) if 'bar' in self._kinds else None
        self.crates = Crates(model, self.config) if 'crate' in self._kinds else None
        parts = (self.buttons, self.lines, self.bars, self.crates)
        self._parts = [part for part in parts if part is not None]
        self._rgba = model.geom_rgba.copy()
        self._material_rgba = model.mat_rgba.copy()
        self._diffuse = model.light_diffuse.copy()

    def apply(
        self,
        data: mujoco.MjData,
        layout: Layout,
        q: Array | None = None,
        gripper: float | Sequence[float] | None = None,
    ) -> None:
        """Reset `data` to the layout: arms at q (n,) rad, openings in m, one or one of each hand.

        None is home; and open, or closed around the sponge if there are lines to wipe. Limbs
        that are no arms begin as the layout says.

        Raises:
            ValueError: the layout has things that no task of the robot needs, or says how limbs
                begin that the robot has not.
        """
        mujoco.mj_resetData(self.model, data)
        self.dress(layout)
        self._begin(data, layout)
        if q is not None:
            data.qpos[self.arm_q] = q
        shut = bool(layout.colours('line'))
        grippers = [limb.gripper for limb in self.spec.arms]
        own = [one.closed if shut else one.open for one in grippers]
        openings = np.broadcast_to(own if gripper is None else gripper, len(own))
        for opening, arm in zip(openings.tolist(), self.arms, strict=True):
            data.qpos[arm.fingers_q] = opening / len(arm.fingers_q)
        half = self.config.objects.cube / 2
        for i, (x, y, yaw) in enumerate(layout.cubes):
            present = math.isfinite(x)
            place = (x, y, half) if present else (*_PARKED[:2], _PARKED[2] - 0.1 * i)
            turn = (math.cos(yaw / 2), 0, 0, math.sin(yaw / 2)) if present else (1, 0, 0, 0)
            address = self.cubes_q[i]
            data.qpos[address : address + 7] = (*place, *turn)
        for mocap, centre in ((self.bowl, layout.bowl), (self.zone, layout.zone)):
            data.mocap_pos[mocap] = (*centre, 0.0) if math.isfinite(centre[0]) else _PARKED
        for part in self._parts:
            part.place(data, layout)
        mujoco.mj_forward(self.model, data)

    def _begin(self, data: mujoco.MjData, layout: Layout) -> None:
        """Bring every limb home, or to where the layout says that it begins."""
        others = [limb.name for limb in self.spec.limbs if not isinstance(limb, ArmSpec)]
        for name in layout.begin:
            if name not in others:
                raise ValueError(f'layout: begin: {name!r} is not one of {others}')
        for limb, own in zip(self.spec.limbs, self.limbs, strict=True):
            data.qpos[own.q] = layout.begin.get(limb.name, limb.home)

    def dress(self, layout: Layout) -> None:
        """Give the model the layout's light and colours, and take absent cubes out of physics.

        Raises:
            ValueError: the layout has things that no task of the robot needs.
        """
        model = self.model
        tints = layout.tint
        for kind in ('button', 'line', 'bar', 'crate'):
            if kind not in self._kinds and layout.colours(kind):
                raise ValueError(f'layout: no task of {self.spec.name} needs a {kind}')
        for part in self._parts:
            part.dress(layout)
        for i, geom in enumerate(self._cube_geoms):
            present = math.isfinite(layout.cubes[i, 0])
            model.body_gravcomp[self._cube_bodies[i]] = 0.0 if present else 1.0
            model.geom_contype[geom] = OBJECT if present else 0
            model.geom_conaffinity[geom] = FURNITURE | OBJECT | ROBOT if present else 0
            model.geom_rgba[geom, :3] = np.clip(self._rgba[geom, :3] + tints[i], 0, 1)
        model.mat_rgba[:, :3] = np.clip(self._material_rgba[:, :3] + tints[-1], 0, 1)
        model.light_diffuse[:] = self._diffuse * (1 + layout.light)


def _build(
    spec: Robot, config: SimConfig, equip: Callable[[mujoco.MjSpec], None] | None
) -> mujoco.MjModel:
    world = mujoco.MjSpec.from_file(str(spec.urdf_path))
    option = world.option
    option.timestep = config.physics.timestep
    # The axes are the base's, however it is mounted.
    option.gravity = matrix_from_quat(np.array(spec.base.quaternion)).T @ option.gravity
    option.integrator = mujoco.mjtIntegrator.mjINT_IMPLICITFAST
    option.cone = mujoco.mjtCone.mjCONE_ELLIPTIC
    option.impratio = config.physics.impratio
    # Cubes at rest cost nothing until they are touched.
    option.enableflags |= mujoco.mjtEnableBit.mjENBL_SLEEP
    option.iterations, option.ls_iterations, option.tolerance = 20, 10, 1e-6
    for limb in spec.limbs:
        set_dynamics(world, limb, config)
        add_mobile_bases(world, limb, config)
    for body in world.worldbody.bodies:
        body.pos[2] -= config.table_top
    _shapes(world, spec, config)
    props.furniture(world, config, FURNITURE)
    props.cubes(world, config, OBJECT, FURNITURE | OBJECT | ROBOT)
    needed = kinds(spec.tasks)
    if 'button' in needed:
        add_buttons(world, config, FURNITURE)
    if 'line' in needed:
        add_lines(world, config)
        add_sponge(world, config, spec.arms[0].ee_frame, ROBOT, FURNITURE)
    if 'bar' in needed:
        add_bars(world, config, OBJECT, FURNITURE | OBJECT | ROBOT)
    if 'crate' in needed:
        add_crates(world, config, OBJECT, FURNITURE | OBJECT | ROBOT)
    props.lights(world, config.appearance.samples)
    for camera in spec.cameras:
        _camera(world, camera)
    if equip is not None:
        equip(world)
    return world.compile()


def _shapes(world: mujoco.MjSpec, spec: Robot, config: SimConfig) -> None:
    """Say what the robot's shapes may touch, and what the pads of its fingers are like."""
    physics = config.physics
    fixed = {world.joint(limb.joint_names[0]).parent.name for limb in spec.arms}
    if len(spec.arms) == len(spec.limbs):  # or the base of the arms is moved itself
        fixed |= {limb.base_frame for limb in spec.arms}
    fingers = {world.joint(name).parent.name for limb in spec.arms for name in limb.gripper.joints}
    for geom in world.geoms:
        solid = geom.contype and geom.parent.name not in fixed
        geom.contype = ROBOT if solid else 0
        geom.conaffinity = FURNITURE if solid else 0
        geom.group = 3 if geom.group == 0 else 1  # MuJoCo draws groups 0 to 2: visuals only
        if solid and geom.parent.name in fingers:
            geom.condim = 4
            geom.friction = (physics.pad_friction, 0.01, 0.0001)
            geom.solref = (physics.pad_softness, 1.0)
            geom.priority = 1  # the pads' friction holds, not the cubes'
    if len(spec.limbs) > 1:
        _separate(world, spec)


def _separate(world: mujoco.MjSpec, spec: Robot) -> None:
    """Let the arms touch each other and what carries them, though none of these itself."""
    arms = []
    for limb in spec.arms:
        first = world.joint(limb.joint_names[0]).parent
        arms.append({first.name} | {body.name for body in first.find_all('body')})
    rest = {body.name for body in world.bodies}.difference(*arms)
    classes = [*arms, rest] if len(spec.arms) < len(spec.limbs) else arms
    bits = [_LIMB << number for number in range(len(classes))]
    for members, bit in zip(classes, bits, strict=True):
        for geom in world.geoms:
            if geom.parent.name in members and geom.contype:
                geom.contype |= bit
                geom.conaffinity |= sum(bits) - bit


def _camera(world: mujoco.MjSpec, camera: CameraSpec) -> None:
    body = world.body(camera.frame)
    if body is None:
        valid = [b.name for b in world.bodies]
        raise ValueError(f'camera {camera.name}: frame {camera.frame!r} is not one of {valid}')
    back = np.subtract(camera.position, camera.look_at)
    back /= np.linalg.norm(back)
    right = np.cross(np.asarray(camera.up, dtype=np.float64), back)
    right /= np.linalg.norm(right)
    x, y, z, w = quat_from_matrix(np.stack([right, np.cross(back, right), back], axis=1))
    body.add_camera(
        name=camera.name, pos=camera.position, quat=(w, x, y, z), fovy=math.degrees(camera.fov_y)
    )
