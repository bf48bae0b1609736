"""The tracker's bounds hold for any goals; its quality for sensible ones."""

from hypothesis import given, settings
from hypothesis import strategies as st
import numpy as np
import pytest

from vla_ros.control.limits.regions import Ball, Box
from vla_ros.control.limits.tracker import PointTracker


DT = 0.001
SPEED, ACCELERATION, JERK = 0.6, 4.0, 100.0
BOX = Box((0.25, -0.4, 0.005), (0.75, 0.4, 0.6))
BALL = Ball(0.6)

number = st.one_of(st.floats(-1, 1), st.floats(-1e9, 1e9), st.sampled_from([1e300, -1e300, 0.0]))
goals = st.lists(
    st.tuples(st.one_of(st.none(), st.tuples(number, number, number)), st.integers(1, 400)),
    min_size=1,
    max_size=8,
)


def make(region=BOX, start=(0.5, 0.0, 0.3)):
    tracker = PointTracker(region, SPEED, ACCELERATION, JERK, DT)
    tracker.reset(start)
    return tracker


def walk(tracker, plan):
    """Return the sequence (ticks + 3, 3) of positions, standing still before the first."""
    points = [tracker.position] * 3
    for goal, ticks in plan:
        points += [tracker.step(goal) for _ in range(ticks)]
    return np.array(points)


def assert_bounded(points):
    for order, bound in ((1, SPEED), (2, ACCELERATION), (3, JERK)):
        difference = np.diff(points, n=order, axis=0) / DT**order
        # Rounding of positions is summed 2^order times and divided by DT^order.
        rounding = 16 * np.finfo(float).eps * max(1.0, np.abs(points).max()) * 2**order
        assert np.linalg.norm(difference, axis=1).max() <= bound + rounding / DT**order


@settings(max_examples=150)
@given(goals)
def test_no_bound_is_exceeded_in_a_box(plan):
    points = walk(make(), plan)
    assert_bounded(points)
    assert (points >= np.array(BOX.lower) - 1e-12).all()
    assert (points <= np.array(BOX.upper) + 1e-12).all()


@settings(max_examples=150)
@given(goals)
def test_no_bound_is_exceeded_in_a_ball(plan):
    points = walk(make(BALL, (0.0, 0.0, 0.0)), plan)
    assert_bounded(points)
    assert np.linalg.norm(points, axis=1).max() <= BALL.radius + 1e-12


@settings(max_examples=100)
@given(goals, st.tuples(st.floats(-1, 2), st.floats(-1, 1), st.floats(-0.5, 1)))
def test_from_outside_it_never_goes_further_out(plan, start):
    points = walk(make(start=start), plan)
    assert_bounded(points)
    assert (points >= np.minimum(BOX.lower, start) - 1e-12).all()
    assert (points <= np.maximum(BOX.upper, start) + 1e-12).all()


def test_from_outside_it_comes_in():
    points = walk(make(start=(0.1, 0.0, 0.9)), [((0.5, 0.0, 0.3), 3000)])
    np.testing.assert_allclose(points[-1], (0.5, 0.0, 0.3), atol=1e-6)


def test_velocity_and_acceleration_are_backward_differences():
    tracker = make()
    before, velocity = np.array(tracker.position), np.zeros(3)
    for _ in range(700):
        after = np.array(tracker.step((0.7, 0.3, 0.1)))
        np.testing.assert_allclose(tracker.velocity, (after - before) / DT, atol=1e-10)
        change = (np.array(tracker.velocity) - velocity) / DT
        np.testing.assert_allclose(tracker.acceleration, change, atol=1e-8)
        before, velocity = after, np.array(tracker.velocity)


@pytest.mark.parametrize('distance', [0.001, 0.01, 0.1, 0.3])
def test_a_step_is_reached_without_overshoot_and_soon(distance):
    points = walk(make(), [((0.5, distance, 0.3), 2000)])
    along = points[:, 1]
    assert along.max() <= distance + 1e-9
    assert abs(along[-1] - distance) < 1e-6
    settled = np.nonzero(np.abs(along - distance) > 0.02 * distance)[0][-1] * DT
    fastest = distance / SPEED + SPEED / ACCELERATION + ACCELERATION / JERK
    assert settled < fastest + 0.25


def test_a_moving_goal_is_followed_closely():
    tracker = make()
    speed, lag = 0.2, []
    for k in range(1500):
        goal = -0.15 + speed * k * DT
        lag.append(goal - tracker.step((0.5, goal, 0.3))[1])
    assert lag[-1] / speed < 0.1  # s


def test_brake_comes_to_rest_by_the_shortest_way():
    tracker = make()
    walk(tracker, [((0.5, 0.4, 0.3), 400)])
    speed = np.linalg.norm(tracker.velocity)
    assert speed == pytest.approx(SPEED, rel=1e-6)
    walk(tracker, [(None, int((SPEED / ACCELERATION + 2 * ACCELERATION / JERK) / DT) + 2)])
    assert np.linalg.norm(tracker.velocity) == pytest.approx(0, abs=1e-12)


def test_rounding_does_not_pile_up():
    tracker = make()
    rng = np.random.default_rng(0)
    walk(tracker, [(tuple(rng.uniform(BOX.lower, BOX.upper)), 50) for _ in range(400)])
    walk(tracker, [((0.5, 0.0, 0.3), 3000)])
    np.testing.assert_allclose(tracker.position, (0.5, 0.0, 0.3), atol=1e-12)
