"""The admittance without an arm: a mass on a spring, whose pose the joints follow."""

from hypothesis import given, settings
from hypothesis import strategies as st
import numpy as np
import pinocchio as pin
import pytest

from vla_ros.control.laws import CartesianTarget, load_law
from vla_ros.control.laws.cartesian_admittance import (
    CartesianAdmittance,
    CartesianAdmittanceConfig,
)
from vla_ros.core.config import ConfigError
from vla_ros.core.rotations import from_matrix
from vla_ros.robots import load_robot
from vla_ros.robots.model import RobotModel


SPEC = load_robot('franka')
DT = 1 / SPEC.control_rate
STILL = np.zeros(SPEC.n)
FREE = {'deadband_force': 0.0, 'deadband_torque': 0.0}


class Bench:
    """The law on an arm that is where it was sent."""

    def __init__(self, config=None, q=SPEC.home, **fields):
        self.law = CartesianAdmittance(config or CartesianAdmittanceConfig(**fields), SPEC)
        self.model = RobotModel(SPEC)
        self.model.update(q, STILL)
        self.target = CartesianTarget(q)
        self.target.set(tuple(self.model.position), from_matrix(self.model.rotation))
        self.start, self.turn = self.model.position.copy(), self.model.rotation.copy()
        self.law.reset(self.model, self.target)
        self.out = np.array(q)

    def run(self, ticks, wrench=(0.0,) * 6):
        """Return how far tcp and rotation were from the target (ticks, 6)."""
        away = np.zeros((ticks, 6))
        for k in range(ticks):
            self.model.external_wrench[:] = wrench
            self.law.motion(self.model, self.target, self.out.copy(), self.out)
            self.model.update(self.out, STILL)
            away[k, :3] = self.model.position - self.target.position
            away[k, 3:] = pin.log3(self.model.rotation @ self.target.rotation.T)
        return away


@pytest.mark.parametrize('axis', range(6))
def test_it_yields_by_force_over_stiffness_and_comes_back(axis):
    bench = Bench(**FREE)
    wrench = np.zeros(6)
    wrench[axis] = 12.0 if axis < 3 else 3.0
    away = bench.run(1500, wrench)
    expected = wrench / ([600.0] * 3 + [40.0] * 3)
    np.testing.assert_allclose(away[-1], expected, atol=1e-4)
    assert away[:, axis].max() <= 1.001 * expected[axis]  # critically damped
    np.testing.assert_allclose(bench.run(1500)[-1], 0, atol=1e-4)


def test_it_moves_as_a_mass_on_a_spring():
    bench = Bench(mass=4.0, k_pos=400.0, **FREE)
    moved = bench.run(800, (0, 8.0, 0, 0, 0, 0))[:, 1]
    time = DT * np.arange(1, 801)
    rate = 10.0  # sqrt(k / m)
    expected = 0.02 * (1 - (1 + rate * time) * np.exp(-rate * time))
    np.testing.assert_allclose(moved, expected, atol=1.5e-4)  # the joints follow a little late


def test_the_posture_does_not_drift():
    bench = Bench(**FREE)
    for _ in range(4):
        bench.run(600, (0, 20.0, 0, 0, 0, 2.0))
        bench.run(600)
    bench.run(2000)
    np.testing.assert_allclose(bench.out, SPEC.home, atol=2e-3)


def test_a_moving_target_needs_no_force():
    bench = Bench()
    worst = 0.0
    for k in range(1000):
        phase = np.pi * k * DT
        offset, speed = 0.1 * (1 - np.cos(phase)), 0.1 * np.pi * np.sin(phase)
        bench.target.set(
            tuple(bench.start + [0, offset, 0]), from_matrix(bench.turn), (0, speed, 0, 0, 0, 0)
        )
        worst = max(worst, np.abs(bench.run(1)).max())
    assert worst < 1e-4


def test_it_presses_with_the_wrench_of_the_target():
    bench = Bench(**FREE)
    bench.target.wrench[2] = -6.0
    assert bench.run(1500)[-1, 2] == pytest.approx(-0.01, abs=1e-4)
    np.testing.assert_allclose(bench.run(1500, (0, 0, 6.0, 0, 0, 0))[-1], 0, atol=1e-4)


def test_stiffness_that_is_set_counts_and_stays_critically_damped():
    bench = Bench(**FREE)
    stiffness = np.diag([300.0, 1500.0, 600.0, 40.0, 40.0, 40.0])
    stiffness[0, 1] = stiffness[1, 0] = 200.0
    bench.law.set_stiffness(stiffness)
    wrench = np.array([6.0, -9.0, 3.0, 0, 0, 0])
    away = bench.run(2000, wrench)
    expected = np.linalg.solve(stiffness, wrench)
    np.testing.assert_allclose(away[-1], expected, atol=1e-4)
    modes = np.linalg.eigh(stiffness)[1]
    beyond = (away @ modes) * np.sign(expected @ modes) - np.abs(expected @ modes)
    assert beyond.max() < 2e-4


def test_without_a_spring_it_comes_to_rest_where_it_is_left():
    bench = Bench(k_pos=0.0, k_rot=0.0, **FREE)
    bench.run(300, (0, 10.0, 0, 0, 0, 0))
    moved = bench.run(4000)[:, 1]
    assert moved[-1] > 0.02 and abs(moved[-1] - moved[-500]) < 1e-3


