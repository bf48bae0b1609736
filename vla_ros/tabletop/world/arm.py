"""Where the limbs of the robot are in the MuJoCo model, and what they are driven by."""

from dataclasses import dataclass
import math

import mujoco
import numpy as np
from numpy.typing import NDArray

from vla_ros.robots.limb import Limb
from vla_ros.robots.spec import ArmSpec, ForceSensorSpec
from vla_ros.tabletop.world.config import SimConfig


_SENSORS = ('wrist_force', 'wrist_torque')  # next to each other in sensordata


@dataclass(frozen=True)
class LimbAddresses:
    """Where a limb is in the model."""

    q: NDArray  # (n,) of its joints in qpos
    v: NDArray  # (n,) of its joints in qvel
    u: NDArray  # (n,) ids of its torque motors
    joints: NDArray  # (n,) ids of its joints


@dataclass(frozen=True)
class ArmAddresses(LimbAddresses):
    """Where an arm is in the model."""

    fingers_q: NDArray  # of its finger joints in qpos
    fingers_u: NDArray  # ids of its finger servos
    tcp: int  # body id
    wrench: slice | None  # of the force sensor's (6,) in sensordata; None without one


def find_limb(model: mujoco.MjModel, spec: Limb) -> LimbAddresses:
    """Return where a limb is.

    Raises:
        ValueError: the model lacks one of its joints or frames; the message names it.
    """
    if isinstance(spec, ArmSpec):
        return find_arm(model, spec)
    joints = np.array([find(model, 'joint', name) for name in spec.joint_names])
    motors = np.array([find(model, 'actuator', name) for name in spec.joint_names])
    return LimbAddresses(
        model.jnt_qposadr[joints].copy(), model.jnt_dofadr[joints].copy(), motors, joints
    )


def find_arm(model: mujoco.MjModel, spec: ArmSpec) -> ArmAddresses:
    """Return where an arm is.

    Raises:
        ValueError: the model lacks one of its joints or frames; the message names it.
    """
    joints = np.array([find(model, 'joint', name) for name in spec.joint_names])
    fingers = [find(model, 'joint', name) for name in spec.gripper.joints]
    wrench = None
    if spec.force_sensor is not None:
        start = int(model.sensor_adr[find(model, 'sensor', _sensor_name(spec, _SENSORS[0]))])
        wrench = slice(start, start + 6)
    return ArmAddresses(
        q=model.jnt_qposadr[joints].copy(),
        v=model.jnt_dofadr[joints].copy(),
        u=np.array([find(model, 'actuator', name) for name in spec.joint_names]),
        joints=joints,
        fingers_q=model.jnt_qposadr[fingers].copy(),
        fingers_u=np.array([find(model, 'actuator', name) for name in spec.gripper.joints]),
        tcp=find(model, 'body', spec.ee_frame),
        wrench=wrench,
    )


def add_mobile_bases(world: mujoco.MjSpec, spec: Limb, config: SimConfig) -> None:
    """Give a limb motors; an arm also finger servos and the force sensor that it has."""
    for joint in spec.joints:
        motor = world.add_actuator(
            name=joint.name, target=joint.name, trntype=mujoco.mjtTrn.mjTRN_JOINT
        )
        motor.set_to_motor()
        motor.ctrlrange = (-joint.torque, joint.torque)
        motor.ctrllimited = True
    if isinstance(spec, ArmSpec):
        _add_hand(world, spec, config)


def _add_hand(world: mujoco.MjSpec, spec: ArmSpec, config: SimConfig) -> None:
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
    if spec.force_sensor is not None:
        _add_sensor(world, spec, spec.force_sensor)


def set_dynamics(world: mujoco.MjSpec, spec: Limb, config: SimConfig) -> None:
    """Give a limb's joints the dynamics that the URDF has no words for."""
    physics = config.physics
    for own in spec.joints:
        joint = world.joint(own.name)
        if joint is None:
            raise ValueError(f'{spec.urdf}: joint {own.name!r} is not there')
        joint.armature, joint.damping[0] = own.armature, own.damping
        joint.frictionloss = own.friction
    for name in spec.gripper.joints if isinstance(spec, ArmSpec) else ():
        finger = world.joint(name)
        if finger is None:
            raise ValueError(f'{spec.urdf}: joint {name!r} is not there')
        finger.armature = physics.finger_armature
        # Critical for the servo's stiffness.
        finger.damping[0] = 2 * math.sqrt(physics.finger_stiffness * physics.finger_armature)


def _add_sensor(world: mujoco.MjSpec, spec: ArmSpec, sensor: ForceSensorSpec) -> None:
    """Measure between the sensor's link and its parent."""
    body = world.body(sensor.frame)
    if body is None:
        valid = [b.name for b in world.bodies]
        raise ValueError(f'force_sensor: frame {sensor.frame!r} is not one of {valid}')
    site = body.add_site(name=_sensor_name(spec, 'wrist_sensor'))
    for name, kind in zip(
        _SENSORS, (mujoco.mjtSensor.mjSENS_FORCE, mujoco.mjtSensor.mjSENS_TORQUE), strict=True
    ):
        world.add_sensor(
            name=_sensor_name(spec, name),
            type=kind,
            objtype=mujoco.mjtObj.mjOBJ_SITE,
            objname=site.name,
        )


def _sensor_name(spec: ArmSpec, name: str) -> str:
    return f'{spec.name}_{name}'


def find(model: mujoco.MjModel, kind: str, name: str) -> int:
    """Return the id of a thing of a kind ('joint', 'body', ...).

    Raises:
        ValueError: there is none; the message names it.
    """
    number = mujoco.mj_name2id(model, getattr(mujoco.mjtObj, f'mjOBJ_{kind.upper()}'), name)
    if number < 0:
        raise ValueError(f'the scene has no {kind} named {name!r}')
    return int(number)
