"""Each term of the control laws against a formula written without its tricks."""

import dataclasses

from hypothesis import given
from hypothesis import strategies as st
import numpy as np
import pinocchio as pin
import pytest

from vla_ros.control.laws import CartesianTarget, terms
from vla_ros.control.laws.arm_terms import ArmTerms, ArmTermsConfig
from vla_ros.control.laws.nullspace import KinematicProjection, NullSpace, NullSpaceConfig
from vla_ros.control.laws.task_inertia import DampedTaskInertia, TaskInertia
from vla_ros.control.laws.task_spring import TaskSpring, TaskSpringConfig, turn
from vla_ros.core.rotations import from_matrix
from vla_ros.robots import load_robot
from vla_ros.robots.model import RobotModel


REGULARIZATION = 1e-6
TORQUE = np.arange(1.0, 8.0)


@pytest.fixture(scope='module')
def robot():
    return load_robot('franka')


@pytest.fixture(scope='module')
def model(robot):
    result = RobotModel(robot)
    rng = np.random.default_rng(3)
    result.update(robot.home + rng.normal(0, 0.2, robot.n), rng.normal(size=robot.n))
    return result


def shifted(model, shift, rotation_vector, twist=(0.0,) * 6):
    target = CartesianTarget(model.q)
    rotation = pin.exp3(np.array(rotation_vector)) @ model.rotation
    target.set(tuple(model.position + shift), from_matrix(rotation), twist)
    return target


def test_pose_error_points_from_the_measured_to_the_target(model):
    rotation, shift = np.array([0.1, -0.3, 0.2]), np.array([0.01, 0.02, -0.03])
    target = shifted(model, shift, rotation)
    error = terms.pose_error(model, target, np.zeros((3, 3)), np.zeros(6))
    np.testing.assert_allclose(error, [*shift, *rotation], atol=1e-12)


def test_clamp_bounds_each_element_by_its_own():
    value, high = np.array([-3.0, 0.5, 3.0]), np.array([1.0, 1.0, 2.0])
    np.testing.assert_array_equal(terms.clamp(value, -high, high, np.zeros(3)), [-1, 0.5, 2])


def test_spring_damper_couples_the_axes():
    stiffness, damping = np.array([[10.0, 1.0], [1.0, 20.0]]), np.array([[1.0, 0.5], [0.5, 2.0]])
    error, rate = np.array([1.0, 2.0]), np.array([3.0, -1.0])
    out = terms.spring_damper(stiffness, damping, error, rate, np.zeros(2), np.zeros(2))
    np.testing.assert_array_equal(out, [10 + 2 + 3 - 0.5, 1 + 40 + 1.5 - 2])


def test_joint_spring_follows_posture_and_its_rate(model):
    target = CartesianTarget(model.q + 0.1)
    target.posture_rate[:] = 0.5
    stiffness, damping = np.arange(7.0), np.arange(7.0, 14.0)
    out = terms.joint_spring(model, target, stiffness, damping, np.zeros(7), np.zeros(7))
    np.testing.assert_allclose(out, 0.1 * stiffness + damping * (0.5 - model.dq), atol=1e-12)


def test_joint_limit_repulsion_is_a_ramp_from_the_band_inwards():
    low, high = np.array([-1.0] * 4), np.array([1.0] * 4)
    q = np.array([0.0, 1.0, 1.05, -1.1])
    out = terms.joint_limit_repulsion(q, low, high, 50.0, np.zeros(4))
    np.testing.assert_allclose(out, [0, 0, -2.5, 5])


def test_friction_is_viscous_and_dry():
    dq = np.array([0.0, 0.05, -5.0])
    out = terms.friction(dq, np.full(3, 0.5), np.full(3, 2.0), 0.05, np.zeros(3), np.zeros(3))
    np.testing.assert_allclose(out, [0, 0.025 + 2 * np.tanh(1), -4.5])


@given(st.floats(-10, 10), st.floats(0, 5), st.floats(0, 5))
def test_friction_never_gives_more_power_than_friction_takes(speed, viscous, dry):
    dq = np.array([speed])
    out = terms.friction(dq, np.array([viscous]), np.array([dry]), 0.05, np.zeros(1), np.zeros(1))
    assert 0 <= out[0] * speed <= (viscous * abs(speed) + dry) * abs(speed) + 1e-12