def test_a_refused_stiffness_changes_nothing():
    bench = Bench(k_pos=400.0, **FREE)
    for stiffness, words in (
        (np.diag([5001.0, 1, 1, 1, 1, 1]), 'at most 5000 N/m, got 5001'),
        (np.diag([1.0, 1, 1, 1, 1, 301]), 'at most 300 Nm/rad, got 301'),
        (np.full((6, 6), np.nan), 'finite'),
        (np.eye(6) - np.eye(6, k=1), 'symmetric'),
        (-np.eye(6), 'positive semi-definite'),
    ):
        with pytest.raises(ValueError, match=words):
            bench.law.set_stiffness(stiffness)
    assert bench.law.stiffness == 400
    assert bench.run(1500, (0, 8.0, 0, 0, 0, 0))[-1, 1] == pytest.approx(0.02, rel=1e-3)
    bench.law.set_stiffness(np.diag([100.0, 200.0, 300.0, 1, 1, 1]))
    assert np.isnan(bench.law.stiffness)


def test_in_tool_axes_the_stiffness_turns_with_the_tool():
    q = SPEC.home + np.array([0.5, 0, 0.3, 0, 0.4, 0, 0.6])
    bench = Bench(q=q, frame='tool', **FREE)
    bench.law.set_stiffness(np.diag([200.0, 800.0, 1600.0, 40.0, 40.0, 40.0]))
    force = np.array([4.0, 5.0, -6.0])
    away = bench.run(2000, (*force, 0, 0, 0))
    turn = bench.turn
    expected = turn @ np.diag([1 / 200.0, 1 / 800.0, 1 / 1600.0]) @ turn.T @ force
    np.testing.assert_allclose(away[-1, :3], expected, atol=1e-3)


def test_small_forces_are_not_felt_and_large_ones_are_felt_whole():
    bench = Bench(deadband_force=1.0, deadband_torque=0.1)
    assert np.abs(bench.run(500, (0.5, -0.5, 0.5, 0.05, 0.05, 0.05))).max() < 1e-9
    assert bench.run(1500, (0, 3.0, 0, 0, 0, 0))[-1, 1] == pytest.approx(0.005, abs=1e-5)
    low = bench.run(1500, (0, 0, 1.001, 0, 0, 0))[-1, 2]
    assert 0 < low < 1e-5  # no jump at the edge


def test_it_gives_way_no_further_than_it_may():
    bench = Bench(yield_pos=0.05)
    assert np.abs(bench.run(2000, (0, 500.0, 0, 0, 0, 0))[:, 1]).max() < 0.0501


def test_it_begins_where_the_arm_is_and_returns_to_the_target():
    bench = Bench()
    shifted = bench.start + [0.0, 0.04, 0.0]
    turned = pin.exp3(np.array([0.0, 0.2, 0.0])) @ bench.turn
    bench.target.set(tuple(shifted), from_matrix(turned))
    bench.law.reset(bench.model, bench.target)
    path = bench.run(2000)
    assert np.abs(path[0] - [0, -0.04, 0, 0, -0.2, 0]).max() < 1e-3
    np.testing.assert_allclose(path[-1], 0, atol=1e-4)


@given(st.lists(st.tuples(*[st.floats(-1e4, 1e4) | st.just(np.nan)] * 6), max_size=20))
@settings(max_examples=30)
def test_whatever_is_felt_the_joints_stay_in_their_limits(wrenches):
    bench = Bench()
    for wrench in wrenches:
        before = bench.out.copy()
        bench.run(1, wrench)
        assert np.isfinite(bench.out).all()
        longest = SPEC.joint_array('velocity') * DT * (1 + 1e-9)
        assert (np.abs(bench.out - before) <= longest).all()
    assert np.isfinite(bench.run(5)).all()  # nothing of it is left


def test_a_blow_asks_no_more_of_the_joints_than_they_can():
    bench, path = Bench(), []
    for k in range(300):
        bench.run(1, (0, 0, 200.0 if k % 60 < 20 else 0.0, 0, 5.0, 0))
        path.append(bench.out.copy())
    strongest = np.abs(np.diff(path, 2, axis=0)).max(axis=0) / DT**2
    assert (strongest <= 0.8 * SPEC.joint_array('acceleration')).all()
    assert strongest.max() > 5.0  # and they do what they can


@given(
    st.floats(0.1, 100.0),
    st.floats(0.001, 10.0),
    st.floats(0.01, 20.0),
    st.lists(st.floats(0.0, 5000.0), min_size=6, max_size=6),
    st.lists(st.floats(-3.0, 3.0), min_size=6, max_size=6),
)
@settings(max_examples=60)
def test_the_integration_is_stable_for_every_gain(mass, inertia, ratio, stiffness, turn):
    law = Bench(mass=mass, inertia=inertia, damping_ratio=ratio).law
    frame = np.kron(np.eye(2), pin.exp3(np.array(turn[:3])))
    diagonal = np.array(stiffness) * ([1.0] * 3 + [0.06] * 3)
    law.set_stiffness(frame @ np.diag(diagonal) @ frame.T)
    speed, place = law._gain[:, :6], law._gain[:, 6:12]
    step = np.block([[speed, place], [DT / 2 * (np.eye(6) + speed), np.eye(6) + DT / 2 * place]])
    assert np.abs(np.linalg.eigvals(step)).max() <= 1 + 1e-7


def test_bad_gains_are_refused_by_name(tmp_path):
    path = tmp_path / 'preset.yaml'
    path.write_text('law: cartesian_admittance\nparameters: {kinematics: {rate: -1.0}}\n')
    with pytest.raises(ConfigError, match='kinematics: rate: expected 0..1000'):
        load_law(str(path), SPEC)
    for field, value in (('mass', 0.0), ('k_pos', -1.0), ('damping_ratio', 0.0), ('yield_pos', 0)):
        with pytest.raises(ValueError, match=f'{field}: expected'):
            CartesianAdmittanceConfig(**{field: value})
