"""Every robot reaches what lies on the table, far from singularities and from itself."""

import itertools

import numpy as np
import pytest

from vla_ros.control.collision import SelfCollision
from vla_ros.geometry import quat_conjugate, quat_multiply, rotvec_from_quat
from vla_ros.pipeline.workcell import Workcell, tcp_pose
from vla_ros.robots import load_robot


ABOVE = (0.012, 0.10, 0.20)  # m, where tasks grip, hover and leave


@pytest.fixture(scope='module', params=['franka', 'ur5e'])
def cell(request):
    return Workcell(load_robot(request.param))


def posture(cell, place):
    """Return joints and condition number with the tcp at a place, rotated as at home."""
    q, model = cell.spec.home.copy(), cell.model
    for _ in range(100):
        model.update(q, np.zeros(cell.spec.n))
        here, jacobian = tcp_pose(model), model.jacobian
        turn = quat_multiply(cell.home.quaternion, quat_conjugate(here.quaternion))
        error = np.r_[place - here.position, rotvec_from_quat(turn)]
        if np.abs(error).max() < 1e-6:
            assert (spec_range(cell)[0] < q).all() and (q < spec_range(cell)[1]).all(), place
            return q, np.linalg.cond(jacobian)
        square = jacobian @ jacobian.T + 1e-6 * np.eye(6)
        q = q + np.clip(jacobian.T @ np.linalg.solve(square, error), -0.2, 0.2)
    pytest.fail(f'{place} is not reached')


def spec_range(cell):
    return cell.spec.joint_array('lower'), cell.spec.joint_array('upper')


def grid(lower, upper, count):
    return itertools.product(
        *(np.linspace(a, b, count) for a, b in zip(lower, upper, strict=True))
    )


def test_the_hand_gets_wherever_things_lie(cell):
    place = cell.scene.config.placement
    collision, still = SelfCollision(cell.spec), np.zeros(cell.spec.n)
    limits, slow = cell.spec.cartesian, cell.spec.slowdown
    for x, y in grid(*zip(place.x, place.y, strict=True), 5):
        for z in ABOVE:
            assert (np.array([x, y, z]) >= limits.lower).all()
            assert (np.array([x, y, z]) <= limits.upper).all()
            q, condition = posture(cell, (x, y, z))
            assert condition < slow.slow_condition, (x, y, z)
            collision.scale(q, still)
            assert collision.distance > slow.stop_distance, collision.pairs


def test_the_whole_box_of_the_ur5e_is_reached():
    cell = Workcell(load_robot('ur5e'))
    limits = cell.spec.cartesian
    conditions = [posture(cell, place)[1] for place in grid(limits.lower, limits.upper, 5)]
    assert max(conditions) < cell.spec.slowdown.stop_condition


def test_every_joint_can_accelerate_as_its_limit_says(cell):
    """All at once and in any direction: what a position robot is sent, it can follow."""
    limits, spec = cell.spec.cartesian, cell.spec
    if spec.driver.command_type == 'effort':
        pytest.skip('it is sent torques')
    torque, acceleration = spec.joint_array('torque'), spec.joint_array('acceleration')
    for place in grid(limits.lower, limits.upper, 3):
        posture(cell, place)
        needed = np.abs(cell.model.mass) @ acceleration + np.abs(cell.model.gravity)
        assert (needed <= torque).all(), place
