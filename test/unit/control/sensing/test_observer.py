"""The observer sees what pushes MuJoCo's arm, soon and rightly, and little else."""

import dataclasses

from hypothesis import given, settings
from hypothesis import strategies as st
import numpy as np
import pytest

from vla_ros.control import native
from vla_ros.control.native.model import NativeModel
from vla_ros.control.native.observer import NativeObserver, make_observer
from vla_ros.control.sensing.momentum_observer import (
    MomentumObserver,
    ObserverConfig,
    WrenchEstimate,
)
from vla_ros.core import rotations
from vla_ros.robots import ForceSensorSpec, load_robot
from vla_ros.robots.model import RobotModel


DT = 0.001
FRANKA = load_robot('franka')
COMPILED = pytest.mark.skipif(bool(native.reason()), reason=native.reason())


def observe(arm, ticks, observer):
    """Return the external wrenches (ticks, 6) and torques (ticks, n) that were estimated."""
    wrenches, torques = [], []

    def watch(model, _, sent):
        observer.update(model, sent)
        wrenches.append(model.external_wrench.copy())
        torques.append(model.external_torque.copy())

    arm.run(ticks, watch)
    return np.array(wrenches), np.array(torques)


@pytest.mark.parametrize('force', [(20.0, 0, 0), (0, 20.0, 0), (0, 0, -20.0), (12.0, 12.0, 10.6)])
def test_a_push_of_20_newtons_is_seen_within_a_tenth_of_a_second(spec, make_arm, force):
    arm = make_arm(spec)
    observer = MomentumObserver(spec, DT)
    observe(arm, 200, observer)
    arm.push(force)
    wrenches, _ = observe(arm, 600, observer)
    wrong = np.linalg.norm(wrenches[:, :3] - force, axis=1) / np.linalg.norm(force)
    assert wrong[100:].max() < 0.05
    assert np.abs(wrenches[100:, 3:]).max() < 0.2


def test_a_moment_on_the_tcp_is_seen(spec, make_arm):
    arm = make_arm(spec)
    observer = MomentumObserver(spec, DT)
    arm.push((0, 0, 0), (0.5, 0, 2.0))
    wrenches, _ = observe(arm, 400, observer)
    assert wrenches[-1] == pytest.approx([0, 0, 0, 0.5, 0, 2.0], abs=0.1)


def fly(arm, observer, rounds=12):
    """Return what is estimated on the way to far goals, one after the other."""
    rng = np.random.default_rng(0)
    limits, wrenches, torques, fastest = arm.spec.cartesian, [], [], 0.0
    home = arm.turn.copy()
    for _ in range(rounds):
        arm.goal = rng.uniform(limits.lower, limits.upper)
        axis = rng.normal(size=3)
        turn = rotations.quaternion_exp(tuple(0.5 * axis / np.linalg.norm(axis)))
        arm.turn = np.array(rotations.multiply(turn, tuple(home)))
        for _ in range(6):
            wrench, torque = observe(arm, 100, observer)
            wrenches.append(wrench)
            torques.append(torque)
            fastest = max(fastest, float(np.linalg.norm(arm.model.twist[:3])))
    return np.concatenate(wrenches), np.concatenate(torques), fastest


def test_free_motion_at_full_speed_shows_little(spec, make_arm):
    arm = make_arm(spec)
    wrenches, torques, fastest = fly(arm, MomentumObserver(spec, DT))
    assert fastest > 0.95 * spec.cartesian.velocity
    assert np.linalg.norm(wrenches[:, :3], axis=1).max() < 0.5  # N
    assert np.linalg.norm(wrenches[:, 3:], axis=1).max() < 0.2  # Nm
    assert np.abs(torques).max() < 0.1


def test_known_friction_is_no_push(spec, make_arm):
    joints = tuple(dataclasses.replace(j, friction=0.3) for j in spec.joints)
    rubbing = dataclasses.replace(spec, joints=joints)
    most = {}
    for known in (rubbing, spec):
        arm = make_arm(rubbing)
        arm.scene.model.dof_frictionloss[arm.scene.arm_v] = 0.3
        _, torques, _ = fly(arm, MomentumObserver(known, DT), 3)
        most[known is rubbing] = np.median(np.abs(torques).max(axis=1))
    assert most[False] > 0.25
    assert most[True] < 0.3 * most[False]


def test_an_unknown_payload_is_seen_as_its_weight(spec, make_arm):
    arm = make_arm(spec)
    arm.scene.model.body('fr3_hand').mass += 1.0
    wrenches, _ = observe(arm, 1500, MomentumObserver(spec, DT))
    assert wrenches[-1, :3] == pytest.approx([0, 0, -9.81], abs=0.1)


