"""What a person wants: followed while fresh, one motion at a time, refused with a cause."""

from hypothesis import given
from hypothesis import strategies as st
import numpy as np
import pytest

from vla_ros.control.limits.limiter import Limiter
from vla_ros.control.loops.targets import Kind, TargetConfig, Targets
from vla_ros.core.data import SECOND
from vla_ros.robots import load_robot
from vla_ros.robots.model import RobotModel


SPEC = load_robot('franka')
MS = SECOND // 1000
START = 1_000 * SECOND


class Follower:
    """Targets, a limiter and a clock."""

    def __init__(self):
        self.limiter, self.targets = Limiter(SPEC, 1e-3), Targets(SPEC, RobotModel(SPEC), 1e-3)
        self.model = RobotModel(SPEC)
        self.limiter.reset(self.model)
        self.now = START

    def offer(self, kind, values, age=0.0):
        return self.targets.offer(
            kind, self.now - round(age * SECOND), np.array(values, float), self.now
        )

    def run(self, ticks, kind=None, values=()):
        """Move on; offer the same target with every tick if there is one."""
        for _ in range(ticks):
            self.now += MS
            if kind is not None:
                assert self.offer(kind, values) == ''
            self.targets.move(self.limiter, self.now)

    @property
    def pose(self):
        target = self.limiter.target
        return np.array([*target.position, *target.quaternion])


@pytest.fixture
def follower():
    return Follower()


def test_without_a_target_it_rests_and_says_so(follower):
    before = follower.pose
    follower.run(100)
    np.testing.assert_allclose(follower.pose, before)
    assert follower.targets.cause == 'taken over: no target yet'


def test_a_pose_is_reached_and_held(follower):
    goal = follower.pose + [0.05, -0.03, 0.02, 0, 0, 0, 0]
    follower.run(1500, Kind.POSE, goal)
    np.testing.assert_allclose(follower.pose, goal, atol=1e-5)
    assert follower.targets.cause == ''


def test_a_twist_moves_at_its_speed_and_stops_when_it_is_stale(follower):
    follower.run(400, Kind.TWIST, [0, 0.1, 0, 0, 0, 0, 0])
    before = follower.pose[1]
    follower.run(100, Kind.TWIST, [0, 0.1, 0, 0, 0, 0, 0])
    assert follower.pose[1] - before == pytest.approx(0.01, rel=0.01)
    follower.run(100)  # 0.1 s without one
    follower.run(150)
    assert follower.targets.cause == 'target_twist is stale: holding'
    assert np.abs(follower.limiter.target.twist).max() < 1e-9


def test_a_twist_in_the_tools_axes_turns_with_the_tool(follower):
    axis = follower.limiter.target.rotation[:, 0].copy()
    before = follower.pose[:3]
    follower.run(500, Kind.TWIST, [0.1, 0, 0, 0, 0, 0, 1])
    moved = follower.pose[:3] - before
    np.testing.assert_allclose(moved / np.linalg.norm(moved), axis, atol=1e-6)


def test_joints_move_the_tcp_to_their_forward_kinematics_and_the_posture(follower):
    q = SPEC.home + [0.1, 0.05, -0.1, 0.05, 0.05, 0.0, 0.1]
    follower.run(3000, Kind.JOINT, q)
    model = RobotModel(SPEC)
    model.update(q, np.zeros(SPEC.n))
    np.testing.assert_allclose(follower.pose[:3], model.position, atol=1e-4)
    np.testing.assert_allclose(follower.limiter.target.posture, q, atol=1e-4)
    for _ in range(3000):
        follower.targets.relax(follower.limiter, 'pose')
    np.testing.assert_array_equal(follower.limiter.target.posture, SPEC.home)
    assert not follower.limiter.target.posture_rate.any()


def test_a_wrench_sets_in_gradually_is_bounded_and_goes_when_stale(follower):
    follower.run(10, Kind.WRENCH, [0, 0, -1000, 0, 0, 0, 0])
    assert follower.limiter.target.wrench[2] == pytest.approx(-30 * 10 / 300)
    follower.run(500, Kind.WRENCH, [0, 0, -1000, 0, 0, 0, 0])
    np.testing.assert_allclose(follower.limiter.target.wrench, [0, 0, -30, 0, 0, 0])
    follower.run(1000)
    assert not follower.limiter.target.wrench.any()


def test_a_second_kind_of_motion_is_refused_until_the_first_is_stale(follower):
    follower.run(10, Kind.POSE, follower.pose)
    twist = [0, 0.1, 0, 0, 0, 0, 0]
    assert 'target_pose is being followed' in follower.offer(Kind.TWIST, twist)
    assert follower.targets.refused == 1
    follower.run(501)
    assert follower.offer(Kind.TWIST, twist) == ''


@pytest.mark.parametrize(
    ('kind', 'values', 'age', 'cause'),
    [
        (Kind.POSE, [np.nan, 0, 0, 0, 0, 0, 1], 0.0, 'finite numbers'),
        (Kind.POSE, [0.4, 0, 0.3, 1, 0, 0], 0.0, 'expected 7'),
        (Kind.TWIST, [np.inf, 0, 0, 0, 0, 0, 0], 0.0, 'finite numbers'),
        (Kind.TWIST, [0.0] * 7, 0.11, 'its stamp is 0.110 s old'),
        (Kind.POSE, [0.4, 0, 0.3, 1, 0, 0, 0], 0.6, 'its stamp is 0.600 s old'),
        (Kind.TWIST, [0.0] * 7, -1.0, 'its stamp is -1.000 s old'),
        (Kind.JOINT, [0.0] * 6, 0.0, 'expected 7'),
    ],
)
def test_what_cannot_be_believed_is_refused(follower, kind, values, age, cause):
    before = follower.pose
    assert cause in follower.offer(kind, values, age)
    assert cause in follower.targets.last_refusal
    follower.run(50)
    np.testing.assert_allclose(follower.pose, before)


def test_a_pose_that_is_no_rotation_holds(follower):
    before = follower.pose
    follower.run(20, Kind.POSE, [*before[:3], 0.5, 0, 0, 0])
    np.testing.assert_allclose(follower.pose, before)
    assert 'not a finite pose' in follower.targets.cause
    assert follower.targets.refused == 20


@given(st.lists(st.floats(-1e6, 1e6), min_size=6, max_size=6), st.booleans())
def test_any_twist_stays_within_the_limits(values, tool):
    follower = Follower()
    positions = [follower.pose[:3]]
    for _ in range(60):
        follower.run(1, Kind.TWIST, [*values, float(tool)])
        positions.append(follower.pose[:3])
    limits = SPEC.cartesian
    for order, bound in ((1, limits.velocity), (2, limits.acceleration), (3, limits.jerk)):
        change = np.diff(positions, n=order, axis=0) * 1000**order
        assert np.linalg.norm(change, axis=1).max() <= bound + 5e-15 * 1000**order
    assert (np.array(positions) >= limits.lower).all()
    assert (np.array(positions) <= limits.upper).all()


@pytest.mark.parametrize('field', ['pose_timeout', 'greatest_force', 'wrench_time'])
def test_the_configuration_names_the_field_that_is_wrong(field):
    with pytest.raises(ValueError, match=field):
        TargetConfig(**{field: 0.0})
