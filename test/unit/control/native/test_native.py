"""The compiled kernel computes what the Python beside it computes."""

import dataclasses

import numpy as np
import pytest

from vla_ros.control import native
from vla_ros.control.laws import load_law
from vla_ros.control.laws.cartesian_impedance import CartesianImpedance, CartesianImpedanceConfig
from vla_ros.control.laws.inverse_kinematics import InverseKinematics, InverseKinematicsConfig
from vla_ros.control.limits.limiter import Limiter
from vla_ros.control.native.inverse_kinematics import NativeInverseKinematics
from vla_ros.control.native.law import NativeImpedance
from vla_ros.control.native.limits import NativeLimiter
from vla_ros.control.native.model import NativeModel
from vla_ros.control.native.parts import make_parts
from vla_ros.robots import load_robot
from vla_ros.robots.model import RobotModel


SPEC = load_robot('franka')
DT = 1 / SPEC.control_rate
# The same arm with dry friction, different in every joint.
RUBBED = dataclasses.replace(
    SPEC,
    joints=tuple(
        dataclasses.replace(joint, damping=0.1 * i, friction=0.3 * i)
        for i, joint in enumerate(SPEC.joints)
    ),
)
ATTRIBUTES = ('q', 'dq', 'position', 'rotation', 'jacobian', 'twist', 'drift', 'mass') + (
    'gravity',
    'coriolis',
    'bias',
)

pytestmark = pytest.mark.skipif(bool(native.reason()), reason=native.reason())


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def random_state(rng):
    lower, upper = SPEC.joint_array('lower'), SPEC.joint_array('upper')
    return rng.uniform(lower - 0.1, upper + 0.1), rng.normal(0, 1, SPEC.n) * rng.choice([0.1, 2])


def random_goal(rng):
    quaternion = rng.normal(0, 1, 4)
    return rng.uniform([0.2, -0.4, 0], [0.8, 0.4, 0.6]), quaternion / np.linalg.norm(quaternion)


def test_the_model_is_pinocchios(rng):
    expected, model = RobotModel(SPEC), NativeModel(SPEC)
    for _ in range(500):
        q, dq = random_state(rng)
        expected.update(q, dq)
        model.update(q, dq)
        for name in ATTRIBUTES:
            value = getattr(expected, name)
            assert getattr(model, name) == pytest.approx(value, rel=1e-10, abs=1e-10), name


@pytest.mark.parametrize(
    'config',
    [
        load_law('franka_impedance', SPEC).config,
        CartesianImpedanceConfig(),
        CartesianImpedanceConfig(feedforward='acceleration'),
        CartesianImpedanceConfig(feedforward='none', nullspace='none'),
        CartesianImpedanceConfig(nullspace='kinematic'),
        CartesianImpedanceConfig(nullspace='kinematic', feedforward='acceleration', frame='tool'),
        CartesianImpedanceConfig(nullspace='none', friction=False, frame='tool'),
        CartesianImpedanceConfig(nullspace='none'),
        CartesianImpedanceConfig(gravity=False, limit_torque=0.0),
        CartesianImpedanceConfig(coriolis=False, damping_ratio=0.5, mass=2.0),
        CartesianImpedanceConfig(
            nullspace_stiffness=(1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0),
            nullspace_damping=(7.0, 6.0, 5.0, 4.0, 3.0, 2.0, 1.0),
            nullspace_max_torque=(3.0,) * 6 + (50.0,),
        ),
    ],
    ids=str,
)
def test_the_law_is_pythons(rng, config):
    model, plain = NativeModel(RUBBED), RobotModel(RUBBED)
    law, expected = NativeImpedance(config, RUBBED), CartesianImpedance(config, RUBBED)
    limiter = Limiter(RUBBED, DT)
    out, other = np.zeros(SPEC.n), np.zeros(SPEC.n)
    for k in range(300):
        q, dq = random_state(rng)
        model.update(q, dq)
        plain.update(q, dq)
        target = limiter.track(*random_goal(rng))
        target.posture[:] = rng.uniform(-1, 1, SPEC.n)
        target.posture_rate[:] = rng.normal(0, 1, SPEC.n)
        target.wrench[:] = rng.normal(0, 10, 6)
        if k % 30 == 15:
            half = rng.normal(0, 5, (6, 6))
            law.set_stiffness(half @ half.T / 2)
            expected.set_stiffness(half @ half.T / 2)
        law.torque(model, target, out)
        expected.torque(plain, target, other)
        assert out == pytest.approx(other, rel=1e-9, abs=1e-9)
        assert law.torque(plain, target, np.zeros(SPEC.n)) == pytest.approx(out, rel=1e-9)


