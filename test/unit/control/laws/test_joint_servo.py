"""The joint servo: a posture is followed smoothly, without lag where its rate is known."""

from hypothesis import given, settings
from hypothesis import strategies as st
import numpy as np
import pytest

from vla_ros.control.laws import CartesianTarget, load_law
from vla_ros.control.laws.joint_servo import JointServo, JointServoConfig
from vla_ros.robots import load_robot
from vla_ros.robots.model import RobotModel


SPEC = load_robot('franka')
DT = 1 / SPEC.control_rate
SPEED = SPEC.joint_array('velocity')
LOWER, UPPER = SPEC.joint_array('lower'), SPEC.joint_array('upper')


@pytest.fixture
def model():
    return RobotModel(SPEC)


def start(model, smoothing=0.05):
    law, target = JointServo(JointServoConfig(smoothing), SPEC), CartesianTarget(model.q)
    law.reset(model, target)
    return law, target


def test_a_jump_is_smoothed_and_reached_without_overshoot(model):
    law, target = start(model)
    target.posture[:] = SPEC.home + 0.05
    out, path = SPEC.home.copy(), []
    for _ in range(1000):
        path.append(law.motion(model, target, out, out).copy())
    moved = np.array(path) - SPEC.home
    assert (np.diff(moved, axis=0) > -1e-12).all()  # never back
    assert moved[int(5.9 * 0.05 / DT)] == pytest.approx(0.05, rel=0.02)
    np.testing.assert_allclose(moved[-1], 0.05, atol=1e-6)
    assert np.abs(np.diff(moved, 2, axis=0)).max() / DT**2 <= 0.05 / 0.05**2 * 1.01


def test_a_posture_that_moves_at_its_rate_is_followed_without_lag(model):
    law, target = start(model)
    out = SPEC.home.copy()
    for k in range(1500):
        target.posture[:] = SPEC.home + 0.2 * k * DT
        target.posture_rate[:] = 0.2
        law.motion(model, target, out, out)
    np.testing.assert_allclose(out, target.posture, atol=1e-5)


@pytest.mark.parametrize('smoothing', [0.001, 0.02, 0.5])
@given(
    values=st.lists(
        st.tuples(*[st.floats(-1e3, 1e3) | st.just(np.nan) | st.just(np.inf)] * 2), max_size=30
    )
)
@settings(max_examples=40)
def test_whatever_is_wanted_speed_and_range_are_kept(smoothing, values):
    model = RobotModel(SPEC)
    law, target = start(model, smoothing)
    before, out = SPEC.home.copy(), SPEC.home.copy()
    for posture, rate in values:
        target.posture[:], target.posture_rate[:] = posture, rate
        law.motion(model, target, before, out)
        assert np.isfinite(out).all() and (out >= LOWER).all() and (out <= UPPER).all()
        assert (np.abs(out - before) <= SPEED * DT * (1 + 1e-9)).all()
        before = out.copy()


def test_it_waits_for_an_arm_that_is_held_back(model):
    law, target = start(model)
    target.posture[:] = SPEC.home + 0.4
    out = np.zeros(SPEC.n)
    for _ in range(1000):
        law.motion(model, target, SPEC.home, out)
    assert (np.abs(out - SPEC.home) <= 0.1 + SPEED * DT + 1e-9).all()


def test_it_begins_where_the_arm_is(model):
    law = load_law('franka_joint_servo', SPEC)
    model.update(SPEC.home - 0.1, np.ones(SPEC.n))
    target = CartesianTarget(SPEC.home - 0.1)
    law.reset(model, target)
    np.testing.assert_allclose(law.motion(model, target, model.q, np.zeros(SPEC.n)), model.q)
    assert law.tracks == 'joints' and law.output == 'motion'


@pytest.mark.parametrize(('field', 'value'), [('smoothing', 0.0), ('lead', 0.0)])
def test_a_bad_gain_is_refused_by_name(field, value):
    with pytest.raises(ValueError, match=f'{field}: expected'):
        JointServoConfig(**{field: value})