def test_dead_zone_has_no_jump():
    value, width = np.array([-3.0, -0.5, 0.4, 0.6]), np.full(4, 0.5)
    out = terms.dead_zone(value, width, np.zeros(4), np.zeros(4))
    np.testing.assert_allclose(out, [-2.5, 0, 0, 0.1])


def with_friction(robot, damping, friction):
    joints = tuple(
        dataclasses.replace(j, damping=damping, friction=friction) for j in robot.joints
    )
    return dataclasses.replace(robot, joints=joints)


def test_what_the_arm_takes_can_be_left_out_one_by_one(model, robot):
    spec = with_friction(robot, 0.4, 0.3)
    wanted = 0.5 * model.dq
    rub = 0.4 * wanted + 0.3 * np.tanh(wanted / 0.05)
    for on in (True, False):
        for name, value in (
            ('gravity', model.gravity),
            ('coriolis', model.coriolis),
            ('friction', rub),
        ):
            chosen = {'gravity': False, 'coriolis': False, 'friction': False, name: on}
            out = ArmTerms(ArmTermsConfig(**chosen), spec).add(model, wanted, np.ones(7))
            np.testing.assert_allclose(out, 1 + value * on, atol=1e-12)


@pytest.mark.parametrize(('wanted', 'counted'), [(0.2, 0.2), (0.4, 0.3), (-0.2, 0), (0, 0)])
def test_friction_is_that_of_the_wanted_motion_as_far_as_the_joint_has_it(wanted, counted, robot):
    arm = ArmTerms(ArmTermsConfig(gravity=False, coriolis=False), with_friction(robot, 2.0, 0.0))
    model = RobotModel(robot)
    for sign in (1, -1):
        model.update(robot.home, np.full(7, sign * 0.3))
        out = arm.add(model, np.full(7, sign * wanted), np.zeros(7))
        np.testing.assert_allclose(out, sign * 2 * counted, atol=1e-12)


def test_the_arm_is_repelled_from_its_joint_limits(robot):
    model = RobotModel(robot)
    model.update(robot.joint_array('upper') - 0.05, np.zeros(7))
    off = {'gravity': False, 'coriolis': False}
    out = ArmTerms(ArmTermsConfig(**off), robot).add(model, np.zeros(7), np.zeros(7))
    np.testing.assert_allclose(out, -2.5)
    out = ArmTerms(ArmTermsConfig(limit_torque=0.0, **off), robot).add(model, np.zeros(7), out * 0)
    np.testing.assert_array_equal(out, 0)


@pytest.mark.parametrize('frame', ['base', 'tool'])
def test_task_spring_has_its_axes_in_the_frame(frame, model):
    spring = TaskSpring(TaskSpringConfig(frame=frame, error_clip_pos=0.02, error_clip_rot=0.2))
    root = np.random.default_rng(4).normal(0, 4, (6, 6))
    spring.set(root @ root.T)
    shift, rotation, twist = (
        np.array([0.03, -0.01, 0.0]),
        np.array([0.3, 0.1, -0.1]),
        np.arange(6.0),
    )
    axes = np.eye(3) if frame == 'base' else model.rotation
    both = np.kron(np.eye(2), axes)
    clip = np.r_[[0.02] * 3, [0.2] * 3]
    error = np.clip(both.T @ np.r_[shift, rotation], -clip, clip)
    local = spring.stiffness @ error + spring.damping @ both.T @ (twist - model.twist)
    out = spring.wrench(model, shifted(model, shift, rotation, twist), np.zeros(6))
    np.testing.assert_allclose(out, both @ local, atol=1e-9)


def test_turning_there_and_back_changes_nothing(model):
    vector = np.arange(6.0)
    there = turn(vector, model.rotation, np.zeros(6))
    np.testing.assert_allclose(there[3:], model.rotation.T @ vector[3:], atol=1e-12)
    np.testing.assert_allclose(turn(there, model.rotation.T, np.zeros(6)), vector, atol=1e-12)


