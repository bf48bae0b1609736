"""What stiffness is taken and refused, and the damping that follows it."""

from hypothesis import given
from hypothesis import strategies as st
import numpy as np
import pytest
import scipy.linalg

from vla_ros.control.limits.stiffness import damping_matrix, require_softer, stiffness_matrix


MASS = np.array([5.0] * 3 + [0.2] * 3)


def spring(seed, rank=6):
    """Return a random positive semi-definite matrix (6, 6) of that rank."""
    root = np.random.default_rng(seed).normal(0, 15, (6, rank))
    return root @ root.T


def test_six_numbers_are_the_diagonal_and_36_the_rows():
    np.testing.assert_array_equal(stiffness_matrix(range(6)), np.diag(np.arange(6.0)))
    full = spring(0)
    np.testing.assert_allclose(stiffness_matrix(full.ravel().tolist()), full, rtol=1e-12)
    np.testing.assert_allclose(stiffness_matrix(full), full, rtol=1e-12)
    single = stiffness_matrix(full.astype(np.float32))  # as a message of floats would carry it
    np.testing.assert_allclose(single, full, rtol=1e-5, atol=1e-3)
    np.testing.assert_array_equal(single, single.T)


def crooked(i, j, value):
    matrix = np.diag([500.0] * 6)
    matrix[i, j] = value
    return matrix


@pytest.mark.parametrize(
    ('values', 'words'),
    [
        ([1.0] * 5, 'expected 6 or 36 numbers, got 5'),
        ([], 'expected 6 or 36 numbers, got 0'),
        ([600.0, 600.0, np.nan, 40.0, 40.0, 40.0], 'expected finite numbers, got nan for z z'),
        ([600.0] * 5 + [np.inf], 'expected finite numbers, got inf for rz rz'),
        (crooked(0, 3, 100.0), 'expected a symmetric matrix, got 100.0 and 0.0 for x rx'),
        (crooked(5, 1, np.nan), 'expected finite numbers, got nan and 0.0 for rz y'),
        (crooked(1, 1, -1.0), r'expected a positive semi-definite matrix, got the eigenvalue -1'),
        ([-1e-3, 1.0, 1.0, 1.0, 1.0, 1.0], 'positive semi-definite'),
    ],
)
def test_a_bad_stiffness_is_refused_by_its_cause(values, words):
    with pytest.raises(ValueError, match=words):
        stiffness_matrix(values)


def test_the_bounds_hold_in_every_direction():
    turn = scipy.linalg.block_diag(
        *[np.linalg.qr(np.random.default_rng(1).normal(size=(3, 3)))[0]] * 2
    )
    stiff = turn @ np.diag([4000.0, 10.0, 10.0, 5.0, 5.0, 250.0]) @ turn.T
    assert stiff.max() < 4000
    require_softer(stiff, 4000.0, 250.0)
    with pytest.raises(ValueError, match='stiffness of at most 3999 N/m, got 4000'):
        require_softer(stiff, 3999.0, 250.0)
    with pytest.raises(ValueError, match='rotational stiffness of at most 249 Nm/rad, got 250'):
        require_softer(stiff, 4000.0, 249.0)


@given(
    st.lists(st.floats(), min_size=6, max_size=6) | st.lists(st.floats(), min_size=36, max_size=36)
)
def test_whatever_is_taken_is_finite_and_positive(values):
    with np.errstate(all='ignore'):
        try:
            matrix = stiffness_matrix(values)
        except ValueError:
            return
        assert np.isfinite(matrix).all() and (matrix == matrix.T).all()
        assert np.linalg.eigvalsh(matrix)[0] >= -1e-5 * abs(matrix).max()


def test_diagonal_stiffness_is_damped_axis_by_axis():
    stiffness = np.diag([600.0, 300.0, 100.0, 40.0, 20.0, 10.0])
    expected = 2 * 0.7 * np.sqrt(MASS * np.diag(stiffness))
    np.testing.assert_allclose(
        damping_matrix(stiffness, MASS, 0.7, 0.0), np.diag(expected), atol=1e-9
    )


def test_the_formula_with_matrix_roots():
    stiffness, root = spring(2), np.diag(np.sqrt(MASS))
    inner = np.linalg.inv(root) @ stiffness @ np.linalg.inv(root)
    expected = 2 * root @ scipy.linalg.sqrtm(inner) @ root
    np.testing.assert_allclose(
        damping_matrix(stiffness, MASS, 1.0, 0.0), expected.real, rtol=1e-7, atol=1e-7
    )


@given(st.integers(0, 10_000), st.integers(1, 6), st.floats(0.2, 2.0))
def test_every_mode_has_the_damping_ratio(seed, rank, ratio):
    stiffness, least = spring(seed, rank), 1.0
    damping = damping_matrix(stiffness, MASS, ratio, least)
    squares, modes = scipy.linalg.eigh(stiffness, np.diag(MASS))
    speeds = np.maximum(np.sqrt(np.maximum(squares, 0)), least)
    # With modes^T M modes = 1 the damping is that of six oscillators apart from each other.
    np.testing.assert_allclose(modes.T @ damping @ modes, np.diag(2 * ratio * speeds), atol=1e-6)
    assert np.linalg.eigvalsh(damping)[0] > 0
