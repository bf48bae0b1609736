"""Each term of the control laws against a formula written without its tricks."""

import numpy as np
import pinocchio as pin
import pytest

from vla_ros.control.laws import CartesianTarget, terms
from vla_ros.control.laws.nullspace import KinematicProjection, TaskInertia
from vla_ros.control.rotations import from_matrix
from vla_ros.robots import load_robot
from vla_ros.robots.model import RobotModel


REGULARIZATION = 1e-6


@pytest.fixture(scope='module')
def model():
    spec = load_robot('franka')
    result = RobotModel(spec)
    rng = np.random.default_rng(3)
    result.update(spec.home + rng.normal(0, 0.2, spec.n), rng.normal(size=spec.n))
    return result


def test_pose_error_points_from_the_measured_to_the_target(model):
    target = CartesianTarget(model.q)
    turn, shift = np.array([0.1, -0.3, 0.2]), np.array([0.01, 0.02, -0.03])
    rotation = pin.exp3(turn) @ model.rotation
    target.set(tuple(model.position + shift), from_matrix(rotation))
    error = terms.pose_error(model, target, np.zeros((3, 3)), np.zeros(6))
    np.testing.assert_allclose(error, [*shift, *turn], atol=1e-12)


def test_clamp_bounds_each_element_by_its_own():
    value, high = np.array([-3.0, 0.5, 3.0]), np.array([1.0, 1.0, 2.0])
    np.testing.assert_array_equal(terms.clamp(value, -high, high, np.zeros(3)), [-1, 0.5, 2])


def test_spring_damper():
    error, rate = np.array([1.0, 2.0]), np.array([3.0, -1.0])
    out = terms.spring_damper(
        np.array([10.0, 20.0]), np.array([1.0, 2.0]), error, rate, np.zeros(2)
    )
    np.testing.assert_array_equal(out, [13, 38])


def test_joint_limit_repulsion_is_a_ramp_from_the_band_inwards():
    low, high = np.array([-1.0] * 4), np.array([1.0] * 4)
    q = np.array([0.0, 1.0, 1.05, -1.1])
    out = terms.joint_limit_repulsion(q, low, high, 50.0, np.zeros(4))
    np.testing.assert_allclose(out, [0, 0, -2.5, 5])


def test_kinematic_projection_agrees_with_the_dense_formula(model):
    torque = np.arange(1.0, 8.0)
    j = model.jacobian
    inverse = j.T @ np.linalg.inv(j @ j.T + REGULARIZATION * np.eye(6))
    wanted = (np.eye(7) - inverse @ j) @ torque
    out = KinematicProjection(REGULARIZATION).project(model, torque, np.zeros(7))
    np.testing.assert_allclose(out, wanted, atol=1e-9)


def test_dynamic_projection_agrees_with_the_dense_formula(model):
    torque = np.arange(1.0, 8.0)
    j, inverse = model.jacobian, np.linalg.inv(model.mass)
    inertia = np.linalg.inv(j @ inverse @ j.T + REGULARIZATION * np.eye(6))
    wanted = (np.eye(7) - j.T @ (inverse @ j.T @ inertia).T) @ torque
    task = TaskInertia(REGULARIZATION, 7)
    task.update(model)
    out = task.project(model, torque, np.zeros(7))
    np.testing.assert_allclose(out, wanted, atol=1e-9)


def test_dynamic_projection_does_not_accelerate_the_tcp(model):
    torque = np.arange(1.0, 8.0)
    task = TaskInertia(1e-12, 7)
    task.update(model)
    out = task.project(model, torque, np.zeros(7))
    assert np.linalg.norm(out) > 0.1
    acceleration = model.jacobian @ np.linalg.solve(model.mass, out)
    np.testing.assert_allclose(acceleration, 0, atol=1e-6)


def test_task_inertia_gives_the_wrench_that_accelerates_the_tcp(model):
    task, wanted = TaskInertia(1e-12, 7), np.array([1.0, -2.0, 3.0, 0.4, 0.5, -0.6])
    task.update(model)
    torque = model.jacobian.T @ task.times(wanted)
    acceleration = model.jacobian @ np.linalg.solve(model.mass, torque)
    np.testing.assert_allclose(acceleration, wanted, atol=1e-6)