def test_null_space_gains_are_per_joint(model, robot):
    gains = tuple(np.arange(7.0))
    null = NullSpace(
        NullSpaceConfig(nullspace='none', nullspace_stiffness=gains, nullspace_max_torque=0.4),
        robot,
    )
    target = CartesianTarget(model.q + 0.1)
    expected = 0.1 * np.array(gains) - 2 * np.sqrt(gains) * model.dq
    out = null.torque(model, target, TaskInertia(REGULARIZATION, 7))
    np.testing.assert_allclose(out, np.clip(expected, -0.4, 0.4), atol=1e-12)
    with pytest.raises(ValueError, match='nullspace_damping: expected 7 values for franka, got 2'):
        NullSpace(NullSpaceConfig(nullspace_damping=(1.0, 2.0)), robot)
    with pytest.raises(ValueError, match='nullspace_stiffness: expected 0..500'):
        NullSpaceConfig(nullspace_stiffness=(1.0, -2.0))


def test_kinematic_projection_agrees_with_the_dense_formula(model):
    j = model.jacobian
    inverse = j.T @ np.linalg.inv(j @ j.T + REGULARIZATION * np.eye(6))
    wanted = (np.eye(7) - inverse @ j) @ TORQUE
    out = KinematicProjection(REGULARIZATION).project(model, TORQUE, np.zeros(7))
    np.testing.assert_allclose(out, wanted, atol=1e-9)


def test_dynamic_projection_agrees_with_the_dense_formula(model):
    j, inverse = model.jacobian, np.linalg.inv(model.mass)
    inertia = np.linalg.inv(j @ inverse @ j.T + REGULARIZATION * np.eye(6))
    wanted = (np.eye(7) - j.T @ (inverse @ j.T @ inertia).T) @ TORQUE
    task = TaskInertia(REGULARIZATION, 7)
    task.update(model)
    out = task.project(model, TORQUE, np.zeros(7))
    np.testing.assert_allclose(out, wanted, atol=1e-9)


def test_dynamic_projection_does_not_accelerate_the_tcp(model):
    task = TaskInertia(1e-12, 7)
    task.update(model)
    out = task.project(model, TORQUE, np.zeros(7))
    assert np.linalg.norm(out) > 0.1
    acceleration = model.jacobian @ np.linalg.solve(model.mass, out)
    np.testing.assert_allclose(acceleration, 0, atol=1e-6)


def test_task_inertia_gives_the_wrench_that_accelerates_the_tcp(model):
    task, wanted = TaskInertia(1e-12, 7), np.array([1.0, -2.0, 3.0, 0.4, 0.5, -0.6])
    task.update(model)
    torque = model.jacobian.T @ task.times(wanted)
    acceleration = model.jacobian @ np.linalg.solve(model.mass, torque)
    np.testing.assert_allclose(acceleration, wanted, atol=1e-6)


@pytest.mark.parametrize('task', [TaskInertia(1e-12, 7), DampedTaskInertia(1e-6, 7)])
def test_joint_velocity_moves_the_tcp_as_wanted(task, model):
    twist = np.array([0.1, -0.2, 0.3, 0.4, 0.5, -0.6])
    task.update(model)
    speed = task.joint_velocity(twist, np.zeros(7))
    np.testing.assert_allclose(model.jacobian @ speed, twist, atol=1e-6)


def test_damped_task_inertia_gives_up_what_cannot_be_had(robot):
    """At -0.467 rad of the elbow the arm is stretched out, and cannot go further."""
    model, damped, exact = RobotModel(robot), DampedTaskInertia(0.02, 7), TaskInertia(1e-9, 7)
    q, weight, efforts = robot.home.copy(), np.array([1.0] * 3 + [0.2] * 3), []
    for elbow in (-2.35, -1.6, -1.0, -0.7, -0.55, -0.5, -0.467):
        q[[1, 3, 5]] = 0.6, elbow, 1.5
        model.update(q, np.zeros(7))
        mobility = model.jacobian @ np.linalg.solve(model.mass, model.jacobian.T)
        values, vectors = np.linalg.eigh(mobility * np.outer(weight, weight))
        weak = vectors[:, 0] / weight  # 1 m/s^2, or 5 rad/s^2, the way that is hardest
        pair = []
        for task in (damped, exact):
            task.update(model)
            pair.append(np.linalg.norm(model.jacobian.T @ task.times(weak)))
        efforts.append(pair)
        share = 1 / (1 + (0.02 / values[0]) ** 4)
        assert pair[0] == pytest.approx(share * pair[1], rel=1e-2)
    damped_efforts, exact_efforts = np.transpose(efforts)
    assert damped_efforts.max() < 10 and damped_efforts[-1] < 0.1  # Nm
    assert exact_efforts[-1] > 100
