"""Limbs of several kinds: what the humanoid's YAML says of them, and what is refused."""

import numpy as np
import pinocchio as pin
import pytest
import yaml

from vla_ros.core.config import ConfigError, build, to_tree
from vla_ros.core.data import BodyState, JointGroupState, MobileBaseState, Pose, RobotState
from vla_ros.core.paths import config_file
from vla_ros.robots import (
    ArmSpec,
    JointGroupSpec,
    MobileBaseSpec,
    RobotSpec,
    load_robot,
    named_arms,
    named_limbs,
    pick_arm,
)
from vla_ros.robots.model import RobotModel


TORSO, HEAD, BASE = 2, 3, 4  # places in its limbs


@pytest.fixture
def tree():
    return yaml.safe_load(config_file('robots', 'humanoid').read_text())


@pytest.fixture(scope='module')
def humanoid():
    return load_robot('humanoid')


def test_its_limbs_are_of_three_kinds(humanoid):
    assert [limb.name for limb in humanoid.limbs] == ['left', 'right', 'torso', 'head', 'base']
    assert [type(limb) for limb in humanoid.limbs] == [
        ArmSpec, ArmSpec, JointGroupSpec, JointGroupSpec, MobileBaseSpec,
    ]  # fmt: skip
    assert humanoid.arms == humanoid.limbs[:2]
    assert load_robot('franka').arms == load_robot('franka').limbs


def test_channels_are_those_of_the_limbs(humanoid):
    assert len(humanoid.channels) == 24 and humanoid.n == 22 == len(humanoid.home)
    assert humanoid.channels[16:] == (
        'torso.waist_yaw_joint', 'torso.waist_roll_joint', 'torso.waist_pitch_joint',
        'head.head_pitch_joint', 'head.head_yaw_joint', 'base.vx', 'base.vy', 'base.wz',
    )  # fmt: skip


def test_hands_are_at_home_where_the_chest_has_them(humanoid):
    """Where docs/robots.md says, whatever waist and base do."""
    left, right = (RobotModel(arm) for arm in humanoid.arms)
    np.testing.assert_allclose(left.position, (0.347, 0.171, 0.008), atol=1e-3)
    np.testing.assert_allclose(left.position * (1, -1, 1), right.position, atol=1e-9)
    assert np.linalg.cond(left.jacobian) < 20


def test_limits_are_within_those_of_the_description(humanoid):
    model = pin.buildModelFromUrdf(str(humanoid.urdf_path))
    for joint in (joint for limb in humanoid.limbs for joint in limb.joints):
        i = model.joints[model.getJointId(joint.name)].idx_q
        assert model.lowerPositionLimit[i] <= joint.lower < joint.upper, joint
        assert joint.upper <= model.upperPositionLimit[i], joint
        assert joint.velocity <= model.velocityLimit[i], joint
        assert joint.torque <= model.effortLimit[i], joint


def test_every_joint_can_accelerate_as_its_limit_says(humanoid):
    """All at once and in any direction, the body leaning as far as it can and upright."""
    model = pin.buildModelFromUrdf(str(humanoid.urdf_path))
    data = model.createData()
    place = {n: model.joints[model.getJointId(n)].idx_q for n in humanoid.joint_names}
    order = [place[n] for n in humanoid.joint_names]
    for pitch in (-0.3, 0.15, 0.52):
        q = pin.neutral(model)
        q[order] = humanoid.home
        q[place['waist_pitch_joint']] = pitch
        mass = pin.crba(model, data, q)
        mass = np.triu(mass) + np.triu(mass, 1).T
        gravity = pin.computeGeneralizedGravity(model, data, q)
        fixed = order[:19]  # the arms and the waist; the head weighs nothing beside them
        needed = np.abs(mass[np.ix_(fixed, fixed)]) @ humanoid.joint_array('acceleration')[:19]
        assert (needed + np.abs(gravity[fixed]) <= humanoid.joint_array('torque')[:19]).all()


def test_arms_are_found_by_name_and_other_limbs_are_none(humanoid):
    assert pick_arm(humanoid, 'right') == (1, humanoid.limbs[1])
    with pytest.raises(ConfigError, match=r"one of \['left', 'right'\], got 'head'"):
        pick_arm(humanoid, 'head')
    assert [name for name, _ in named_limbs(humanoid)][2:] == ['torso', 'head', 'base']
    assert [name for name, _ in named_arms(humanoid)] == ['left', 'right']
    assert named_limbs(load_robot('franka')) == named_arms(load_robot('franka'))


def test_a_tree_of_it_is_read_back(humanoid):
    plain = to_tree(humanoid)
    for limb, tree in zip(humanoid.limbs, plain['limbs'], strict=True):
        assert build(type(limb), tree) == limb
    assert build(RobotSpec, {**plain, 'limbs': humanoid.limbs}) == humanoid


def test_behind_a_bridge_postures_change_their_topics_and_drives_do_not():
    isaac, gazebo = load_robot('humanoid@isaac'), load_robot('humanoid@gazebo')
    torso = isaac.limbs[TORSO].driver
    assert (torso.command, torso.command_type) == ('joint_command', 'joint_state')
    assert gazebo.limbs[TORSO].driver == load_robot('humanoid').limbs[TORSO].driver
    assert isaac.limbs[BASE] == gazebo.limbs[BASE] == load_robot('humanoid').limbs[BASE]


