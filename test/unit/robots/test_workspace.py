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
    q = cell.reach(np.array(place))
    cell.model.update(q, np.zeros(cell.spec.n))
    here = tcp_pose(cell.model)
    turn = quat_multiply(cell.home.quaternion, quat_conjugate(here.quaternion))
    np.testing.assert_allclose(here.position, place, atol=1e-4)
    np.testing.assert_allclose(rotvec_from_quat(turn), 0, atol=1e-3)
    return q, np.linalg.cond(cell.model.jacobian)


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
