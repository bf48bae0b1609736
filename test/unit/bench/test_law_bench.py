"""The control bench on the simulated arm: figures that are known, and pictures."""

import dataclasses

import numpy as np
import pytest


pytest.importorskip('mujoco')

from vla_ros.bench.laws import TRIALS  # noqa: E402
from vla_ros.bench.laws.plots import plot_trial  # noqa: E402
from vla_ros.bench.laws.reference import CrispReference  # noqa: E402
from vla_ros.bench.laws.rig import Rig  # noqa: E402
from vla_ros.bench.laws.row import Row  # noqa: E402
from vla_ros.bench.laws.tick import bench_tick  # noqa: E402
from vla_ros.control.laws import load_law  # noqa: E402
from vla_ros.robots import load_robot  # noqa: E402


@pytest.fixture(scope='module')
def rig(spec):
    return Rig(spec)


@pytest.fixture(scope='module', params=['franka', 'ur5e'])
def mover(request):
    """Return the rig of a robot with laws that make positions."""
    return Rig(load_robot(request.param))


def law_of(rig, name):
    return load_law(f'{rig.spec.name}_{name}', rig.spec)


def run(rig, name, law=None, seconds=None, **conditions):
    trial = TRIALS[name]
    law = law or load_law('franka_impedance', rig.spec)
    changed = dataclasses.replace(trial.conditions, **conditions)
    trace = rig.run(law, trial.motion, seconds or trial.seconds, changed)
    return trace, trial.measure(trace, law.stiffness)


def test_a_step_is_reached_without_overshoot(rig):
    _, figures = run(rig, 'step')
    assert figures['overshoot'] < 0.03 and figures['settling'] < 0.6
    assert figures['final_error'] < 1e-3


def test_a_push_deflects_by_force_over_stiffness(rig):
    _, figures = run(rig, 'push')
    assert figures['relative_error'] < 0.05 and figures['expected'] == pytest.approx(20 / 600)


def test_contact_settles_at_the_springs_force(rig):
    _, figures = run(rig, 'contact_3')
    assert figures['relative_error'] < 0.05
    assert figures['steady'] > 5 and figures['ripple'] < 0.1


def test_the_peak_of_an_impact_is_that_of_its_speed_whoever_holds_the_arm(rig, spec):
    _, own = run(rig, 'contact_3', seconds=2.0)
    _, plain = run(rig, 'contact_3', CrispReference(spec), seconds=2.0)
    ratio = own['peak'] / own['impact_speed']
    assert ratio == pytest.approx(plain['peak'] / plain['impact_speed'], rel=0.02)
    assert own['peak'] <= plain['peak']


def test_a_force_that_is_asked_for_is_pressed_with(rig, spec):
    law = load_law('franka_wrench', spec)
    _, figures = run(rig, 'press', law, seconds=1.5)
    assert figures['relative_error'] < 0.01 and figures['ripple'] < 0.1
    assert figures['settling'] < 1.0
    assert TRIALS['push'].asks(law) and not TRIALS['contact_3'].asks(law)
    impedance = load_law('franka_impedance', spec)
    assert TRIALS['contact_3'].asks(impedance) and not TRIALS['press'].asks(impedance)


def test_what_is_done_to_the_arm_shows(rig):
    plain, _ = run(rig, 'minimum_jerk', seconds=0.6)
    loaded, _ = run(rig, 'minimum_jerk', seconds=0.6, payload=1.0)
    rubbed, _ = run(rig, 'minimum_jerk', seconds=0.6, friction=1.0)
    dropped, _ = run(rig, 'minimum_jerk', seconds=0.6, dropped=0.2)
    again, _ = run(rig, 'minimum_jerk', seconds=0.6)
    assert loaded.error.max() > 2 * plain.error.max() < rubbed.error.max()
    assert len(dropped.spent) < 0.9 * len(plain.spent)
    np.testing.assert_array_equal(again.position, plain.position)  # nothing is left behind


