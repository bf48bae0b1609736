"""The compiled laws compute what the laws in Python compute, tick after tick."""

import dataclasses

import numpy as np
import pytest

from vla_ros.control import native
from vla_ros.control.laws import CartesianTarget, load_law
from vla_ros.control.laws.cartesian_admittance import (
    CartesianAdmittance,
    CartesianAdmittanceConfig,
)
from vla_ros.control.laws.cartesian_wrench import CartesianWrench, CartesianWrenchConfig
from vla_ros.control.laws.inverse_kinematics import InverseKinematics
from vla_ros.control.laws.operational_space import OperationalSpace, OperationalSpaceConfig
from vla_ros.control.laws.task_inertia import LEVER
from vla_ros.control.native.admittance import NativeAdmittance
from vla_ros.control.native.law import NativeImpedance, NativeOperationalSpace, NativeWrench
from vla_ros.control.native.model import NativeModel
from vla_ros.control.native.parts import native_law
from vla_ros.robots import load_robot
from vla_ros.robots.model import RobotModel


FRANKA = load_robot('franka')
N, DT = FRANKA.n, 1 / FRANKA.control_rate
LOWER, UPPER = FRANKA.joint_array('lower'), FRANKA.joint_array('upper')
# The same arm with dry friction, different in every joint.
SPEC = dataclasses.replace(
    FRANKA,
    joints=tuple(
        dataclasses.replace(joint, damping=0.1 * i, friction=0.3 * i)
        for i, joint in enumerate(FRANKA.joints)
    ),
)
# Stretched, wrist in line, tcp above the base: the last digits are noise, so that it is not exact.
SINGULAR = (
    [0.3, 0.8, 0.2, -1e-3, 0.4, 2.0, 0.1],
    [0.0, 0.0, 0.0, -1e-4, 0.0, 1e-4, 0.0],
    [0.0, -0.7, 0.0, -2.3, 0.0, 1e-5, 0.7],
    [0.5, 0.0, 0.0, -1.6, 0.0, 1.6, 0.0],
)
PER_JOINT = {
    'nullspace_stiffness': (1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0),
    'nullspace_damping': (7.0, 6.0, 5.0, 4.0, 3.0, 2.0, 1.0),
    'nullspace_max_torque': (3.0,) * 6 + (50.0,),
}
WIDE = {'feedforward_clip_pos': 500.0, 'feedforward_clip_rot': 500.0}

pytestmark = pytest.mark.skipif(bool(native.reason()), reason=native.reason())


@pytest.fixture
def rng():
    return np.random.default_rng(1)


def random_target(rng, target):
    quaternion = rng.normal(0, 1, 4)
    quaternion /= np.linalg.norm(quaternion)
    position = rng.uniform([0.2, -0.4, 0], [0.8, 0.4, 0.6])
    twist, acceleration = rng.normal(size=6), 4 * rng.normal(size=6)
    target.set(tuple(position), tuple(quaternion), twist.tolist(), acceleration.tolist())
    target.posture[:] = rng.uniform(-1, 1, N)
    target.posture_rate[:] = rng.normal(0, 1, N)
    target.wrench[:] = rng.normal(0, 10, 6)


def random_stiffness(rng):
    half = rng.normal(0, 5, (6, 6))
    return half @ half.T / 2


def assert_same(out, expected):
    """To 1e-9 of the greatest torque, and of 1 Nm."""
    assert np.isfinite(expected).all()
    scale = max(1.0, np.abs(expected).max())
    np.testing.assert_allclose(out, expected, rtol=0, atol=1e-9 * scale)


def least_mobility(model):
    weight = np.diag([1.0] * 3 + [LEVER] * 3)
    jacobian = weight @ model.jacobian
    return np.linalg.eigvalsh(jacobian @ np.linalg.solve(model.mass, jacobian.T))[0]


