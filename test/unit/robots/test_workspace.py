"""Every robot reaches what lies on the table, far from singularities and from itself."""

import itertools

import numpy as np
import pytest

from vla_ros.control.avoidance.collision import SelfCollision
from vla_ros.core.rotations import quat_conjugate, quat_multiply, rotvec_from_quat
from vla_ros.robots import load_robot, pick_arm
from vla_ros.tabletop.demos.sim_env import SimEnv, tcp_pose
from vla_ros.tabletop.tasks.place import PlaceConfig


ABOVE = (0.012, 0.10, 0.20)  # m, where tasks grip, hover and leave


@pytest.fixture(scope='module', params=['franka', 'ur5e', 'aloha left', 'aloha right'])
def arm(request):
    """An arm, and where things may lie for it."""
    robot, _, limb = request.param.partition(' ')
    cell = SimEnv(load_robot(robot))
    number, _ = pick_arm(cell.spec, limb)
    arm, place = cell.arms[number], cell.scene.config.placement
    arm.places = np.array([place.x, place.y])
    arm.one_of_several = bool(limb)
    if limb:  # its own part of the table
        lower, upper = np.array(arm.hand.reach)[:, :2]
        inset = PlaceConfig().inset
        arm.places = np.c_[
            np.maximum(arm.places[:, 0], lower + inset),
            np.minimum(arm.places[:, 1], upper - inset),
        ]
    return arm


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


def test_the_hand_gets_wherever_things_lie(arm):
    cell = arm
    collision, still = SelfCollision(cell.spec), np.zeros(cell.spec.n)
    limits, slow = cell.spec.cartesian, cell.spec.slowdown
    for x, y in grid(*arm.places.T, 5):
        for z in ABOVE:
            assert (np.array([x, y, z]) >= limits.lower).all()
            assert (np.array([x, y, z]) <= limits.upper).all()
            q, condition = posture(cell, (x, y, z))
            assert condition < slow.slow_condition, (x, y, z)
            collision.scale(q, still)
            assert collision.distance > slow.stop_distance, collision.pairs


def test_the_whole_box_of_the_ur5e_is_reached():
    cell = SimEnv(load_robot('ur5e')).arms[0]
    limits = cell.spec.cartesian
    conditions = [posture(cell, place)[1] for place in grid(limits.lower, limits.upper, 5)]
    assert max(conditions) < cell.spec.slowdown.stop_condition


def test_every_joint_can_accelerate_as_its_limit_says(arm):
    """All at once and in any direction: what a position robot is sent, it can follow."""
    spec, cell = arm.spec, arm
    if spec.driver.command_type == 'effort':
        pytest.skip('it is sent torques')
    torque, acceleration = spec.joint_array('torque'), spec.joint_array('acceleration')
    box = np.array([spec.cartesian.lower, spec.cartesian.upper])
    if arm.one_of_several:  # the corners of its box are for the hand-over only
        box = np.vstack([arm.places, (ABOVE[0], ABOVE[-1])]).T
    for place in grid(*box, 3):
        posture(cell, place)
        needed = np.abs(cell.model.mass) @ acceleration + np.abs(cell.model.gravity)
        assert (needed <= torque).all(), place
