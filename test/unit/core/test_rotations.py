"""The float rotations of the tick agree with vla_ros.core.rotations and with Pinocchio."""

from hypothesis import given
from hypothesis import strategies as st
import numpy as np
import pinocchio as pin
import pytest

from vla_ros.core import rotations


component = st.floats(-1, 1)
vectors = st.tuples(component, component, component)
unit_vectors = vectors.filter(lambda v: np.linalg.norm(v) > 1e-3).map(
    lambda v: np.array(v) / np.linalg.norm(v)
)
angles = st.one_of(st.floats(0, np.pi), st.floats(np.pi - 1e-6, np.pi), st.floats(0, 1e-8))


@given(unit_vectors, angles)
def test_log_inverts_exp_everywhere_up_to_half_a_turn(axis, angle):
    turn = tuple(axis * angle)
    quaternion = rotations.quaternion_exp(turn)
    matrix = np.reshape(rotations.to_matrix(quaternion), (3, 3))
    np.testing.assert_allclose(matrix, pin.exp3(np.array(turn)), atol=1e-12)
    found = np.array(rotations.log(matrix))
    # At half a turn both signs are the same rotation.
    either = min(np.abs(found - turn).max(), np.abs(found + turn).max())
    assert (either if angle > np.pi - 1e-6 else np.abs(found - turn).max()) < 1e-9


@given(unit_vectors, unit_vectors, angles, angles)
def test_same_as_the_array_form(axis_a, axis_b, angle_a, angle_b):
    a, b = (tuple(axis_a * angle_a), tuple(axis_b * angle_b))
    p, q = rotations.quaternion_exp(a), rotations.quaternion_exp(b)
    np.testing.assert_allclose(p, rotations.quat_from_rotvec(np.array(a)), atol=1e-12)
    product = rotations.multiply(p, q)
    np.testing.assert_allclose(
        product, rotations.quat_multiply(np.array(p), np.array(q)), atol=1e-12
    )
    matrix = rotations.matrix_from_quat(np.array(product))
    np.testing.assert_allclose(
        np.reshape(rotations.to_matrix(product), (3, 3)), matrix, atol=1e-12
    )
    again = np.array(rotations.from_matrix(matrix))
    assert abs(abs(again @ np.array(product)) - 1) < 1e-12
    np.testing.assert_allclose(
        rotations.multiply(rotations.conjugate(p), p), (0, 0, 0, 1), atol=1e-12
    )


@given(vectors, vectors)
def test_angular_velocity_is_the_derivative(turn, rate):
    step = 1e-6
    before = pin.exp3(np.array(turn) - step * np.array(rate))
    after = pin.exp3(np.array(turn) + step * np.array(rate))
    measured = pin.log3(after @ before.T) / (2 * step)
    found = rotations.angular_velocity(turn, rate)
    np.testing.assert_allclose(found, measured, atol=1e-8)
    # What the limits on the rate rest on.
    assert np.linalg.norm(found) <= np.linalg.norm(rate) * (1 + 1e-12)


@given(vectors, vectors)
def test_vector_rate_is_the_inverse_of_angular_velocity(turn, rate):
    found = rotations.vector_rate(turn, rotations.angular_velocity(turn, rate))
    np.testing.assert_allclose(found, rate, atol=1e-9)


def test_small_turns_lose_nothing():
    turn = (1e-9, -2e-9, 3e-9)
    found = rotations.quaternion_log(rotations.quaternion_exp(turn))
    assert found == pytest.approx(turn, rel=1e-12)


def turns(seed, *shape):
    """Return random rotations (*shape, 4), some of them tiny and some of half a turn."""
    rng = np.random.default_rng(seed)
    axis = rng.normal(size=(*shape, 3))
    axis /= np.linalg.norm(axis, axis=-1, keepdims=True)
    angle = rng.choice([0.0, 1e-9, 1e-3, 1.0, np.pi - 1e-9, np.pi], size=(*shape, 1))
    return rotations.quat_from_rotvec(axis * angle * rng.uniform(0.5, 1.0, size=(*shape, 1)))


@given(st.integers(0, 10**6))
def test_arrays_agree_with_pinocchio(seed):
    q, p = turns(seed), turns(seed + 1)
    one, other = (pin.Quaternion(np.array(turn)) for turn in (q, p))
    matrix = rotations.matrix_from_quat(q)
    np.testing.assert_allclose(matrix, one.matrix(), atol=1e-12)
    np.testing.assert_allclose(rotations.quat_multiply(q, p), (one * other).coeffs(), atol=1e-12)
    back = rotations.quat_multiply(rotations.quat_conjugate(q), q)
    np.testing.assert_allclose(back, (0, 0, 0, 1), atol=1e-12)
    np.testing.assert_allclose(pin.exp3(rotations.rotvec_from_quat(q)), one.matrix(), atol=1e-9)
    again = rotations.quat_from_matrix(matrix)
    assert again[3] >= 0 and abs(abs(again @ q) - 1) < 1e-12
    assert rotations.quat_angle(q, p) == pytest.approx(one.angularDistance(other), abs=1e-7)
    np.testing.assert_allclose(
        rotations.matrix_from_quat(rotations.quat_slerp(q, p, 1.0)), other.matrix(), atol=1e-9
    )


def test_many_at_once_are_the_same_to_the_last_bit_as_one_by_one():
    q, p, r = turns(1, 3, 5, 7), turns(2, 3, 5, 7), turns(3)
    matrix, vector = rotations.matrix_from_quat(q), rotations.rotvec_from_quat(q)
    for function, given_ in (
        (rotations.quat_unit, (2 * q,)),
        (rotations.quat_conjugate, (q,)),
        (rotations.quat_multiply, (q, p)),
        (rotations.quat_angle, (q, p)),
        (rotations.quat_from_rotvec, (vector,)),
        (rotations.rotvec_from_quat, (q,)),
        (rotations.quat_from_matrix, (matrix,)),
        (rotations.matrix_from_quat, (q,)),
    ):
        all_at_once = function(*given_)
        for i in np.ndindex(3, 5, 7):
            alone = function(*(argument[i] for argument in given_))
            np.testing.assert_array_equal(all_at_once[i], alone)
    np.testing.assert_array_equal(
        rotations.quat_multiply(q, r), rotations.quat_multiply(q, np.broadcast_to(r, q.shape))
    )


@given(unit_vectors, st.floats(0, 3), st.floats(0, 1))
def test_the_float_slerp_goes_the_shorter_arc_at_even_speed(axis, angle, fraction):
    start = (0.0, 0.0, 0.0, 1.0)
    goal = rotations.quaternion_exp(tuple(axis * angle))
    found = rotations.slerp(start, goal, fraction)
    np.testing.assert_allclose(
        found, rotations.quat_slerp(np.array(start), np.array(goal), fraction), atol=2e-7
    )
    assert rotations.slerp(start, tuple(-np.array(goal)), fraction) == pytest.approx(found)