def test_the_reference_is_the_same_law_at_rest(rig, spec):
    reference = CrispReference(spec)
    trace, _ = run(rig, 'push', reference, seconds=1.0, push=(0.0, 0.0, 0.0))
    assert trace.error.max() < 1e-3


def test_the_admittance_follows_and_yields_as_its_spring(mover):
    law = law_of(mover, 'admittance')
    _, figures = run(mover, 'minimum_jerk', law)
    assert figures['max_error'] < 2e-3
    _, figures = run(mover, 'push', law, seconds=1.5)
    assert figures['relative_error'] < 0.05 and figures['sideways'] < 1e-3
    _, figures = run(mover, 'contact_15', law)
    assert figures['relative_error'] < 0.05 and figures['ripple'] < 0.1
    assert figures['steady'] > 5


def test_positions_step_without_overshoot(mover):
    for name in ('admittance', 'joint_servo'):
        _, figures = run(mover, 'step', law_of(mover, name), seconds=0.6)
        assert figures['overshoot'] < 0.03 and figures['settling'] < 0.4


def test_the_admittance_carries_what_its_sensor_feels(mover):
    law = law_of(mover, 'admittance')
    trace, _ = run(mover, 'push', law, seconds=1.5, push=(0.0, 0.0, 0.0), payload=1.0)
    assert trace.position[-1, 2] - trace.wanted[-1, 2] == pytest.approx(-9.81 / 600, rel=0.03)


def test_servos_follow_too(mover):
    peak = mover.spec.joint_array('torque')
    for name in ('joint_servo', 'cartesian_servo'):
        trace, figures = run(mover, 'minimum_jerk', law_of(mover, name))
        assert figures['max_error'] < 2.5e-3
        assert (np.abs(trace.torque) <= peak).all()
    _, figures = run(mover, 'push', law_of(mover, 'joint_servo'), seconds=0.6)
    assert figures['deflection'] < 5e-4  # as stiff as the robot


def test_what_the_sensor_feels_is_what_the_world_does(rig, spec):
    run(rig, 'push', load_law('franka_joint_servo', spec), seconds=0.5)
    np.testing.assert_allclose(rig._world.wrench(np.zeros(6)), [0, 20, 0, 0, 0, 0], atol=1e-9)
    trace, _ = run(rig, 'contact_15', seconds=1.2)
    felt = rig._world.wrench(np.zeros(6))
    assert felt[2] == pytest.approx(trace.force[-1], rel=0.05) and felt[2] > 5


def test_every_trial_has_a_picture(rig, tmp_path):
    trace, figures = run(rig, 'contact_15', seconds=0.4)
    plot_trial(tmp_path / 'plot.png', [Row('law', TRIALS['contact_15'], figures, trace)])
    assert (tmp_path / 'plot.png').stat().st_size > 10_000


def test_the_figure_eight_is_where_its_velocity_leads():
    motion, dt = TRIALS['figure_eight'].motion, 1e-4
    times = np.arange(0, 3, dt)
    goals = [motion(t) for t in times]
    speed = np.diff([g.offset for g in goals], axis=0) / dt
    np.testing.assert_allclose(speed, [g.velocity for g in goals[1:]], atol=1e-3)
    rate = np.diff([g.velocity for g in goals], axis=0) / dt
    np.testing.assert_allclose(rate, [g.acceleration for g in goals[1:]], atol=2e-2)


@pytest.mark.parametrize('name', ['franka_impedance', 'franka_joint_servo', 'franka_guide'])
def test_the_tick_is_measured_in_the_control_process(spec, name):
    seen = []
    figures = bench_tick(spec, name, 2.0, lambda: seen.append(1))
    assert len(seen) == 2
    assert 0 < figures['tick_p50'] <= figures['tick_p99'] < 0.1
    assert figures['tick_p50'] <= figures['cycle_p50'] <= figures['cycle_p99'] < 0.1
    assert 0 <= figures['missed'] < 1
