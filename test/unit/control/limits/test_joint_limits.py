"""Joint positions keep every limit for any wanted ones, and follow sensible ones closely."""

from dataclasses import replace
import math

from hypothesis import given, settings
from hypothesis import strategies as st
import numpy as np
import pytest

from vla_ros.control.limits.joint_limits import JointTracker
from vla_ros.robots import load_robot


SPEC = load_robot('franka')
DT = 1 / SPEC.control_rate
LOWER, UPPER = SPEC.joint_array('lower'), SPEC.joint_array('upper')
INWARDS = np.where(SPEC.home < (LOWER + UPPER) / 2, 1.0, -1.0)


def robot(**changes):
    """Return the spec with other limits, each a function of the joint's number."""
    joints = (
        replace(joint, **{name: of(k) for name, of in changes.items()})
        for k, joint in enumerate(SPEC.joints)
    )
    return replace(SPEC, joints=tuple(joints))


# They average 4, 200, 2 to 133 and 1 ticks.
ROBOTS = {
    'franka': (SPEC, DT),
    'jerk': (robot(jerk=lambda k: 100.0), DT),
    'mixed': (
        robot(
            velocity=lambda k: 0.3 * (k + 1),
            acceleration=lambda k: 2.0 + 3 * k,
            jerk=lambda k: 60.0 * 10.0 ** (k % 3),
        ),
        0.002,
    ),
    'slow': (SPEC, 0.02),
}

anything = st.one_of(
    st.floats(-4, 4), st.floats(), st.sampled_from([np.nan, np.inf, -np.inf, 1e308, -1e308])
)
plans = st.lists(
    st.tuples(
        st.one_of(st.none(), st.tuples(*[anything] * 7)),
        st.one_of(st.just(1.0), st.floats()),
        st.integers(1, 300),
    ),
    min_size=1,
    max_size=8,
)


def walk(tracker, plan):
    """Return the positions (ticks + 3, n), standing still before the first."""
    points = [tracker.position.copy()] * 3
    for wanted, scale, ticks in plan:
        q = None if wanted is None else np.array(wanted, dtype=float)
        points += [tracker.step(q, scale).copy() for _ in range(ticks)]
    return np.array(points)


def assert_bounded(points, spec, dt, start=None):
    """Check the finite differences of (k, n) and the range, without any tolerance."""
    assert np.isfinite(points).all()
    for order, name in enumerate(('velocity', 'acceleration', 'jerk'), 1):
        change = np.abs(np.diff(points, n=order, axis=0)).max(axis=0) / dt**order
        assert (change <= spec.joint_array(name)).all(), (name, change)
    lower, upper = spec.joint_array('lower'), spec.joint_array('upper')
    if start is not None:
        # Further out than the limits a mean of equal numbers may be off by their rounding.
        lower, upper = np.minimum(lower, start - 1e-12), np.maximum(upper, start + 1e-12)
    assert (points >= lower).all() and (points <= upper).all()