def change(tree, where, value):
    *path, last = where
    for key in path:
        tree = tree[key]
    tree[last] = value


@pytest.mark.parametrize(
    ('where', 'value', 'message'),
    [
        ((TORSO, 'kind'), 'leg', r"limbs\[2\].kind: 'leg' is not one of \['arm', 'joint_group'"),
        ((0, 'kind'), 'joint_group', r"limbs\[0\].*unknown key 'base_frame'"),
        ((TORSO, 'kind'), 'arm', r"limbs\[2\].*missing key 'base_frame'"),
        ((TORSO, 'joints'), [], r'limbs\[2\]: joints: expected one or more'),
        ((TORSO, 'joints', 1, 'name'), 'waist_yaw_joint', r'limbs\[2\].*given twice'),
        ((TORSO, 'joints', 1, 'name'), 'head_yaw_joint', "'head_yaw_joint'.* belong to two"),
        ((TORSO, 'joints', 1, 'home'), 0.6, r'joints\[1\].*home outside'),
        ((TORSO, 'joints', 1, 'jerk'), 0.0, r'joints\[1\].*jerk must be positive'),
        ((TORSO, 'driver', 'command_type'), 'effort', r"'effort' is not one of \['position'"),
        ((TORSO, 'driver', 'stale_after'), 0.0, 'stale_after: expected 0..10 s, got 0.0'),
        ((TORSO, 'driver', 'gripper_command'), 'x', "unknown key 'gripper_command'"),
        ((TORSO, 'cameras'), [], "unknown key 'cameras'"),
        ((HEAD, 'control_rate'), 100.0, 'head has another control_rate'),
        ((HEAD, 'control_rate'), 0.0, 'control_rate: expected 0..2000 Hz'),
        ((BASE, 'joints'), [], 'expected 3 values, got 0'),
        ((BASE, 'frame'), '', 'frame: expected the name'),
        ((BASE, 'driver', 'command_type'), 'velocity', r"is not one of \['twist', 'twist_st"),
        ((BASE, 'driver', 'stale_after'), -1.0, 'stale_after: expected 0..10 s'),
        ((BASE, 'driver', 'odom'), 3, 'odom: expected str, got 3'),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(tree, load, where, value, message):
    change(tree['limbs'], where, value)
    with pytest.raises(ConfigError, match=message):
        load(tree)


def test_a_posture_may_have_a_topic_for_each_joint(tree, load):
    driver = tree['limbs'][TORSO]['driver']
    driver['command'] = 'torso/{joint}/command'
    assert load(tree).limbs[TORSO].driver.command == driver['command']
    driver['command_type'] = 'joint_state'
    with pytest.raises(ConfigError, match='needs one of'):
        load(tree)


def test_a_bridge_that_sends_a_posture_torques_is_refused(tree, tmp_path):
    tree['limbs'][TORSO]['driver']['isaac'] = {'command_type': 'effort'}
    path = tmp_path / 'robot.yaml'
    path.write_text(yaml.safe_dump(tree))
    with pytest.raises(ValueError, match='a joint group takes one of'):
        load_robot(f'{path.with_suffix("")}@isaac')


def test_arms_come_first(tree, load):
    tree['limbs'][1:3] = tree['limbs'][2:0:-1]
    with pytest.raises(
        ConfigError, match=r"arms, then the others, got \['arm', 'joint_group', 'arm'"
    ):
        load(tree)
    tree['limbs'] = tree['limbs'][3:]
    with pytest.raises(
        ConfigError, match=r"one or more arms.*got \['joint_group', 'mobile_base'\]"
    ):
        load(tree)


def test_one_arm_and_a_base_are_a_robot(tree, load):
    """A mobile manipulator."""
    tree['limbs'] = [tree['limbs'][0], tree['limbs'][BASE]]
    spec = load(tree)
    assert spec.channels[7:] == ('left.gripper', 'base.vx', 'base.vy', 'base.wz')
    assert len(spec.arms) == 1


def test_what_the_policy_sees_of_it_is_twice_its_channels(humanoid):
    here = Pose(np.zeros(3), np.array([0.0, 0.0, 0.0, 1.0]))
    arm = RobotState(5, np.zeros(7), np.zeros(7), here, 0.02, here, 0.03)
    torso = JointGroupState(5, np.full(3, 0.1), np.zeros(3), np.full(3, 0.2))
    head = JointGroupState(5, np.full(2, 0.3), np.zeros(2), np.full(2, 0.4))
    base = MobileBaseState(5, np.full(3, 0.5), np.full(3, 0.6))
    state = BodyState(5, (arm, arm, torso, head, base))
    vector = state.vector()
    assert vector.shape == (2 * len(humanoid.channels),)
    assert state.arms == (arm, arm)
    np.testing.assert_array_equal(vector[32:38], [0.1] * 3 + [0.2] * 3)
    np.testing.assert_array_equal(vector[-6:], [0.5] * 3 + [0.6] * 3)
    with pytest.raises(ValueError, match='read-only'):
        torso.commanded[0] = 1.0
