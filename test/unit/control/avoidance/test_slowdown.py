from hypothesis import given, settings
from hypothesis import strategies as st
import numpy as np
import pytest

from vla_ros.control.avoidance.approach import BRAKING, Approach
from vla_ros.control.avoidance.singularity import Singularity
from vla_ros.control.avoidance.slowdown import Slowdown
from vla_ros.control.laws import CartesianTarget
from vla_ros.core.rotations import quat_from_matrix
from vla_ros.robots import load_robot
from vla_ros.robots.model import RobotModel


FRANKA = load_robot('franka')
numbers = st.floats(-1e6, 1e6) | st.sampled_from([np.nan, np.inf, -np.inf])
STILL = np.zeros(FRANKA.n)
FASTEST = FRANKA.joint_array('velocity')
# Along it the arm stretches out: the elbow opens.
STRETCH = np.array([0.0, 0.3, 0.0, 0.6, 0.0, 0.3, 0.0])


@pytest.fixture(scope='module')
def loaded():
    return Slowdown(FRANKA)


@pytest.fixture
def slowdown(loaded):
    loaded.reset()
    return loaded


def at(q):
    model = RobotModel(FRANKA)
    model.update(q, STILL)
    return model


def commanded(model):
    """Return the commanded pose of an arm that is where it should be."""
    target = CartesianTarget(FRANKA.home)
    target.set(tuple(model.position.tolist()), tuple(quat_from_matrix(model.rotation)))
    return target


def stretched(condition):
    """Return the model on the way of STRETCH where the Jacobian has that condition number."""
    low, high = 0.0, 3.2
    for _ in range(60):
        middle = (low + high) / 2
        model = at(FRANKA.home + middle * STRETCH)
        if np.linalg.cond(model.jacobian) < condition:
            low = middle
        else:
            high = middle
    return model


def test_the_condition_number_is_numpys():
    rng, singularity = np.random.default_rng(0), Singularity(FRANKA)
    for _ in range(200):
        model = at(rng.uniform(FRANKA.joint_array('lower'), FRANKA.joint_array('upper')))
        singularity.scale(model.q, STILL)
        assert singularity.condition == pytest.approx(np.linalg.cond(model.jacobian), rel=1e-6)


@pytest.mark.parametrize(
    ('condition', 'low', 'high'), [(10, 1, 1), (16.9, 0.99, 1), (22, 0.3, 0.6), (31, 0, 0)]
)
def test_motion_further_in_is_slowed_and_motion_out_is_not(condition, low, high):
    model, singularity = stretched(condition), Singularity(FRANKA)
    assert low <= singularity.scale(model.q, 0.01 * STRETCH) <= high
    assert singularity.scale(model.q, -0.01 * STRETCH) == 1.0
    assert singularity.scale(model.q, STILL) == 1.0


def test_fast_motion_is_slowed_earlier():
    model, singularity = stretched(15), Singularity(FRANKA)
    assert singularity.scale(model.q, 0.01 * STRETCH) == 1.0
    assert singularity.scale(model.q, 8.0 * STRETCH) < 0.7


def test_a_stretched_out_arm_is_no_division_by_zero(slowdown):
    model = at(np.zeros(FRANKA.n))
    out = np.array([0.0, 0.0, 0.1, 0.0, 0.0, 0.0])
    for _ in range(2):
        assert 0.0 <= slowdown.along(model, commanded(model), out) <= 1.0
    assert slowdown.singularity.condition > 1e4


def follow(slowdown, goal, q, seconds):
    """Lead the arm's tcp towards goal (3,), checked at 100 Hz; return joints and scales."""
    model = at(q)
    turn = quat_from_matrix(at(FRANKA.home).rotation)
    scales, worst = [], 0.0
    approach = Approach(FRANKA)
    for _ in range(round(seconds * 100)):
        target = commanded(model)
        scales.append(slowdown.towards(model, target, goal, turn))
        approach.towards(model, target, goal, turn)
        model.update(model.q + scales[-1] * approach.velocity * 0.01, STILL)
        worst = max(worst, np.linalg.cond(model.jacobian))
    return model.q.copy(), scales, worst


