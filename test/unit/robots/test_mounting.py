"""A robot on a wall or a ceiling: gravity comes from where the world says."""

from dataclasses import replace
import itertools

import mujoco
import numpy as np
import pytest

from vla_ros.control.native import NativeError
from vla_ros.control.native.model import NativeModel
from vla_ros.core.rotations import matrix_from_quat, quat_from_rotvec
from vla_ros.robots import MountSpec, load_robot
from vla_ros.robots.model import RobotModel
from vla_ros.robots.mount import carriers
from vla_ros.tabletop.world.scene import Scene


WAYS = {
    'wall': (0.0, np.pi / 2, 0.0),
    'ceiling': (np.pi, 0.0, 0.0),
    'tilted': (0.3, -0.4, 1.0),
}


@pytest.fixture(params=itertools.product(['franka', 'ur5e'], WAYS), ids='-'.join)
def mounted(request):
    robot, way = request.param
    turn = quat_from_rotvec(np.array(WAYS[way]))
    # Without tasks: their tools are nothing that the models know.
    bare = replace(load_robot(robot), tasks=())
    return replace(bare, base=MountSpec('map', (0.0, 0.0, 1.5), tuple(turn)))


def test_pinocchio_the_kernel_and_mujoco_agree(mounted):
    rng = np.random.default_rng(0)
    scene, model = Scene(mounted), RobotModel(mounted)
    data = mujoco.MjData(scene.model)
    models = [model]
    try:
        models.append(NativeModel(mounted))
    except NativeError:
        pytest.skip('no compiler here')
    lower, upper = mounted.joint_array('lower'), mounted.joint_array('upper')
    opening = (mounted.gripper.open + mounted.gripper.closed) / 4
    for _ in range(20):
        q = rng.uniform(lower, upper)
        data.qpos[scene.arm_q], data.qpos[scene.arms[0].fingers_q] = q, opening
        data.qvel[:] = 0.0
        mujoco.mj_forward(scene.model, data)
        for one in models:
            one.update(q, np.zeros(mounted.n))
            np.testing.assert_allclose(one.gravity, data.qfrc_bias[scene.arm_v], atol=1e-9)


def test_gravity_points_down_in_the_world(mounted):
    turn = matrix_from_quat(np.array(mounted.base.quaternion))
    np.testing.assert_allclose(turn @ RobotModel(mounted).free_fall, [0, 0, -9.81], atol=1e-12)


def test_a_quaternion_that_is_none_is_refused():
    with pytest.raises(ValueError, match='base.quaternion: expected norm 1, got 1.4'):
        MountSpec(quaternion=(1.0, 0.0, 0.0, 1.0))


@pytest.mark.parametrize(
    ('robot', 'frame', 'limbs'),
    [
        ('franka', 'fr3_link0', {}),
        ('franka', 'fr3_link3', {0: [0, 1, 2]}),
        ('ur5e', 'tcp', {0: [0, 1, 2, 3, 4, 5]}),
        ('aloha', 'right_wrist_camera', {1: [0, 1, 2, 3, 4, 5]}),
        ('humanoid', 'base_link', {4: [0, 1, 2]}),
        ('humanoid', 'head_camera', {2: [0, 1, 2], 3: [0, 1], 4: [0, 1, 2]}),
    ],
)
def test_a_frame_is_carried_by_the_joints_before_it(robot, frame, limbs):
    assert carriers(load_robot(robot), frame) == limbs


def test_a_frame_that_is_none_is_refused():
    with pytest.raises(ValueError, match="'fr3_link99' is not one of"):
        carriers(load_robot('franka'), 'fr3_link99')
