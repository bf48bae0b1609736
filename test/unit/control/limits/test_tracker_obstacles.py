"""Keep-out boxes, wanted velocities and slow-down: the bounds hold, and the motion is sensible."""

import math

from hypothesis import given, settings
from hypothesis import strategies as st
import numpy as np
import pytest

from vla_ros.control.limits.regions import Ball, Box
from vla_ros.control.limits.tracker import PointTracker


DT = 0.001
SPEED, ACCELERATION, JERK = 0.6, 4.0, 100.0
MARGIN = ACCELERATION * (2 * ACCELERATION / JERK) ** 2 / 24
BOX = Box((0.25, -0.4, 0.005), (0.75, 0.4, 0.6))
BALL = Ball(0.6)
START = (0.5, -0.3, 0.3)
POST = Box((0.46, -0.1, 0.005), (0.54, -0.02, 0.5))
# A thin plate across most of the workspace, a post that overlaps it, a slot, a crumb.
OBSTACLES = (
    POST,
    Box((0.2, 0.0, 0.25), (0.6, 0.002, 0.7)),
    Box((0.55, -0.05, 0.1), (0.7, 0.1, 0.3)),
    Box((0.55, 0.104, 0.1), (0.7, 0.2, 0.3)),
    Box((0.4, 0.2, 0.1), (0.401, 0.201, 0.101)),
)

number = st.one_of(
    st.floats(-1, 1), st.floats(), st.sampled_from([math.nan, math.inf, 1e308, -1e308, 0.0])
)
orders = st.lists(
    st.tuples(
        st.sampled_from(['step', 'follow']),
        st.one_of(st.none(), st.tuples(number, number, number)),
        st.one_of(st.just(1.0), st.floats()),
        st.integers(1, 400),
    ),
    min_size=1,
    max_size=8,
)


def make(keep_out=(), start=START, region=BOX):
    tracker = PointTracker(region, SPEED, ACCELERATION, JERK, DT, keep_out)
    tracker.reset(start)
    return tracker


def walk(tracker, plan):
    """Return the sequence (ticks + 3, 3) of positions, standing still before the first."""
    points = [tracker.position] * 3
    for how, what, scale, ticks in plan:
        move = tracker.step if how == 'step' or what is None else tracker.follow
        points += [move(what, scale) for _ in range(ticks)]
    return np.array(points)


def assert_bounded(points):
    assert np.isfinite(points).all()
    for order, bound in ((1, SPEED), (2, ACCELERATION), (3, JERK)):
        difference = np.diff(points, n=order, axis=0) / DT**order
        rounding = 16 * np.finfo(float).eps * max(1.0, np.abs(points).max()) * 2**order
        assert np.linalg.norm(difference, axis=1).max() <= bound + rounding / DT**order


def depth(box, points):
    """Return how deep points (k, 3) lie in the box, m; negative outside."""
    return np.minimum(points - box.lower, np.array(box.upper) - points).min(axis=1)


def assert_outside(points, boxes):
    for box in boxes:
        assert depth(box, points).max() <= 1e-12


def adversary(rng):
    """Yield orders as `walk` takes them, mostly towards, along and around the boxes."""
    while True:
        box = OBSTACLES[rng.integers(len(OBSTACLES))]
        ticks = int(rng.choice([1, 3, 20, 80, 300, 1000]))
        kind = rng.integers(6)
        scale = 1.0 if rng.random() < 0.8 else rng.choice([0.0, rng.random(), math.nan])
        if kind == 0:
            yield 'step', tuple(rng.uniform(BOX.lower, BOX.upper)), scale, ticks
        elif kind == 1:
            yield 'step', tuple(rng.uniform(box.lower, box.upper)), scale, ticks
        elif kind == 2:
            # A corner of a box, and just beyond it: where a mean cuts corners.
            corner = np.where(rng.random(3) < 0.5, box.lower, box.upper)
            yield 'step', tuple(corner + rng.normal(0, 0.02, 3)), scale, ticks
        elif kind == 3:
            yield 'follow', tuple(rng.normal(0, 10.0 ** rng.integers(-2, 3), 3)), scale, ticks
        elif kind == 4:
            axis = np.eye(3)[rng.integers(3)] * rng.choice([-1, 1])
            yield 'follow', tuple(SPEED * axis + rng.normal(0, 0.1, 3)), scale, ticks
        else:
            yield 'step', None, 1.0, ticks


