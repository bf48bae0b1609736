"""The impedance on MuJoCo's arm: tracks without overshoot, yields as a spring, comes to rest."""

import mujoco
import numpy as np
import pytest

from vla_ros.control.laws import load_law
from vla_ros.control.limits import Limiter
from vla_ros.robots import load_robot
from vla_ros.robots.model import RobotModel


SPEC = load_robot('franka')
DT = 1 / SPEC.control_rate
STEP = 0.1  # m


def run(shift, ticks, law='franka_impedance', push=(0.0, 0.0, 0.0), speed=0.0):
    """Return measured and commanded positions (ticks, 3) and the last joint speeds."""
    spec = mujoco.MjSpec.from_file(str(SPEC.urdf_path))
    for joint in SPEC.joints:
        own = spec.joint(joint.name)
        own.armature, own.damping[0], own.frictionloss = (
            joint.armature,
            joint.damping,
            joint.friction,
        )
    spec.option.timestep = DT
    spec.option.integrator = mujoco.mjtIntegrator.mjINT_IMPLICITFAST
    physics = spec.compile()
    data = mujoco.MjData(physics)
    data.qpos[: SPEC.n], data.qpos[SPEC.n :] = SPEC.home, 0.02
    data.qvel[: SPEC.n] = speed
    data.body(SPEC.ee_frame).xfrc_applied[:3] = push
    model, limiter, control = RobotModel(SPEC), Limiter(SPEC, DT), load_law(law, SPEC)
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