def test_a_goal_out_of_reach_ends_before_the_singularity_and_back_is_free(slowdown):
    far = np.array([1.2, 0.0, 0.4])
    q, scales, worst = follow(slowdown, far, FRANKA.home.copy(), 4.0)
    assert scales[0] == 1.0 and scales[-1] < 0.05
    assert slowdown.cause.startswith('singularity: condition number ')
    assert 25 < worst < 31
    back = at(FRANKA.home).position.copy()
    q, scales, _ = follow(slowdown, back, q, 3.0)
    assert min(scales[1:]) == 1.0 and slowdown.cause == ''  # the first is of the way there
    np.testing.assert_allclose(at(q).position, back, atol=1e-3)


def test_a_posture_is_not_hindered_by_singularities(slowdown):
    model = stretched(31)
    goal = model.q + 0.1 * STRETCH
    target = commanded(model)
    further = model.jacobian @ (0.1 * STRETCH)
    assert [slowdown.along(model, target, further) for _ in range(2)] == [1.0, 0.0]
    assert slowdown.cause == 'singularity: condition number 31'
    assert slowdown.joints(model.q, goal) == 1.0 and slowdown.cause == ''


def test_the_links_are_looked_at_as_well(slowdown):
    model = at(np.array([0.0, 0.0, 0.0, -2.6, 0.0, 0.6, 0.0]))  # folded, the hand at the arm
    target = commanded(model)
    inwards = np.array([-0.3, 0.0, 0.0, 0.0, 0.0, 0.0])
    scales = [slowdown.along(model, target, inwards) for _ in range(4)]
    assert max(scales) < 0.7
    assert slowdown.cause.startswith('self-collision: ')
    assert [slowdown.along(model, target, -inwards) for _ in range(2)][-1] == 1.0


@settings(max_examples=100)
@given(st.lists(numbers, min_size=7, max_size=7))
def test_whatever_is_wanted_the_look_ahead_is_bounded(wanted):
    model, approach = at(FRANKA.home), Approach(FRANKA)
    target, wanted = commanded(model), np.array(wanted)
    for look in (
        lambda: approach.along(model, target, wanted[:6]),
        lambda: approach.joints(model.q, wanted),
        lambda: approach.towards(model, target, wanted[:3], wanted[3:]),
    ):
        look()
        assert (np.abs(approach.velocity) <= FASTEST * (1 + 1e-9)).all()
        np.testing.assert_allclose(approach.q, model.q, atol=1e-9)


def test_the_look_ahead_ends_at_the_goal():
    model, approach = at(FRANKA.home), Approach(FRANKA)
    target, turn = commanded(model), quat_from_matrix(model.rotation)
    approach.towards(model, target, model.position + [0.0, 0.01, 0.0], turn)
    twist = model.jacobian @ approach.velocity
    np.testing.assert_allclose(BRAKING * twist, [0, 0.01, 0, 0, 0, 0], atol=1e-4)
    approach.towards(model, target, model.position + [0.0, 0.0, -0.3], turn)
    twist = model.jacobian @ approach.velocity
    np.testing.assert_allclose(twist, [0, 0, -FRANKA.cartesian.velocity, 0, 0, 0], atol=5e-3)


def test_it_looks_from_the_commanded_pose_that_the_arm_lags_behind():
    model, ahead, approach = at(FRANKA.home), at(FRANKA.home + 0.02 * STRETCH), Approach(FRANKA)
    approach.along(model, commanded(ahead), np.zeros(6))
    there = at(approach.q)
    np.testing.assert_allclose(there.position, ahead.position, atol=2e-4)
    np.testing.assert_allclose(there.rotation, ahead.rotation, atol=1e-3)
    far = commanded(model)
    far.position[:] += 5.0  # pressed on something: no further than the law pulls
    approach.along(model, far, np.zeros(6))
    assert 0.05 < np.linalg.norm(at(approach.q).position - model.position) < 0.12
