"""The impedance on MuJoCo's arm: tracks without overshoot, yields as a spring, comes to rest."""

import dataclasses

import mujoco
import numpy as np
import pytest

from vla_ros.control.laws import CartesianTarget, load_law
from vla_ros.control.laws.cartesian_impedance import CartesianImpedance
from vla_ros.control.laws.torque_feedback import TorqueFeedback
from vla_ros.control.limits.limiter import Limiter
from vla_ros.core.rotations import from_matrix
from vla_ros.robots import load_robot
from vla_ros.robots.model import RobotModel


SPEC = load_robot('franka')
DT = 1 / SPEC.control_rate
STEP = 0.1  # m


def plant(spec=SPEC, plate=None, timestep=DT):
    """Return MuJoCo's arm at home, over a plate whose top is at the height `plate` m."""
    world = mujoco.MjSpec.from_file(str(spec.urdf_path))
    for joint in spec.joints:
        own = world.joint(joint.name)
        own.armature, own.damping[0], own.frictionloss = (
            joint.armature,
            joint.damping,
            joint.friction,
        )
    world.option.timestep = timestep
    world.option.integrator = mujoco.mjtIntegrator.mjINT_IMPLICITFAST
    if plate is not None:
        world.worldbody.add_geom(
            name='plate', type=mujoco.mjtGeom.mjGEOM_BOX, size=[0.2, 0.3, 0.05],
            pos=[0.5, 0.0, plate - 0.05], friction=[0.2, 0.005, 0.0001],
        )  # fmt: skip
    physics = world.compile()
    data = mujoco.MjData(physics)
    data.qpos[: spec.n], data.qpos[spec.n :] = spec.home, 0.02
    return physics, data


def run(shift, ticks, law='franka_impedance', push=(0.0, 0.0, 0.0), speed=0.0, spec=SPEC):
    """Return measured and commanded positions (ticks, 3) and the last joint speeds."""
    physics, data = plant(spec)
    data.qvel[: SPEC.n] = speed
    data.body(SPEC.ee_frame).xfrc_applied[:3] = push
    model, limiter = RobotModel(SPEC), Limiter(SPEC, DT)
    control = load_law(law, SPEC) if isinstance(law, str) else law
    quaternion = limiter.target.quaternion.copy()
    goal, torque = limiter.target.position + shift, np.zeros(SPEC.n)
    measured, commanded = np.empty((2, ticks, 3))
    for k in range(ticks):
        model.update(data.qpos[: SPEC.n], data.qvel[: SPEC.n])
        limiter.track(goal, quaternion)
        control.torque(model, limiter.target, torque)
        data.qfrc_applied[: SPEC.n] = limiter.torque(torque, model, torque)
        data.qfrc_applied[SPEC.n :] = data.qfrc_bias[SPEC.n :]
        measured[k], commanded[k] = model.position, limiter.target.position
        mujoco.mj_step(physics, data)
    return measured, commanded, model.dq


@pytest.mark.parametrize('shift', [(0.0, STEP, 0.0), (STEP, 0.0, 0.0), (0.0, 0.0, -STEP)])
def test_a_step_is_reached_soon_and_without_overshoot(shift):
    measured, commanded, _ = run(shift, 900)
    overshoot = (measured - commanded[-1]) @ np.array(shift) / STEP
    assert overshoot.max() <= 0.01 * STEP
    settled = np.nonzero(np.linalg.norm(measured - commanded[-1], axis=1) > 0.002)[0][-1] * DT
    assert settled < 0.45
    assert np.abs(measured - commanded).max() < 0.001


def test_a_push_deflects_it_by_force_over_stiffness():
    push = np.array([0.0, 20.0, 0.0])
    measured, commanded, _ = run((0.0, 0.0, 0.0), 2000, push=push)
    stiffness = load_law('franka_impedance', SPEC).config.k_pos
    deflection = measured[-1] - commanded[-1]
    assert deflection[1] == pytest.approx(20.0 / stiffness, rel=0.05)
    assert np.linalg.norm(deflection[[0, 2]]) < 0.05 * 20.0 / stiffness


def test_stop_brakes_a_moving_arm_and_carries_it():
    measured, _, speeds = run((0.0, 0.0, 0.0), 1500, law='franka_stop', speed=0.3)
    assert np.abs(speeds).max() < 5e-3
    assert np.linalg.norm(measured[-1] - measured[-200]) < 1e-3


def rubbed(friction):
    joints = tuple(dataclasses.replace(joint, friction=friction) for joint in SPEC.joints)
    return dataclasses.replace(SPEC, joints=joints)


def test_friction_that_is_known_costs_a_fraction_of_what_is_not():
    spec, shift = rubbed(1.0), (0.0, STEP, 0.0)
    config = load_law('franka_impedance', SPEC).config
    errors = []
    for law in (CartesianImpedance(config, spec), CartesianImpedance(config, SPEC)):
        measured, commanded, _ = run(shift, 500, law, spec=spec)
        errors.append(np.abs(measured - commanded)[:, 1].max())
    assert errors[0] < 0.5 * errors[1]


