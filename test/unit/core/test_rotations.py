"""The float rotations of the tick agree with vla_ros.core.geometry and with Pinocchio."""

from hypothesis import given
from hypothesis import strategies as st
import numpy as np
import pinocchio as pin
import pytest

from vla_ros.core import geometry, rotations


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
    np.testing.assert_allclose(p, geometry.quat_from_rotvec(np.array(a)), atol=1e-12)
    product = rotations.multiply(p, q)
    np.testing.assert_allclose(
        product, geometry.quat_multiply(np.array(p), np.array(q)), atol=1e-12
    )
    matrix = geometry.matrix_from_quat(np.array(product))
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