def test_noisy_velocities_are_averaged(spec, make_arm):
    arm, observer = make_arm(spec), MomentumObserver(spec, DT)
    noisy, rng, seen = RobotModel(spec), np.random.default_rng(0), []

    def watch(model, _, sent):
        noisy.update(model.q, model.dq + rng.normal(0, 1e-3, spec.n))
        observer.update(noisy, sent)
        seen.append(noisy.external_wrench[:3].copy())

    arm.run(1000, watch)
    assert np.std(seen, axis=0).max() < 0.5  # N


@settings(max_examples=50)
@given(
    gain=st.floats(1.0, 1000.0),
    dt=st.floats(1e-4, 0.02),
    push=st.lists(st.floats(-100, 100), min_size=7, max_size=7),
)
def test_an_estimate_goes_to_a_steady_push_without_overshoot(gain, dt, push):
    model, push = RobotModel(FRANKA), np.array(push)
    observer = MomentumObserver(FRANKA, dt, ObserverConfig(gain=gain))
    left = np.abs(push)
    for _ in range(50):
        observer.update(model, model.gravity - push)
        now = np.abs(push - model.external_torque)
        assert (now <= left + 1e-9).all()
        left = now
    assert (left <= np.abs(push) * np.exp(-49 * gain * dt) + 1e-9).all()


@pytest.fixture(params=[MomentumObserver, pytest.param(NativeObserver, marks=COMPILED)])
def watched(request):
    """Return a model whose weight the observer has taken for a push, the observer, no torque."""
    model = NativeModel(FRANKA) if request.param is NativeObserver else RobotModel(FRANKA)
    observer, sent = request.param(FRANKA, DT), np.zeros(FRANKA.n)
    for _ in range(100):
        observer.update(model, sent)
    assert np.abs(model.external_torque).max() > 1
    return model, observer, sent


def test_numbers_that_are_not_finite_are_forgotten(watched):
    model, observer, sent = watched
    observer.update(model, np.full(FRANKA.n, np.nan))
    assert not model.external_torque.any() and not model.external_wrench.any()
    for _ in range(400):
        observer.update(model, sent)
    np.testing.assert_allclose(model.external_torque, model.gravity, atol=1e-4)


def test_a_reset_begins_anew(watched):
    model, observer, sent = watched
    model.update(FRANKA.home + 0.3, np.ones(FRANKA.n))
    observer.reset()
    observer.update(model, sent)  # a jump in speed is no push when nothing came before it
    assert not model.external_torque.any() and not model.external_wrench.any()


def test_the_wrench_is_left_to_a_force_sensor():
    sensor = ForceSensorSpec('fr3_hand', 'wrench', 0.7, (0.0, 0.0, 0.03))
    spec = dataclasses.replace(FRANKA, force_sensor=sensor)
    model, sent = RobotModel(spec), np.zeros(spec.n)
    model.external_wrench[:] = 7.0
    observer = MomentumObserver(spec, DT)
    for _ in range(10):
        observer.update(model, sent)
    assert model.external_torque.any()
    assert (model.external_wrench == 7.0).all()


def test_a_wrench_is_finite_in_a_singularity():
    model, out = RobotModel(FRANKA), np.zeros(6)
    model.update(np.zeros(FRANKA.n), np.zeros(FRANKA.n))  # stretched out
    WrenchEstimate(1e-4).solve(model, np.ones(FRANKA.n), out)
    assert np.abs(out).max() < 100


@COMPILED
@pytest.mark.parametrize('sensor', [None, ForceSensorSpec('fr3_hand', 'wrench', 0.7, (0, 0, 0))])
def test_the_kernel_computes_the_same(sensor):
    joints = tuple(dataclasses.replace(j, damping=0.4, friction=0.2) for j in FRANKA.joints)
    spec = dataclasses.replace(FRANKA, joints=joints, force_sensor=sensor)
    models = RobotModel(spec), NativeModel(spec)
    observers = [make_observer(spec, model) for model in models]
    assert [type(o) for o in observers] == [MomentumObserver, NativeObserver]
    rng = np.random.default_rng(0)
    for k in range(1000):
        q, dq, sent = rng.normal(size=(3, spec.n))
        for model, observer in zip(models, observers, strict=True):
            if k % 300 == 299:
                observer.reset()
            model.update(q, dq)
            observer.update(model, sent)
        for name in ('external_torque', 'external_wrench'):
            wanted, value = (getattr(model, name) for model in models)
            assert value == pytest.approx(wanted, rel=1e-9, abs=1e-8), name


@COMPILED
def test_the_kernel_wants_its_own_model():
    with pytest.raises(TypeError, match='NativeModel, got RobotModel'):
        NativeObserver(FRANKA, DT).update(RobotModel(FRANKA), np.zeros(FRANKA.n))


@pytest.mark.parametrize(
    ('values', 'name'),
    [({'gain': 0.0}, 'gain'), ({'gain': float('nan')}, 'gain'), ({'ridge': 0.0}, 'ridge'),
     ({'slip': -1.0}, 'slip')],
)  # fmt: skip
def test_a_bad_number_is_refused_by_name(values, name):
    with pytest.raises(ValueError, match=name):
        ObserverConfig(**values)
