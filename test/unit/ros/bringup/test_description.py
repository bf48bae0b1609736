import dataclasses
from importlib.util import find_spec
import json
from pathlib import Path
import shutil

import pytest
import yaml

from vla_ros.core import config
from vla_ros.core.config import ConfigError
from vla_ros.core.paths import share_dir
from vla_ros.policies import PolicyError, load_policy
from vla_ros.policies.directory import save_spec
from vla_ros.ros.bringup.description import HELP, StackOptions, describe


@pytest.fixture(scope='module')
def policy(fake_policy):
    return str(fake_policy)


def names(options):
    return [node.name for node in describe(options).nodes]


def test_a_simulated_robot_has_a_camera_node_and_a_real_one_brings_its_own(policy):
    simulated = names(StackOptions(policy=policy))
    assert simulated == ['camera', 'reasoner', 'expert', 'detector', 'referee', 'control']
    real = names(StackOptions(policy=policy, sim='none'))
    assert real == [name for name in simulated if name not in ('camera', 'referee')]


@pytest.mark.parametrize('sim', ['gazebo', 'isaac'])
def test_another_simulator_has_its_own_cameras_and_gives_every_node_the_time(policy, sim):
    stack = describe(StackOptions(policy=policy, sim=sim, record='out', teleop='joystick'))
    nodes = {node.name: node.parameters for node in stack.nodes}
    assert 'camera' not in nodes and len(nodes) == 6
    assert all(parameters['use_sim_time'] is True for parameters in nodes.values())
    assert nodes['control']['sim'] == sim and nodes['control']['robot'] == 'franka'
    others = [nodes[name]['robot'] for name in ('reasoner', 'expert', 'recorder', 'teleop')]
    assert others == [f'franka@{sim}'] * 4


def test_a_recorder_runs_only_where_something_is_recorded(policy):
    assert 'recorder' in names(StackOptions(policy=policy, record='out'))


def test_the_detector_can_be_left_out(policy):
    assert 'detector' not in names(StackOptions(policy=policy, detect=False))


def test_a_person_can_take_over_with_a_device_that_needs_no_terminal(policy):
    stack = describe(StackOptions(policy=policy, teleop='spacemouse'))
    (node,) = [node for node in stack.nodes if node.name == 'teleop']
    assert node.parameters == {'robot': 'franka', 'device': 'spacemouse'}
    assert node.lifecycle and not node.vital
    assert stack.nodes[-1].name == 'control'


def test_options_reach_the_nodes(policy):
    stack = describe(
        StackOptions(policy=policy, instruction='pick it', seed=3, extra_delay=2.0, domain=7)
    )
    nodes = {node.name: node.parameters for node in stack.nodes}
    assert nodes['control']['instruction'] == 'pick it' and nodes['control']['seed'] == 3
    assert nodes['reasoner']['extra_delay'] == 2.0 and nodes['reasoner']['rate'] == 5.0
    assert nodes['expert']['policy'] == policy
    assert stack.environment['ROS_DOMAIN_ID'] == '7'
    assert all(find_spec(node.module) for node in stack.nodes)
    assert json.dumps([dict(node.parameters) for node in stack.nodes])  # plain values


@pytest.mark.parametrize(
    ('options', 'error', 'words'),
    [
        ({'robot': 'frankenstein'}, FileNotFoundError, "'frankenstein' is not one of"),
        ({'policy': '/nowhere'}, PolicyError, 'no policy here'),
        ({'teleop': 'mouse'}, FileNotFoundError, "'mouse' is not one of"),
        ({'teleop': 'keyboard'}, ConfigError, 'run `vla_ros teleop --device keyboard`'),
        ({'teleop': 'leader'}, ConfigError, 'leader needs a terminal of its own'),
    ],
)
def test_what_does_not_exist_is_named(options, error, words, policy):
    with pytest.raises(error, match=words):
        describe(StackOptions(**{'policy': policy, **options}))


@pytest.mark.parametrize(
    ('options', 'words'),
    [
        ({'namespace': 'left arm'}, 'namespace: expected names of letters'),
        ({'extra_delay': 60.0}, 'extra_delay: expected 0..10 s'),
        ({'sim': 'webots'}, "'webots' is not one of"),
        ({'robots': 'franka'}, "unknown key 'robots'"),
        ({'seed': 'one'}, 'seed: expected int'),
    ],
)
def test_wrong_options_are_named(options, words):
    with pytest.raises(ConfigError, match=words):
        config.build(StackOptions, options)


def test_a_policy_for_another_robot_is_refused(policy, tmp_path):
    robot = yaml.safe_load((share_dir() / 'config/robots/franka.yaml').read_text())
    robot['name'] = 'other'
    path = tmp_path / 'other.yaml'
    path.write_text(yaml.safe_dump(robot))
    with pytest.raises(PolicyError, match="is for 'franka', not for 'other'.*other_robot:=true"):
        describe(StackOptions(robot=str(path), policy=policy))
    stack = describe(StackOptions(robot=str(path), policy=policy, other_robot=True))
    nodes = {node.name: node.parameters for node in stack.nodes}
    assert nodes['reasoner']['other_robot'] is nodes['expert']['other_robot'] is True


def test_without_a_policy_a_robot_runs_for_people_alone():
    stack = describe(StackOptions(policy='none', teleop='spacemouse', record='out'))
    own = ['camera', 'referee', 'recorder', 'teleop', 'control']
    assert [node.name for node in stack.nodes] == own
    assert stack.nodes[-1].parameters['policy_hash'] == ''
    with pytest.raises(ValueError, match='policy none carries out none'):
        StackOptions(policy='none', instruction='pick up the red cube')


def test_a_policy_without_a_reasoner_has_no_reasoner_node(fake_policy, tmp_path):
    shutil.copytree(fake_policy, tmp_path / 'alone')
    spec = dataclasses.replace(load_policy(fake_policy).spec, reasoner='none')
    save_spec(tmp_path / 'alone', spec)
    assert 'reasoner' not in names(StackOptions(policy=str(tmp_path / 'alone')))


def test_every_argument_is_described():
    assert set(HELP) == set(StackOptions.__dataclass_fields__)


def test_every_process_gets_the_middleware_profile(policy):
    environment = describe(StackOptions(policy=policy)).environment
    text = Path(environment['FASTDDS_DEFAULT_PROFILES_FILE']).read_text()
    assert '<segment_size>33554432</segment_size>' in text