def test_the_limits_are_pythons(rng):
    model = NativeModel(SPEC)
    limiter, expected = NativeLimiter(SPEC, DT), Limiter(SPEC, DT)
    for each in (limiter, expected):
        each.reset(model, 0.03)
    wanted, out = np.zeros(SPEC.n), np.zeros(SPEC.n)
    for k in range(2000):
        model.update(*random_state(rng))
        wanted[:] = rng.normal(0, 10.0 ** rng.uniform(-1, 4), SPEC.n)
        if k % 50 == 0:
            wanted[rng.integers(SPEC.n)] = rng.choice([np.nan, np.inf])
        goal = random_goal(rng)
        result = expected.torque(wanted.copy(), model, np.zeros(SPEC.n))
        assert limiter.torque(wanted, model, out) == pytest.approx(result, rel=1e-12, abs=1e-12)
        assert limiter.refusal == expected.refusal
        # Whether a joint is too fast decides how the commanded pose goes on.
        limiter.track(*goal)
        expected.track(*goal)
        assert limiter.target.position == pytest.approx(expected.target.position, abs=1e-12)


def test_parts_say_what_they_are(monkeypatch):
    law = load_law('franka_impedance', SPEC)
    assert make_parts(SPEC, law).note == 'compiled'
    native.library.cache_clear()
    monkeypatch.setenv('VLA_ROS_NATIVE', '0')
    parts = make_parts(SPEC, law)
    assert parts.note == 'not compiled: switched off by VLA_ROS_NATIVE=0'
    assert type(parts.model) is RobotModel
    assert parts.law is law


def test_without_a_compiler_the_reason_is_told(monkeypatch, tmp_path):
    monkeypatch.setenv('XDG_CACHE_HOME', str(tmp_path))
    monkeypatch.setenv('PATH', str(tmp_path))
    native.library.cache_clear()
    assert native.reason() == 'no C compiler (cc) was found'
    monkeypatch.undo()
    native.library.cache_clear()
    assert native.reason() == ''


def test_it_is_compiled_once(monkeypatch, tmp_path):
    monkeypatch.setenv('XDG_CACHE_HOME', str(tmp_path))
    first = native._built()
    stamp = first.stat().st_mtime_ns
    assert native._built() == first
    assert first.stat().st_mtime_ns == stamp
    assert list(first.parent.iterdir()) == [first]


def test_the_inverse_kinematics_is_pythons(rng):
    config = InverseKinematicsConfig()
    kernel, python = NativeInverseKinematics(config, SPEC), InverseKinematics(config, SPEC)
    limiter, blocked, singular = Limiter(SPEC, DT), 0, 0
    lower, upper = SPEC.joint_array('lower'), SPEC.joint_array('upper')
    for _ in range(60):
        start = rng.uniform(lower + 0.01, upper - 0.01)
        kernel.reset(start)
        python.reset(start)
        goal, sent = random_goal(rng), start.copy()
        for _ in range(40):
            target = limiter.target
            target.set(*map(tuple, goal), rng.normal(0, 0.3, 6).tolist())
            target.posture[:] = rng.uniform(-1, 1, SPEC.n)
            q = python.step(target, sent)
            assert kernel.step(target, sent) == pytest.approx(q, rel=1e-9, abs=1e-9)
            assert kernel._sigma == pytest.approx(python._sigma, rel=1e-6, abs=1e-6)
            change = rng.normal(0, 0.1, 6)
            share = python.feasible(change)
            assert kernel.feasible(change) == pytest.approx(share, rel=1e-6)
            blocked += bool(((q - lower < 0.05) | (upper - q < 0.05)).any())
            singular += python._sigma[0] < config.singular
            sent = q.copy() if rng.random() < 0.9 else sent
    assert blocked > 100 and singular > 100
    target.position[0] = np.nan
    before = kernel.q.copy()
    assert (kernel.step(target, before) == before).all()