@pytest.mark.parametrize(
    'config',
    [
        load_law('franka_operational_space', SPEC).config,
        OperationalSpaceConfig(),
        OperationalSpaceConfig(feedforward='none', nullspace='none', **WIDE),
        OperationalSpaceConfig(nullspace='kinematic', frame='tool', feedforward='acceleration'),
        OperationalSpaceConfig(frame='tool', mass=2.0, inertia=0.05, **WIDE),
        OperationalSpaceConfig(singularity_damping=0.001, feedforward='acceleration', **WIDE),
        OperationalSpaceConfig(singularity_damping=1.0, friction=False, gravity=False),
        OperationalSpaceConfig(coriolis=False, limit_torque=0.0, **PER_JOINT),
    ],
    ids=str,
)
def test_operational_space_is_pythons(rng, config):
    model, plain, target = NativeModel(SPEC), RobotModel(SPEC), CartesianTarget(SPEC.home)
    law, expected = NativeOperationalSpace(config, SPEC), OperationalSpace(config, SPEC)
    out, other = np.zeros((2, N))
    least = np.inf
    for k in range(400):
        q, dq = rng.uniform(LOWER - 0.1, UPPER + 0.1), rng.normal(0, 1, N) * rng.choice([0.1, 2])
        if k % 4 == 0:
            q = np.array(SINGULAR[k // 4 % len(SINGULAR)]) + rng.normal(0, 1, N) * 0.1 ** (k % 7)
        model.update(q, dq)
        plain.update(q, dq)
        random_target(rng, target)
        least = min(least, least_mobility(plain))
        if k % 30 == 15:
            stiffness = random_stiffness(rng)
            law.set_stiffness(stiffness)
            expected.set_stiffness(stiffness)
        assert_same(law.torque(model, target, out), expected.torque(plain, target, other))
        assert_same(law.torque(plain, target, np.zeros(N)), other)
    assert least < 1e-4 < config.singularity_damping
    assert np.isnan(law.stiffness)


@pytest.mark.parametrize(
    'config',
    [
        load_law('franka_wrench', SPEC).config,
        CartesianWrenchConfig(),
        CartesianWrenchConfig(frame='tool', force_axes=('x', 'rz'), feedforward='acceleration'),
        CartesianWrenchConfig(force_axes=('x', 'y', 'z', 'rx', 'ry', 'rz'), integral=50.0),
        CartesianWrenchConfig(frame='tool', integral=0.0, nullspace='kinematic'),
        CartesianWrenchConfig(contact_pos=0.0, contact_rot=0.0, integral_max_pos=0.5),
    ],
    ids=str,
)
def test_the_hybrid_law_is_pythons(rng, config):
    model, plain, target = NativeModel(SPEC), RobotModel(SPEC), CartesianTarget(SPEC.home)
    law, expected = NativeWrench(config, SPEC), CartesianWrench(config, SPEC)
    out, other = np.zeros((2, N))
    for k in range(600):
        q, dq = rng.uniform(LOWER, UPPER), rng.normal(0, 1, N)
        model.update(q, dq)
        plain.update(q, dq)
        if k % 10 == 0:
            random_target(rng, target)
        wrench = rng.normal(0, 1, 6) * rng.choice([0.0, 0.5, 20.0])
        if k % 50 == 7:
            wrench[rng.integers(6)] = np.nan  # the integral waits
        model.external_wrench[:] = plain.external_wrench[:] = wrench
        if k % 100 == 50:
            stiffness = random_stiffness(rng)
            law.set_stiffness(stiffness)
            expected.set_stiffness(stiffness)
        if k == 400:
            law.reset(model, target)
            expected.reset(plain, target)
        assert_same(law.torque(model, target, out), expected.torque(plain, target, other))
        assert law._integral == pytest.approx(expected._integral, rel=1e-9, abs=1e-9)
        if k == 399:
            assert any(law._integral) == (config.integral > 0)


@pytest.mark.filterwarnings('ignore:invalid value')  # numpy's, of what is felt and not finite
@pytest.mark.parametrize(
    'config',
    [
        load_law('franka_admittance', SPEC).config,
        CartesianAdmittanceConfig(),
        CartesianAdmittanceConfig(frame='tool', mass=1.0, damping_ratio=3.0),
        CartesianAdmittanceConfig(k_pos=0.0, k_rot=0.0, deadband_force=0.0, deadband_torque=0.0),
        CartesianAdmittanceConfig(deadband_force=10.0, deadband_torque=1.0, yield_pos=0.01),
    ],
    ids=str,
)
def test_the_admittance_is_pythons(rng, config):
    model, target = RobotModel(SPEC), CartesianTarget(SPEC.home)
    law, expected = NativeAdmittance(config, SPEC), CartesianAdmittance(config, SPEC)
    expected._kinematics = InverseKinematics(config.kinematics, SPEC)
    sent, other, moved = np.zeros((2, N)), np.zeros(N), 0.0
    for k in range(900):
        if k % 150 == 0:
            sent[0] = rng.uniform(LOWER + 0.05, UPPER - 0.05)
            model.update(sent[0], np.zeros(N))
            random_target(rng, target)
            for each in (law, expected):
                each.reset(model, target)
        if k % 150 == 50:
            stiffness = random_stiffness(rng)
            law.set_stiffness(stiffness)
            expected.set_stiffness(stiffness)
        target.twist[:] = rng.normal(0, 0.3, 6)
        wrench = rng.normal(0, 1, 6) * rng.choice([0.5, 5.0, 50.0])
        if k % 70 == 33:
            wrench[rng.integers(6)] = rng.choice([np.nan, np.inf])
        model.external_wrench[:] = wrench
        expected.motion(model, target, sent[0].copy(), other)
        law.motion(model, target, sent[0], sent[1])
        np.testing.assert_allclose(sent[1], other, rtol=0, atol=1e-9)
        np.testing.assert_allclose(law._state[:12], expected._state[:12], rtol=0, atol=1e-9)
        np.testing.assert_allclose(law._pose.flat, expected._pose.flat, rtol=0, atol=1e-7)
        moved = max(moved, np.abs(sent[1] - sent[0]).max())
        sent[0] = other
    assert moved > 1e-4


def test_other_arrays_are_noticed(rng):
    """The kernels hold addresses, and must not go on writing to what they were given first."""
    config = CartesianAdmittanceConfig()
    law, expected = NativeAdmittance(config, SPEC), CartesianAdmittance(config, SPEC)
    for _ in range(20):
        model, target, sent = RobotModel(SPEC), CartesianTarget(SPEC.home), SPEC.home.copy()
        random_target(rng, target)
        model.external_wrench[:] = rng.normal(0, 5, 6)
        out = law.motion(model, target, sent, np.zeros(N))
        np.testing.assert_allclose(
            out, expected.motion(model, target, sent, np.zeros(N)), atol=1e-9
        )


@pytest.mark.parametrize(
    ('preset', 'kind'),
    [
        ('franka_admittance', NativeAdmittance),
        ('franka_impedance', NativeImpedance),
        ('franka_operational_space', NativeOperationalSpace),
        ('franka_wrench', NativeWrench),
    ],
)
def test_every_law_gets_its_own_kernel(monkeypatch, preset, kind):
    law = load_law(preset, SPEC)
    assert type(native_law(law, SPEC)) is kind
    assert native_law(law, SPEC).config == law.config
    joint = load_law('franka_joint_impedance', SPEC)
    assert native_law(joint, SPEC) is joint
    monkeypatch.setenv('VLA_ROS_NATIVE', '0')
    native.library.cache_clear()
    assert native_law(law, SPEC) is law
    monkeypatch.undo()
    native.library.cache_clear()
