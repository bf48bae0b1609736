"""Inverse kinematics: follows, stays calm at singularities and limits, never races."""

from hypothesis import given, settings
from hypothesis import strategies as st
import numpy as np
import pytest

from vla_ros.control.laws import CartesianTarget, load_law
from vla_ros.control.laws.inverse_kinematics import InverseKinematicsConfig, make_kinematics
from vla_ros.core.rotations import from_matrix
from vla_ros.robots import load_robot
from vla_ros.robots.model import RobotModel


SPEC = load_robot('franka')
DT = 1 / SPEC.control_rate
LOWER, UPPER = SPEC.joint_array('lower'), SPEC.joint_array('upper')
SPEED = SPEC.joint_array('velocity')
STILL = np.zeros(SPEC.n)
MODEL = RobotModel(SPEC)


@pytest.fixture
def kinematics():
    return make_kinematics(InverseKinematicsConfig(), SPEC)


def pose(q):
    MODEL.update(q, STILL)
    return MODEL.position.copy(), from_matrix(MODEL.rotation)


def follow(kinematics, position, quaternion, ticks, posture=None):
    """Return the joint positions (ticks, n) on the way to a standing pose."""
    target = CartesianTarget(SPEC.home if posture is None else posture)
    target.set(tuple(position), quaternion)
    return np.array([kinematics.step(target, kinematics.q).copy() for _ in range(ticks)])


def smallest(kinematics):
    """Return the smallest singular value of the Jacobian."""
    return np.linalg.svd(kinematics.model.jacobian, compute_uv=False)[-1]


def test_reachable_poses_are_reached(kinematics):
    rng, missed = np.random.default_rng(0), 0
    for _ in range(30):
        q = np.clip(SPEC.home + rng.normal(0, 0.5, SPEC.n), LOWER + 0.2, UPPER - 0.2)
        position, quaternion = pose(q)
        kinematics.reset(SPEC.home)
        path = follow(kinematics, position, quaternion, 1500)
        assert (np.abs(np.diff(path, axis=0)) <= SPEED * DT * (1 + 1e-9)).all()
        missed += np.linalg.norm(pose(path[-1])[0] - position) > 1e-3
    assert missed <= 1


def test_a_moving_target_is_followed_closely(kinematics):
    start, quaternion = pose(SPEC.home)
    target, worst = CartesianTarget(SPEC.home), 0.0
    for k in range(2000):
        phase = 2 * np.pi * 0.5 * k * DT  # at rest at first, 0.47 m/s at most
        offset = 0.15 * (1 - np.cos(phase)) * np.array([0.0, 0.8, 0.6])
        speed = 0.15 * np.pi * np.sin(phase) * np.array([0.0, 0.8, 0.6])
        target.set(tuple(start + offset), quaternion, (*speed, 0, 0, 0))
        q = kinematics.step(target, kinematics.q)
        worst = max(worst, np.linalg.norm(pose(q)[0] - target.position))
    assert worst < 2e-5


@pytest.mark.parametrize(
    'position', [(1.2, 0.0, 0.5), (3.0, 0.5, 0.2), (0.45, 0.0, 1.4), (0.0, 1.0, 0.4)]
)
def test_out_of_reach_it_comes_to_rest_stretched_out(kinematics, position):
    path = follow(kinematics, position, pose(SPEC.home)[1], 4000)
    speeds = np.abs(np.diff(path, axis=0)) / DT
    assert speeds.max(axis=0)[speeds[-500:].max(axis=0) > 0.01].size == 0
    assert smallest(kinematics) < 0.01


def test_out_of_a_singular_posture_it_comes_back(kinematics):
    position, quaternion = pose(SPEC.home)
    follow(kinematics, (1.2, 0.0, 0.5), quaternion, 3000)
    path = follow(kinematics, position, quaternion, 3000)
    np.testing.assert_allclose(pose(path[-1])[0], position, atol=1e-4)


def test_the_weakest_direction_is_known(kinematics):
    rng = np.random.default_rng(1)
    for _ in range(5):
        position = rng.uniform([0.3, -0.3, 0.1], [0.6, 0.3, 0.5])
        follow(kinematics, position, pose(SPEC.home)[1], 800)
        assert kinematics._sigma[0] == pytest.approx(smallest(kinematics), rel=0.01)


def test_the_posture_moves_the_elbow_but_not_the_tcp(kinematics):
    position, quaternion = pose(SPEC.home)
    posture = SPEC.home + np.array([0.4, 0, 0, 0, 0, 0, 0])
    path = follow(kinematics, position, quaternion, 4000, posture)
    shifts = [np.linalg.norm(pose(q)[0] - position) for q in path[::50]]
    assert np.abs(path[-1] - SPEC.home).max() > 0.1
    assert max(shifts) < 1e-4


def test_joint_limits_are_approached_slowly_and_never_passed(kinematics):
    # Behind its own base: only with joints at their limits.
    path = follow(kinematics, (-0.15, 0.0, 0.4), pose(SPEC.home)[1], 4000)
    assert (path >= LOWER).all() and (path <= UPPER).all()
    assert min((path - LOWER).min(), (UPPER - path).min()) < 0.05
    assert np.abs(np.diff(path[-500:], axis=0)).max() / DT < 0.05


@pytest.mark.filterwarnings('ignore:invalid value')
@given(
    st.lists(
        st.tuples(*[st.floats(-1e3, 1e3) | st.just(np.nan) | st.just(np.inf)] * 6),
        min_size=1,
        max_size=30,
    )
)
@settings(max_examples=60)
def test_whatever_is_wanted_the_step_is_bounded(values):
    kinematics = make_kinematics(InverseKinematicsConfig(), SPEC)
    target, before = CartesianTarget(SPEC.home), SPEC.home.copy()
    quaternion = pose(SPEC.home)[1]
    for wanted in values:
        target.set(wanted[:3], quaternion, (*wanted[3:], 0, 0, 0))
        q = kinematics.step(target, before)
        assert np.isfinite(q).all() and (q >= LOWER).all() and (q <= UPPER).all()
        assert (np.abs(q - before) <= SPEED * DT * (1 + 1e-9)).all()
        before = q.copy()


def test_it_waits_for_an_arm_that_is_held_back(kinematics):
    position, quaternion = pose(SPEC.home)
    target = CartesianTarget(SPEC.home)
    target.set(tuple(position + [0.0, 0.4, 0.0]), quaternion)
    for _ in range(2000):
        q = kinematics.step(target, SPEC.home)
    longest = SPEED * DT
    assert (np.abs(q - SPEC.home) <= kinematics.config.lead + longest + 1e-9).all()


def test_the_cartesian_servo_begins_where_the_arm_is():
    law, model = load_law('franka_cartesian_servo', SPEC), RobotModel(SPEC)
    model.update(SPEC.home + 0.1, STILL)
    target = CartesianTarget(model.q)
    target.set(tuple(model.position), from_matrix(model.rotation))
    law.reset(model, target)
    out = np.full(SPEC.n, np.nan)
    assert law.motion(model, target, model.q, out) is out
    np.testing.assert_allclose(out, model.q, atol=1e-9)
    with pytest.raises(TypeError, match='makes joint positions, not torques'):
        law.torque(model, target, out)


@pytest.mark.parametrize(
    ('field', 'value'),
    [('rate', 0.0), ('singular', 0.0), ('damping', -1.0), ('limit_range', 0.0), ('lead', 2.0)],
)
def test_a_bad_gain_is_refused_by_name(field, value):
    with pytest.raises(ValueError, match=f'{field}: expected'):
        InverseKinematicsConfig(**{field: value})
