"""Scene: one MuJoCo model of a robot at a table, and where everything is in it."""

from collections.abc import Callable
import math

import mujoco
import numpy as np

from vla_ros.data import Array
from vla_ros.geometry import matrix_from_quat, quat_from_matrix
from vla_ros.language import COLOURS
from vla_ros.language.families import kinds
from vla_ros.robots.spec import CameraSpec, ForceSensorSpec, RobotSpec
from vla_ros.sim import props
from vla_ros.sim.buttons import Buttons, add_buttons
from vla_ros.sim.config import SimConfig, load_sim
from vla_ros.sim.layout import Layout
from vla_ros.sim.lines import Lines, add_lines, add_sponge


# Collision classes: two geoms touch when one's contype meets the other's conaffinity.
FURNITURE, OBJECT, ROBOT = 1, 2, 4
_SENSORS = ('wrist_force', 'wrist_torque')  # next to each other in sensordata
_PARKED = (0.0, 0.0, -1.0)  # m, where absent cubes wait, without gravity or contact


class Scene:
    """The model and the addresses of its parts; `dress` changes its colours and lights.

    Attributes:
        model: MjModel; its axes are the base frame's, z = 0 is the table top.
        arm_q, arm_v: addresses of the arm joints in qpos and qvel.
        fingers_q: addresses of the finger joints in qpos.
        arm_u: ids of the torque motors. fingers_u: ids of the finger servos.
        cubes_q: (6,) address in qpos of each cube's free joint, colour order of `language`.
        bowl, zone: mocap ids. tcp: body id.
        buttons, lines: None where no task of the robot needs them.
        wrench: where sensordata has the force sensor's (6,); None when the spec has none.
    """

    def __init__(
        self,
        spec: RobotSpec,
        config: SimConfig | None = None,
        equip: Callable[[mujoco.MjSpec], None] | None = None,
    ) -> None:
        """Build the model of `spec`'s robot at the table, changed by `equip` before it is final.

        Raises:
            ValueError: the URDF lacks one of the spec's joints or frames; the message names it.
        """
        self.spec = spec
        self.config = load_sim() if config is None else config
        self.model = model = _build(spec, self.config, equip)
        joints = [_id(model, 'joint', name) for name in spec.joint_names]
        fingers = [_id(model, 'joint', name) for name in spec.gripper.joints]
        self.arm_q = model.jnt_qposadr[joints].copy()
        self.arm_v = model.jnt_dofadr[joints].copy()
        self.fingers_q = model.jnt_qposadr[fingers].copy()
        self.arm_u = np.array([_id(model, 'actuator', name) for name in spec.joint_names])
        self.fingers_u = np.array([_id(model, 'actuator', name) for name in spec.gripper.joints])
        self._cube_bodies = [_id(model, 'body', f'cube_{colour}') for colour in COLOURS]
        self._cube_geoms = [_id(model, 'geom', f'cube_{colour}') for colour in COLOURS]
        adr = model.body_jntadr[self._cube_bodies]
        self.cubes_q = model.jnt_qposadr[adr].copy()
        self.cubes_v = model.jnt_dofadr[adr].copy()
        self.bowl = int(model.body_mocapid[_id(model, 'body', 'bowl')])
        self.zone = int(model.body_mocapid[_id(model, 'body', 'zone')])
        self.tcp = _id(model, 'body', spec.ee_frame)
        self._kinds = kinds(spec.tasks)
        self.buttons = Buttons(model, self.config) if 'button' in self._kinds else None
        self.lines = Lines(model, self.config) if 'line' in self._kinds else None
        self._parts = [part for part in (self.buttons, self.lines) if part is not None]
        self.wrench: slice | None = None
        if spec.force_sensor is not None:
            start = int(model.sensor_adr[_id(model, 'sensor', _SENSORS[0])])
            self.wrench = slice(start, start + 6)
        self._rgba = model.geom_rgba.copy()
        self._material_rgba = model.mat_rgba.copy()
        self._diffuse = model.light_diffuse.copy()

    def apply(
        self,
        data: mujoco.MjData,
        layout: Layout,
        q: Array | None = None,
        gripper: float | None = None,
    ) -> None:
        """Reset `data` to the layout: arm at q (n,) rad, opening in m.

        None is home; and open, or closed around the sponge where there are lines to wipe.
        """
        mujoco.mj_resetData(self.model, data)
        self.dress(layout)
        data.qpos[self.arm_q] = self.spec.home if q is None else q
        if gripper is None:
            own = self.spec.gripper
            gripper = own.closed if layout.colours('line') else own.open
        data.qpos[self.fingers_q] = gripper / len(self.fingers_q)
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

    def dress(self, layout: Layout) -> None:
        """Give the model the layout's light and colours, and take absent cubes out of physics.

        Raises:
            ValueError: the layout has things that no task of the robot needs.
        """
        model = self.model
        tints = layout.tint
        for kind in ('button', 'line'):
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
    spec: RobotSpec, config: SimConfig, equip: Callable[[mujoco.MjSpec], None] | None
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
    _robot(world, spec, config)
    _actuators(world, spec, config)
    props.furniture(world, config, FURNITURE)
    props.cubes(world, config, OBJECT, FURNITURE | OBJECT | ROBOT)
    needed = kinds(spec.tasks)
    if 'button' in needed:
        add_buttons(world, config, FURNITURE)
    if 'line' in needed:
        add_lines(world, config)
        add_sponge(world, config, spec.ee_frame, ROBOT, FURNITURE)
    props.lights(world, config.appearance.samples)
    for camera in spec.cameras:
        _camera(world, camera)
    if spec.force_sensor is not None:
        _force_sensor(world, spec.force_sensor)
    if equip is not None:
        equip(world)
    return world.compile()