def fuzz(ticks, seed):
    rng, count, plan = np.random.default_rng(seed), 0, []
    for order in adversary(rng):
        plan.append(order)
        count += order[3]
        if count > ticks:
            break
    tracker = make(OBSTACLES)
    points = walk(tracker, plan)
    assert_bounded(points)
    assert_outside(points, OBSTACLES)
    assert (points >= np.array(BOX.lower) - 1e-12).all()
    assert (points <= np.array(BOX.upper) + 1e-12).all()
    return points


def test_no_bound_is_exceeded_by_an_adversary():
    points = fuzz(60_000, seed=1)
    # It came within a millimetre of most boxes, and to the faces of the workspace.
    near = [depth(box, points).max() > -MARGIN - 1e-4 for box in OBSTACLES]
    assert sum(near) >= 4, near
    assert np.ptp(points[:, 1]) > 0.6


def test_no_bound_is_exceeded_by_an_adversary_nobody_has_met(fresh_seed):
    fuzz(20_000, fresh_seed)


@pytest.mark.long
def test_no_bound_is_exceeded_in_a_million_ticks(fresh_seed):
    fuzz(1_000_000, fresh_seed)


@settings(max_examples=100)
@given(orders)
def test_no_bound_is_exceeded(plan):
    points = walk(make(OBSTACLES), plan)
    assert_bounded(points)
    assert_outside(points, OBSTACLES)
    assert (points >= np.array(BOX.lower) - 1e-12).all()
    assert (points <= np.array(BOX.upper) + 1e-12).all()


@settings(max_examples=100)
@given(orders)
def test_no_bound_is_exceeded_in_a_ball(plan):
    points = walk(make((), (0.0, 0.0, 0.0), BALL), plan)
    assert_bounded(points)
    assert np.linalg.norm(points, axis=1).max() <= BALL.radius + 1e-12


@settings(max_examples=100)
@given(orders, st.tuples(st.floats(0.26, 0.6), st.floats(-0.1, 0.1), st.floats(0.1, 0.5)))
def test_from_inside_a_box_it_gets_no_deeper(plan, start):
    box = Box((0.3, -0.08, 0.15), (0.55, 0.05, 0.45))
    points = walk(make((box,), start), plan)
    assert_bounded(points)
    within = depth(box, points)
    # In the shell around the box, which is kept free for the mean, the start counts as inside.
    assert within.max() <= max(0.0, within[0] + MARGIN) + 1e-12


@settings(max_examples=100)
@given(orders, st.tuples(st.floats(-1, 2), st.floats(-1, 1), st.floats(-0.5, 1)))
def test_from_outside_the_workspace_it_never_goes_further_out(plan, start):
    points = walk(make((), start), plan)
    assert_bounded(points)
    assert (points >= np.minimum(BOX.lower, start) - 1e-12).all()
    assert (points <= np.maximum(BOX.upper, start) + 1e-12).all()


def test_corners_are_cut_by_no_more_than_the_margin():
    """Round an edge at full acceleration: without the margin this would enter the box."""
    box = Box((0.25, -0.1, 0.005), (0.5, 0.4, 0.6))
    tracker = make((box,), (0.4, -0.1 - MARGIN - 1e-9, 0.3))
    plan = [('follow', (SPEED, 0.0, 0.0), 1.0, 1), ('follow', (SPEED, SPEED, 0.0), 1.0, 900)]
    points = walk(tracker, plan)
    assert_outside(points, (box,))
    assert points[-1, 1] > 0.1
    assert depth(box, points).max() > -MARGIN


def test_it_comes_to_rest_before_a_box_and_slides_to_the_nearest_place():
    points = walk(make((POST,), (0.5, -0.3, 0.3)), [('step', (0.51, 0.3, 0.4), 1.0, 4000)])
    assert_outside(points, (POST,))
    np.testing.assert_allclose(points[-1], (0.51, -0.1 - MARGIN, 0.4), atol=1e-4)
    assert np.abs(points[-1] - points[-100]).max() < 1e-4


def test_it_slides_past_a_box_that_is_only_touched():
    goal = (0.6, 0.2, 0.3)
    points = walk(make((POST,), (0.5, -0.3, 0.3)), [('step', goal, 1.0, 3000)])
    assert_outside(points, (POST,))
    np.testing.assert_allclose(points[-1], goal, atol=1e-6)