def test_overrated_friction_does_not_make_the_arm_move_by_itself():
    config = load_law('franka_impedance', SPEC).config
    law = CartesianImpedance(config, rubbed(3.0))
    measured, commanded, speeds = run((0.0, STEP, 0.0), 2500, law)
    assert np.abs(speeds).max() < 5e-3
    assert np.abs(measured[-1] - commanded[-1]).max() < 1e-3


@pytest.mark.parametrize('frame', ['base', 'tool'])
def test_a_push_deflects_every_axis_by_its_own_stiffness(frame):
    config = dataclasses.replace(load_law('franka_impedance', SPEC).config, frame=frame)
    law = CartesianImpedance(config, SPEC)
    axes = np.eye(3) if frame == 'base' else RobotModel(SPEC).rotation
    own = np.array([300.0, 600.0, 1200.0])
    stiffness = np.diag([*own, 40.0, 40.0, 40.0])
    stiffness[0, 1] = stiffness[1, 0] = 200.0
    law.set_stiffness(stiffness)
    push = np.array([5.0, -5.0, 10.0])
    measured, commanded, speeds = run((0.0, 0.0, 0.0), 2500, law, push=push)
    expected = axes @ np.linalg.solve(stiffness[:3, :3], axes.T @ push)
    np.testing.assert_allclose(measured[-1] - commanded[-1], expected, atol=0.02 * 5 / 300)
    assert np.abs(speeds).max() < 1e-3


def test_torque_feedback_gives_way_less_by_its_share():
    config, turned = load_law('franka_torque_feedback', SPEC).config, []
    for share in (0.0, 0.6):
        law = TorqueFeedback(dataclasses.replace(config, share=share, threshold=0.0), SPEC)
        physics, data = plant()
        model, target, torque = RobotModel(SPEC), CartesianTarget(SPEC.home), np.zeros(SPEC.n)
        model.external_torque[0] = 5.0
        for _ in range(4000):
            model.update(data.qpos[: SPEC.n], data.qvel[: SPEC.n])
            law.torque(model, target, torque)
            data.qfrc_applied[: SPEC.n] = torque + model.external_torque
            data.qfrc_applied[SPEC.n :] = data.qfrc_bias[SPEC.n :]
            mujoco.mj_step(physics, data)
        turned.append(data.qpos[0] - SPEC.home[0])
    assert turned[0] == pytest.approx(5.0 / 20.0, rel=0.01)
    assert turned[1] == pytest.approx(0.4 * 5.0 / 20.0, rel=0.01)


def contact_force(physics, data):
    """Return the force (3,) N of all contacts on the arm, base axes."""
    total, one = np.zeros(3), np.zeros(6)
    plate = physics.geom('plate').id
    for i in range(data.ncon):
        contact = data.contact[i]
        if plate in contact.geom:
            mujoco.mj_contactForce(physics, data, i, one)
            sign = 1 if contact.geom[0] == plate else -1
            total += sign * contact.frame.reshape(3, 3).T @ one[:3]
    return total


def test_a_force_axis_comes_down_presses_and_slides():
    """10 N on a plate below, told nothing of it; then 10 cm to the side while it presses."""
    model = RobotModel(SPEC)
    start, quaternion = model.position.copy(), from_matrix(model.rotation)
    physics, data = plant(plate=float(start[2]) - 0.02)
    law, target, torque = load_law('franka_wrench', SPEC), CartesianTarget(SPEC.home), np.zeros(7)
    law.reset(model, target)
    target.wrench[2] = -10.0
    forces, heights, sides = np.empty((3, 4000))
    for k in range(4000):
        model.update(data.qpos[: SPEC.n], data.qvel[: SPEC.n])
        felt = contact_force(physics, data)
        model.external_wrench[:3] += 0.05 * (felt - model.external_wrench[:3])  # a slow observer
        move = min(max(k - 1500, 0), 2000) / 2000 * STEP
        speed = STEP / 2 if 1500 < k < 3500 else 0.0
        # The pose is wrong along the force axis, and does not count there.
        target.set(tuple(start + [0, move, 0.03]), quaternion, (0, speed, 0, 0, 0, 0))
        law.torque(model, target, torque)
        data.qfrc_applied[: SPEC.n] = torque
        data.qfrc_applied[SPEC.n :] = data.qfrc_bias[SPEC.n :]
        forces[k], heights[k], sides[k] = felt[2], model.position[2], model.position[1]
        mujoco.mj_step(physics, data)
    touched = np.flatnonzero(forces > 0.5)[0]
    assert np.abs(np.diff(heights[:touched])).max() / DT < 10.0 / 100.0 * 1.1  # m/s, F / D
    np.testing.assert_allclose(forces[1200:1500].mean(), 10.0, rtol=0.02)
    np.testing.assert_allclose(forces[2000:3500].mean(), 10.0, rtol=0.05)
    assert np.ptp(forces[1200:1500]) < 0.5
    # Friction holds the tcp back by at most the force over the stiffness, 10 / 600 m.
    np.testing.assert_allclose(sides[-1] - start[1], STEP, atol=0.01)