def _robot(world: mujoco.MjSpec, spec: RobotSpec, config: SimConfig) -> None:
    """Set dynamics the URDF has no words for, and what the robot's shapes may touch."""
    physics = config.physics
    arm = {joint.name: joint for joint in spec.joints}
    for joint in world.joints:
        if joint.name in arm:
            own = arm[joint.name]
            joint.armature, joint.damping[0] = own.armature, own.damping
            joint.frictionloss = own.friction
        elif joint.name in spec.gripper.joints:
            joint.armature = physics.finger_armature
            # Critical for the servo's stiffness.
            critical = 2 * math.sqrt(physics.finger_stiffness * physics.finger_armature)
            joint.damping[0] = critical
    fixed = (spec.base_frame, world.joint(spec.joint_names[0]).parent.name)
    fingers = {world.joint(name).parent.name for name in spec.gripper.joints}
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


def _actuators(world: mujoco.MjSpec, spec: RobotSpec, config: SimConfig) -> None:
    for joint in spec.joints:
        motor = world.add_actuator(
            name=joint.name, target=joint.name, trntype=mujoco.mjtTrn.mjTRN_JOINT
        )
        motor.set_to_motor()
        motor.ctrlrange = (-joint.torque, joint.torque)
        motor.ctrllimited = True
    for name in spec.gripper.joints:
        servo = world.add_actuator(name=name, target=name, trntype=mujoco.mjtTrn.mjTRN_JOINT)
        servo.set_to_position(kp=config.physics.finger_stiffness)
        servo.forcerange = (-spec.gripper.force, spec.gripper.force)
        servo.forcelimited = True
    first, *others = spec.gripper.joints
    for name in others:
        # The hand's fingers are geared together: neither yields without the other.
        coupling = world.add_equality(
            type=mujoco.mjtEq.mjEQ_JOINT,
            name1=name,
            name2=first,
            objtype=mujoco.mjtObj.mjOBJ_JOINT,
        )
        coupling.data[:5] = (0, 1, 0, 0, 0)
        coupling.solref = (0.005, 1.0)


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


def _force_sensor(world: mujoco.MjSpec, sensor: ForceSensorSpec) -> None:
    """Measure between the sensor's link and its parent."""
    body = world.body(sensor.frame)
    if body is None:
        valid = [b.name for b in world.bodies]
        raise ValueError(f'force_sensor: frame {sensor.frame!r} is not one of {valid}')
    site = body.add_site(name='wrist_sensor')
    for name, kind in zip(
        _SENSORS, (mujoco.mjtSensor.mjSENS_FORCE, mujoco.mjtSensor.mjSENS_TORQUE), strict=True
    ):
        world.add_sensor(name=name, type=kind, objtype=mujoco.mjtObj.mjOBJ_SITE, objname=site.name)


def _id(model: mujoco.MjModel, kind: str, name: str) -> int:
    number = mujoco.mj_name2id(model, getattr(mujoco.mjtObj, f'mjOBJ_{kind.upper()}'), name)
    if number < 0:
        raise ValueError(f'the scene has no {kind} named {name!r}')
    return int(number)
