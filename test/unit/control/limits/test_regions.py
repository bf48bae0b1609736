"""Boxes to stay out of: which straight ways enter them, and where these must end."""

from hypothesis import assume, given, settings
from hypothesis import strategies as st
import numpy as np
import pytest

from vla_ros.control.limits.regions import Ball, Box


BOX = Box((0.0, 0.0, 0.0), (1.0, 2.0, 3.0))
number = st.one_of(st.floats(-2, 4), st.sampled_from([0.0, 0.5, 1.0, 2.0, 3.0]))
point = st.tuples(number, number, number)


def depth(box, points):
    """Return how deep points (k, 3) lie in the box; negative outside."""
    lower, upper = np.array(box.lower), np.array(box.upper)
    return np.minimum(points - lower, upper - points).min(axis=1)


def along(start, end):
    shares = np.linspace(0, 1, 401)[:, None]
    return np.array(start) * (1 - shares) + np.array(end) * shares


@pytest.mark.parametrize(
    ('start', 'end', 'expected'),
    [
        ((-1.0, 1.0, 1.0), (0.5, 1.0, 1.0), (0.0, 1.0, 1.0)),
        ((-1.0, 1.0, 1.0), (5.0, 1.5, 1.0), (0.0, 1.5, 1.0)),  # not tunnelled through
        ((2.0, 1.0, 1.0), (0.5, 1.0, 1.0), (1.0, 1.0, 1.0)),
        ((0.5, 1.0, 4.0), (0.5, 1.0, -4.0), (0.5, 1.0, 3.0)),
        ((-1.0, 1.0, 1.0), (0.0, 1.0, 1.0), None),  # up to the face
        ((0.0, 1.0, 1.0), (0.0, 1.9, 1.0), None),  # along the face
        ((0.0, 1.0, 1.0), (-1.0, 1.9, 1.0), None),  # off the face
        ((0.0, 1.0, 1.0), (0.1, 1.9, 1.0), (0.0, 1.9, 1.0)),  # from the face inwards
        ((-1.0, -1.0, 1.0), (1.0, 1.0, 1.0), (0.0, 1.0, 1.0)),  # through an edge
        ((-1.0, 1.0, 1.0), (1.0, -1.0, 1.0), None),  # touches an edge
        ((-1.0, 1.0, 1.0), (-0.1, 1.0, 1.0), None),
        ((-1.0, 1.0, 4.0), (2.0, 1.0, 4.0), None),
        ((0.2, 1.0, 1.0), (0.1, 1.0, 1.0), None),  # outwards
        ((0.2, 1.0, 1.0), (0.2, 1.5, 1.0), None),  # no deeper
        ((0.2, 1.0, 1.0), (0.3, 1.5, 1.0), (0.2, 1.5, 1.0)),
        ((0.8, 1.0, 1.0), (0.7, 1.0, 1.0), (0.8, 1.0, 1.0)),
        ((0.5, 1.0, 1.0), (0.5, 1.0, 1.0), None),  # stands
    ],
)
def test_where_a_way_must_end(start, end, expected):
    assert BOX.clear(start, end) == (end if expected is None else expected)


@settings(max_examples=1000)
@given(point, point)
def test_what_is_clear_never_gets_deeper(start, end):
    freed = BOX.clear(start, end)
    if freed is not end:
        assert np.linalg.norm(np.subtract(freed, start)) <= np.linalg.norm(np.subtract(end, start))
        assume(BOX.clear(start, freed) is freed)
    depths = depth(BOX, along(start, freed))
    assert depths.max() <= max(0.0, depths[0]) + 1e-12


@settings(max_examples=1000)
@given(point, point)
def test_a_way_that_enters_is_never_clear(start, end):
    depths = depth(BOX, along(start, end))
    if depths.max() > max(0.0, depths[0]) + 1e-12:
        assert BOX.clear(start, end) is not end


@pytest.mark.parametrize('region', [BOX, Ball(1.5)])
def test_projections(region):
    rng = np.random.default_rng(2)
    for _ in range(300):
        p, q, start = (tuple(v) for v in rng.uniform(-4, 5, (3, 3)).tolist())
        nearest = region.project(p)
        inside = region.project(q)
        # The angle to any other point of a convex set is at least a right one.
        gap = np.subtract(p, nearest) @ np.subtract(inside, nearest)
        assert gap <= 1e-9
        assert region.project(start, start) is start
        middle = tuple((np.array(start) + inside) / 2)
        np.testing.assert_allclose(region.project(middle, start), middle, atol=1e-12)
    assert region.project((0.5, 0.5, 0.5)) == (0.5, 0.5, 0.5)


def test_a_grown_box():
    assert BOX.grown(0.5) == Box((-0.5, -0.5, -0.5), (1.5, 2.5, 3.5))
