"""A robot whose driver is a simulator's bridge."""

import pytest
import yaml

from vla_ros.core.config import ConfigError
from vla_ros.core.paths import config_file
from vla_ros.robots import load_arm, load_robot


def written(folder, **driver):
    tree = yaml.safe_load(config_file('robots', 'franka').read_text())
    tree['driver'] |= driver
    (folder / 'franka.yaml').write_text(yaml.safe_dump(tree))
    return str(folder / 'franka.yaml')


@pytest.mark.parametrize('name', ['franka', 'ur5e'])
def test_isaac_takes_joints_by_name_and_the_fingers_with_them(name):
    spec = load_arm(f'{name}@isaac')
    driver = spec.driver
    assert (driver.joint_states, driver.command) == ('joint_states', 'joint_command')
    assert (driver.command_type, driver.gripper_type) == ('joint_state', 'with_arm')
    assert spec.name == name and spec.law == f'{name}_cartesian_servo'
    assert spec.force_sensor is None


def test_gazebo_has_the_controllers_of_the_robot_and_one_for_the_fingers():
    spec, real = load_arm('franka@gazebo'), load_arm('franka')
    assert spec.driver.command == real.driver.command and spec.law == real.law
    assert spec.driver.gripper_type == 'fingers'
    # Its physics pulls at the arm; the robot's own controller, which holds it, is not there.
    assert (real.driver.gravity, spec.driver.gravity) == ('robot', 'effort')


def test_what_the_yaml_says_goes_before_what_is_usual(tmp_path):
    topics = {'front': 'front_camera/rgb'}
    path = written(tmp_path, isaac={'stale_after': 0.4, 'cameras': topics, 'wrench': 'none'})
    spec = load_arm(f'{path}@isaac')
    assert spec.driver.stale_after == 0.4 and spec.driver.command == 'joint_command'
    assert spec.camera('front').topic == 'front_camera/rgb'
    assert spec.camera('wrist').topic == load_arm('franka').camera('wrist').topic
    assert hash(spec) == hash(load_arm(f'{path}@isaac'))
    assert load_robot(path).driver.command == 'effort_controller/commands'


def test_a_gripper_that_has_a_driver_of_its_own_is_one_with_the_arm_in_a_simulator(tmp_path):
    path = written(tmp_path, gripper_states='fr3_gripper/joint_states')
    assert load_arm(path).driver.joint_topics == ('joint_states', 'fr3_gripper/joint_states')
    for name in (f'{path}@isaac', f'{path}@gazebo', 'franka'):
        assert load_arm(name).driver.joint_topics == ('joint_states',)


@pytest.mark.parametrize(
    ('name', 'driver', 'words'),
    [
        ('@webots', {}, r"'webots' behind the @ is not one of \['gazebo', 'isaac'\]"),
        ('@isaac', {'isaac': {'topic': 'x'}}, "unknown key 'topic'"),
        ('', {'gripper_type': 'with_arm'}, 'with_arm needs one of'),
        ('', {'gripper_states': ''}, 'gripper_states: expected a topic, or with_arm'),
        ('', {'command_type': 'pose', 'command': '{joint}/x'}, '{joint} needs one of'),
        ('@isaac', {'isaac': {'cameras': {'top': 'x'}}}, "camera 'top' is not one of"),
    ],
)
def test_what_does_not_fit_is_refused_by_name(tmp_path, name, driver, words):
    with pytest.raises((ConfigError, KeyError), match=words):
        load_robot(written(tmp_path, **driver) + name)
