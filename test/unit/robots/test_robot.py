"""A robot of several limbs: what its YAML says, and what is refused."""

import numpy as np
import pytest
import yaml

from vla_ros.control.avoidance.collision import SelfCollision
from vla_ros.core.config import ConfigError
from vla_ros.core.paths import config_file
from vla_ros.robots import RobotSpec, load_arm, load_robot, pick_arm
from vla_ros.robots.model import RobotModel


@pytest.fixture
def tree():
    return yaml.safe_load(config_file('robots', 'aloha').read_text())


def test_channels_are_those_of_the_limbs(aloha):
    assert isinstance(aloha, RobotSpec)
    assert aloha.n == 12 and len(aloha.channels) == 16
    assert aloha.channels[0] == 'left.ee.x' and aloha.channels[15] == 'right.gripper'
    assert aloha.joint_names[6] == 'right_waist'
    assert [limb.sim for limb in aloha.limbs] == [aloha.sim] * 2 == ['aloha'] * 2


def test_both_arms_are_commanded_in_one_frame(aloha):
    """Their hands are where docs/robots.md says, on the table, mirrored."""
    left, right = (RobotModel(limb) for limb in aloha.limbs)
    np.testing.assert_allclose(left.position, (-0.019, 0.169, 0.22), atol=1e-3)
    np.testing.assert_allclose(left.position * (1, -1, 1), right.position, atol=1e-9)
    np.testing.assert_allclose(left.gravity, right.gravity, atol=0.06)
    assert max(np.linalg.cond(arm.jacobian) for arm in (left, right)) < 11


def test_an_arm_sees_no_ghost_of_the_other(aloha):
    """Where the other arm is, its model does not know: no shape of it is compared."""
    for limb, other in (aloha.limbs, aloha.limbs[::-1]):
        pairs = SelfCollision(limb).pairs
        moved = {name for pair in pairs for name in pair if 'base_link' not in name}
        assert moved and not any(name.startswith(f'{other.name}_') for name in moved)


def test_limbs_are_found_by_name(aloha):
    assert pick_arm(aloha, 'right') == (1, aloha.limbs[1])
    assert pick_arm(aloha, 'left') == (0, aloha.limbs[0])
    with pytest.raises(ConfigError, match=r"one of \['left', 'right'\], got 'middle'"):
        pick_arm(aloha, 'middle')
    with pytest.raises(ConfigError, match='has the limbs'):
        load_arm('aloha')


def change(tree, where, value):
    *path, last = where
    for key in path:
        tree = tree[key]
    tree[last] = value


@pytest.mark.parametrize(
    ('where', 'value', 'message'),
    [
        (('limbs',), 3, 'expected a list of limbs'),
        (('limbs',), [], 'expected two or more'),
        (('limbs', 1, 'name'), 'left', 'given twice'),
        (('limbs', 1, 'name'), 'right arm', 'topic names'),
        (('limbs', 1, 'control_rate'), 100.0, 'another control_rate'),
        (('limbs', 1, 'joints', 0, 'name'), 'left_waist', "'left_waist'.* belong to two"),
        (('limbs', 1, 'base'), {'position': [0.0, 0.0, 1.0]}, 'the same base'),
        (('limbs', 0, 'cartesian', 'tilt'), 7.0, r'limbs\[0\].*tilt'),
        (('limbs', 0, 'elbows'), 2, 'elbows'),
        (('tasks',), ['lift', 'lift'], 'given twice'),
    ],
)
def test_what_is_wrong_is_named(tree, load, where, value, message):
    change(tree, where, value)
    with pytest.raises(ConfigError, match=message):
        load(tree)


def test_commands_without_names_are_of_one_arm_only(tree, load):
    left, right = (limb['driver'] for limb in tree['limbs'])
    for key in ('command', 'gripper_command'):
        before, right[key] = right[key], left[key]
        with pytest.raises(ConfigError, match=f"'{left[key]}'.* would take the commands of two"):
            load(tree)
        right[key] = before
    # Those with names may share a topic.
    for driver in (left, right):
        driver |= {'command': 'joint_command', 'command_type': 'joint_state'}
    assert load(tree).limbs[0].driver.owned == ('left/commands/gripper',)


@pytest.mark.parametrize('name', ['aloha', 'humanoid'])
@pytest.mark.parametrize('simulator', ['gazebo', 'isaac'])
def test_every_body_goes_through_every_bridge(name, simulator):
    arms = load_robot(f'{name}@{simulator}').arms
    assert {arm.driver.joint_states for arm in arms} == {'joint_states'}


@pytest.mark.parametrize('data', [b'limbs: [', b'\xff\xfe\x00'])
def test_a_file_that_is_no_yaml_is_named(tmp_path, data):
    path = tmp_path / 'robot.yaml'
    path.write_bytes(data)
    with pytest.raises(ConfigError, match=r'robot\.yaml: cannot be read as YAML'):
        load_robot(str(path))


def test_what_limbs_share_is_said_once(tree, load):
    del tree['limbs'][0]['channels'], tree['limbs'][1]['channels']
    tree['channels'] = ['ee.x', 'ee.y', 'ee.z', 'ee.qx', 'ee.qy', 'ee.qz', 'ee.qw', 'gripper']
    assert load(tree).channels == load_robot('aloha').channels


def test_a_world_that_is_not_there_is_named(tree, load):
    from vla_ros.tabletop.world import Scene

    tree['sim'] = 'moon'
    with pytest.raises(FileNotFoundError, match='moon'):
        Scene(load(tree))