def test_from_inside_a_box_it_comes_out():
    points = walk(make((POST,), (0.5, -0.04, 0.3)), [('step', (0.5, 0.3, 0.3), 1.0, 2000)])
    np.testing.assert_allclose(points[-1], (0.5, 0.3, 0.3), atol=1e-6)


@pytest.mark.parametrize('velocity', [(0.1, 0.0, 0.0), (0.05, 0.2, -0.03), (0.0, 0.0, 1e-6)])
def test_a_velocity_is_reached_and_kept(velocity):
    tracker = make(start=(0.4, -0.2, 0.3))
    walk(tracker, [('follow', velocity, 1.0, 400)])
    np.testing.assert_allclose(tracker.velocity, velocity, atol=1e-9)


def test_a_velocity_beyond_the_limit_keeps_its_direction():
    tracker = make(start=(0.3, -0.3, 0.3))
    walk(tracker, [('follow', (3e200, 4e200, 0.0), 1.0, 300)])
    np.testing.assert_allclose(tracker.velocity, (0.36, 0.48, 0.0), atol=1e-6)


def test_a_velocity_into_the_wall_slides_along_it_smoothly():
    points = walk(make(start=(0.6, -0.3, 0.3)), [('follow', (0.3, 0.3, 0.0), 1.0, 1800)])
    np.testing.assert_allclose(points[-1, 0], BOX.upper[0], atol=1e-3)
    along = np.diff(points[:, 1]) / DT
    # At the wall, and before the next one, it moves on along it.
    assert along[700:1400].min() > 0.28
    assert points[-1, 1] > 0.1


def test_a_velocity_along_a_box_slides_and_passes():
    points = walk(make((POST,)), [('follow', (0.1, 0.3, 0.0), 1.0, 2600)])
    assert_outside(points, (POST,))
    assert points[-1, 1] > 0.1
    assert points[:, 0].max() < BOX.upper[0] + 1e-12


def test_a_velocity_out_of_the_ball_slides_around():
    tracker = make((), (0.0, 0.0, 0.0), BALL)
    points = []
    for _ in range(8000):
        x, y, _ = tracker.position
        points.append(tracker.follow((0.3 * x - 0.3 * y + 0.1, 0.3 * y + 0.3 * x, 0.0)))
    points = np.array(points)
    radius = np.linalg.norm(points, axis=1)
    assert radius.max() <= BALL.radius + 1e-12 and radius[-1] > 0.59
    assert np.linalg.norm(tracker.velocity) > 0.05


def test_standing_outside_the_workspace_a_velocity_of_none_moves_nothing():
    points = walk(make(start=(0.9, 0.0, 0.3)), [('follow', (0.0, 0.0, 0.0), 1.0, 50)])
    np.testing.assert_array_equal(points, np.broadcast_to((0.9, 0.0, 0.3), points.shape))


@pytest.mark.parametrize('how', ['step', 'follow'])
def test_scale_slows_and_stops(how):
    goal = (0.5, 0.4, 0.3) if how == 'step' else (0.0, 9.0, 0.0)
    peaks = []
    for scale in (1.0, 0.25, 0.0, math.nan, -1.0):
        points = walk(make(), [(how, goal, scale, 500)])
        peaks.append(np.linalg.norm(np.diff(points, axis=0), axis=1).max() / DT)
    assert peaks[0] == pytest.approx(SPEED)
    assert peaks[1] == pytest.approx(SPEED / 4)
    assert peaks[2:] == [0.0, 0.0, 0.0]
    tracker = make()
    walk(tracker, [(how, goal, 1.0, 500)])
    speeds = np.diff(walk(tracker, [(how, goal, 0.0, 300)])[:, 1]) / DT
    assert speeds[-1] == pytest.approx(0.0, abs=1e-9) and speeds.min() >= -1e-12


@pytest.mark.parametrize('bad', [(math.nan, 0.0, 0.0), (0.0, math.inf, 0.0)])
def test_a_velocity_that_is_not_finite_brakes(bad):
    tracker = make()
    walk(tracker, [('follow', (0.0, 0.3, 0.0), 1.0, 300), ('follow', bad, 1.0, 300)])
    assert np.linalg.norm(tracker.velocity) < 1e-12