def adversary(rng, spec, tracker):
    """Yield wanted positions and scales that no sane law would ask for, held 1..800 ticks."""
    lower, upper = spec.joint_array('lower'), spec.joint_array('upper')
    while True:
        kind, ticks = rng.integers(9), int(rng.choice([1, 2, 7, 40, 200, 800]))
        scale = 1.0 if rng.random() < 0.7 else rng.choice([0.0, rng.random(), math.nan, -1.0, 9.0])
        goal = rng.uniform(lower, upper)
        speed = rng.normal(0, 3, spec.n)
        for k in range(ticks):
            if kind == 0:
                wanted = np.where(rng.random(spec.n) < 0.5, lower, upper)
            elif kind == 1:
                wanted = rng.normal(0, 10.0 ** rng.integers(-3, 300), spec.n)
            elif kind == 2:
                wanted = np.where(rng.random(spec.n) < 0.1, math.nan, goal)
            elif kind == 3:
                wanted = goal + speed * k * 1e-3  # on and on, over the limits
            elif kind == 4:
                wanted = tracker.position + rng.normal(0, 0.01, spec.n)
            elif kind == 5:
                wanted = goal + 0.3 * np.sin(speed * k * 0.01)
            elif kind == 6:
                wanted = None
            elif kind == 7:
                # Never stands still, and always on its way over the limit.
                wanted = upper - 0.1 + spec.joint_array('velocity') * (k % 100) * 1e-3
            else:
                wanted = np.where(k // 20 % 2, lower - 1, upper + 1)
            yield wanted, scale


def fuzz(name, ticks, seed):
    spec, dt = ROBOTS[name]
    tracker = JointTracker(spec, dt)
    points = np.empty((ticks + 3, spec.n))
    points[:3] = tracker.position
    source = adversary(np.random.default_rng(seed), spec, tracker)
    for k, (wanted, scale) in zip(range(ticks), source, strict=False):
        points[k + 3] = tracker.step(wanted, scale)
    assert_bounded(points, spec, dt)
    # The fuzz is worth something only if it comes near the limits.
    speed = np.abs(np.diff(points, axis=0)).max(axis=0) / dt
    assert (speed > 0.9 * spec.joint_array('velocity')).any()
    assert (points.max(axis=0) > spec.joint_array('upper') - 1e-3).any()


@settings(max_examples=100)
@given(plans, st.sampled_from(sorted(ROBOTS)))
def test_no_bound_is_exceeded(plan, name):
    spec, dt = ROBOTS[name]
    assert_bounded(walk(JointTracker(spec, dt), plan), spec, dt)


@settings(max_examples=50)
@given(plans, st.tuples(*[st.floats(-6, 6)] * 7))
def test_from_outside_it_never_goes_further_out(plan, start):
    tracker = JointTracker(SPEC, DT)
    tracker.reset(np.array(start))
    assert_bounded(walk(tracker, plan), SPEC, DT, np.array(start))


@pytest.mark.parametrize('name', sorted(ROBOTS))
def test_no_bound_is_exceeded_by_an_adversary(name, fresh_seed):
    fuzz(name, 20_000, fresh_seed)


@pytest.mark.long
@pytest.mark.parametrize('name', sorted(ROBOTS))
def test_no_bound_is_exceeded_in_a_million_ticks(name, fresh_seed):
    fuzz(name, 1_000_000, fresh_seed)


def test_from_outside_it_comes_in():
    tracker = JointTracker(SPEC, DT)
    tracker.reset(UPPER + 0.1)
    points = walk(tracker, [(UPPER + 1.0, 1.0, 2000)])
    np.testing.assert_allclose(points[-1], UPPER, atol=1e-6)


def test_velocity_and_acceleration_are_backward_differences():
    tracker = JointTracker(SPEC, DT)
    before, velocity = tracker.position.copy(), np.zeros(SPEC.n)
    for k in range(500):
        after = tracker.step(SPEC.home + INWARDS * (0.3 if k < 300 else 0.1)).copy()
        np.testing.assert_allclose(tracker.velocity, (after - before) / DT, atol=1e-11)
        change = (tracker.velocity - velocity) / DT
        np.testing.assert_allclose(tracker.acceleration, change, atol=1e-9)
        before, velocity = after, tracker.velocity.copy()


@pytest.mark.parametrize(('distance', 'seconds'), [(1.0, 1.0), (0.5, 0.6), (1.2, 0.9)])
def test_a_feasible_motion_is_met_in_the_same_tick(distance, seconds):
    tracker, worst = JointTracker(SPEC, DT), 0.0
    for k in range(1200):
        s = min(1.0, k * DT / seconds)
        wanted = SPEC.home + INWARDS * distance * (10 - 15 * s + 6 * s * s) * s**3
        worst = max(worst, np.abs(tracker.step(wanted) - wanted).max())
    peak = 10 / math.sqrt(3) * distance / seconds**2  # rad/s^2
    assert worst < 1.3e-6 * peak
    np.testing.assert_allclose(tracker.position, wanted, atol=1e-12)


@pytest.mark.parametrize('distance', [0.001, 0.02, 0.5, 1.2])
def test_a_step_is_reached_without_overshoot_and_soon(distance):
    points = walk(JointTracker(SPEC, DT), [(SPEC.home + INWARDS * distance, 1.0, 2500)])
    share = (points - SPEC.home) * INWARDS / distance
    assert share.max() <= 1 + 1e-12
    np.testing.assert_allclose(share[-1], 1, atol=1e-6)
    settled = np.nonzero((share < 0.98).any(axis=1))[0][-1] * DT
    slowest = SPEC.joint_array('velocity').min()
    assert settled < 2 * math.sqrt(distance / 10) + distance / slowest + 0.2


def test_rare_samples_are_smoothed():
    """A leader at 50 Hz: the velocity stays near that of the leader, it does not stop and go."""
    tracker, speeds = JointTracker(SPEC, DT), []
    for k in range(2000):
        tracker.step(SPEC.home + INWARDS * 0.01 * (k // 20))
        speeds.append(tracker.velocity * INWARDS)
    steady = np.array(speeds[1000:])
    assert steady.min() > 0.4 and steady.max() < 0.6


def test_scale_slows_and_stops():
    goal = SPEC.home + INWARDS * 1.0
    peaks = []
    for scale in (1.0, 0.25, 0.0, math.nan, -2.0):
        points = walk(JointTracker(SPEC, DT), [(goal, scale, 700)])
        peaks.append(np.abs(np.diff(points, axis=0)).max(axis=0) / DT)
    np.testing.assert_array_less(peaks[1], 0.251 * SPEC.joint_array('velocity'))
    assert (peaks[1] > 0.15 * peaks[0]).all()
    assert not np.any(peaks[2:])


@pytest.mark.parametrize('bad', [None, SPEC.home * math.nan, SPEC.home + [math.inf] * 7])
def test_it_brakes_for_what_is_not_a_posture(bad):
    tracker = JointTracker(SPEC, DT)
    walk(tracker, [(SPEC.home + INWARDS, 1.0, 200)])
    assert (np.abs(tracker.velocity) > 1).all()
    points = walk(tracker, [(bad, 1.0, 300)])
    assert not tracker.velocity.any() and not tracker.acceleration.any()
    assert (np.diff(points, axis=0) * INWARDS > -1e-12).all()


def test_reset_stands_still_anywhere_and_refuses_what_is_no_posture():
    tracker = JointTracker(SPEC, DT)
    walk(tracker, [(SPEC.home + INWARDS, 1.0, 200)])
    tracker.reset(SPEC.home + 0.1)
    np.testing.assert_array_equal(tracker.position, SPEC.home + 0.1)
    assert not tracker.velocity.any() and not tracker.acceleration.any()
    np.testing.assert_allclose(tracker.step(None), SPEC.home + 0.1, atol=1e-15)
    for bad in (SPEC.home * math.nan, np.zeros(3)):
        with pytest.raises(ValueError, match='position: expected 7 finite numbers'):
            tracker.reset(bad)
