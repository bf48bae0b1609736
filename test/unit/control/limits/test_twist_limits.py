"""A twist keeps every limit for any wanted one, and is exactly none when nobody drives."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st
import numpy as np
import pytest

from vla_ros.control.limits.twist_limits import TwistTracker
from vla_ros.robots import load_robot


SPEC = load_robot('humanoid').limbs[4]
DT = 1 / SPEC.control_rate


def drive(**changes):
    """Return the spec with other limits, each a function of the axis' number."""
    joints = tuple(
        replace(joint, **{name: of(k) for name, of in changes.items()})
        for k, joint in enumerate(SPEC.joints)
    )
    return replace(SPEC, joints=joints)


# They average 40, 1 and 100 to 1265 ticks.
DRIVES = {
    'humanoid': (SPEC, DT),
    'hard': (drive(jerk=lambda k: 1e6), DT),
    'mixed': (
        drive(acceleration=lambda k: 1.0 + 2 * k, jerk=lambda k: 20.0 * 4.0**-k), 0.001,
    ),
}  # fmt: skip

anything = st.one_of(
    st.floats(-2, 2), st.floats(), st.sampled_from([np.nan, np.inf, -np.inf, 1e308, -1e308])
)
plans = st.lists(
    st.tuples(st.one_of(st.none(), st.tuples(*[anything] * 3)), st.integers(1, 200)),
    min_size=1,
    max_size=8,
)


def walk(tracker, plan):
    """Return the twists (ticks + 3, 3), at rest before the first."""
    twists = [np.zeros(3)] * 3
    for wanted, ticks in plan:
        goal = None if wanted is None else np.array(wanted)
        twists += [tracker.step(goal).copy() for _ in range(ticks)]
    return np.array(twists)


def assert_bounded(twists, spec, dt):
    assert (np.abs(twists) <= spec.joint_array('velocity')).all()
    for order, name in ((1, 'acceleration'), (2, 'jerk')):
        change = np.abs(np.diff(twists, n=order, axis=0)).max(axis=0) / dt**order
        assert (change <= spec.joint_array(name)).all(), (name, change)


@pytest.mark.parametrize('name', DRIVES)
@settings(max_examples=60, deadline=None)
@given(plan=plans)
def test_no_limit_is_ever_exceeded(name, plan):
    spec, dt = DRIVES[name]
    assert_bounded(walk(TwistTracker(spec, dt), plan), spec, dt)


@pytest.mark.parametrize('name', DRIVES)
def test_an_adversary_comes_near_the_limits_and_not_beyond(name):
    spec, dt = DRIVES[name]
    rng = np.random.default_rng(4)
    goals = rng.choice([-9.0, 0.0, 9.0], size=(30, 3))
    twists = walk(TwistTracker(spec, dt), [(goal, int(rng.integers(1, 4 / dt))) for goal in goals])
    assert_bounded(twists, spec, dt)
    assert (np.abs(twists).max(axis=0) > 0.99 * spec.joint_array('velocity')).all()
    acceleration = np.abs(np.diff(twists, axis=0)).max(axis=0) / dt
    assert (acceleration > 0.5 * spec.joint_array('acceleration')).any()


@pytest.mark.parametrize('wanted', [None, np.array([np.nan, 0.1, 0.1]), np.full(3, np.inf)])
def test_it_brakes_to_exactly_zero(wanted):
    tracker = TwistTracker(SPEC, DT)
    walk(tracker, [((0.37, -0.21, 0.93), 400)])
    before = tracker.twist.copy()
    braking = walk(tracker, [(wanted, 400)])[3:]
    assert (np.abs(before) > 0.2).all()
    assert (np.abs(np.diff(np.abs(braking), axis=0)) >= 0).all()
    np.testing.assert_array_equal(braking[-1], 0.0)


def test_a_twist_within_the_limits_is_reached():
    tracker = TwistTracker(SPEC, DT)
    twists = walk(tracker, [((0.3, -0.1, 0.5), 400)])
    np.testing.assert_allclose(twists[-1], (0.3, -0.1, 0.5), rtol=1e-12)


def test_a_reset_is_at_rest():
    tracker = TwistTracker(SPEC, DT)
    walk(tracker, [((0.3, 0.0, 0.0), 100)])
    tracker.reset()
    np.testing.assert_array_equal(tracker.twist, 0)
    assert_bounded(walk(tracker, [((0.5, 0.0, 0.0), 3)]), SPEC, DT)
