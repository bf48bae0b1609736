"""The launch file, where launch is installed: on a machine with ROS from its distribution."""

from dataclasses import fields
import runpy

import pytest

from vla_ros.core.paths import share_dir


pytest.importorskip('launch_ros')

from launch.actions import GroupAction, OpaqueFunction  # noqa: E402
from launch_ros.actions import LifecycleNode, Node  # noqa: E402
from launch_ros.utilities import evaluate_parameters  # noqa: E402

from launch import LaunchContext  # noqa: E402
from vla_ros.ros.bringup.description import StackOptions  # noqa: E402


ROBOTS = ('franka', 'ur5e', 'aloha')


@pytest.fixture(params=ROBOTS)
def robot(request):
    return request.param


@pytest.fixture
def description(robot):
    path = share_dir() / 'launch' / f'{robot}.launch.py'
    return runpy.run_path(str(path))['generate_launch_description']()


def test_every_argument_is_declared_and_described(description):
    arguments = {argument.name: argument for argument in description.get_launch_arguments()}
    assert set(arguments) == {field.name for field in fields(StackOptions)} - {'domain'}
    assert all(argument.description for argument in arguments.values())


def test_the_robot_is_the_one_of_the_file(description, robot):
    context = LaunchContext()
    for argument in description.get_launch_arguments():
        argument.visit(context)
    assert context.launch_configurations['robot'] == robot


@pytest.mark.parametrize('robot', ['franka'])  # whom the policy is for
def test_the_nodes_are_those_of_the_description(description, fake_policy):
    context = LaunchContext()
    for argument in description.get_launch_arguments():
        argument.visit(context)
    context.launch_configurations['policy'] = str(fake_policy)
    (function,) = [e for e in description.entities if isinstance(e, OpaqueFunction)]
    (group,) = function.execute(context)
    assert isinstance(group, GroupAction)
    nodes = [a for a in group.get_sub_entities() if isinstance(a, Node)]
    names = {node.node_executable: isinstance(node, LifecycleNode) for node in nodes}
    assert names == {
        'camera_node': False, 'reasoner_node': True, 'expert_node': True,
        'detector_node': True, 'control_node': True,
    }  # fmt: skip


@pytest.mark.parametrize('robot', ['franka'])
def test_a_second_start_names_the_first_and_starts_nothing(description, fake_policy, monkeypatch):
    from vla_ros.ros.bringup import launching

    asked = []

    def living(_, names, namespace, say):
        asked.extend(names)
        return ['/control']

    monkeypatch.setattr(launching.Neighbours, 'living', living)
    context = LaunchContext()
    for argument in description.get_launch_arguments():
        argument.visit(context)
    context.launch_configurations['policy'] = str(fake_policy)
    (function,) = [e for e in description.entities if isinstance(e, OpaqueFunction)]
    with pytest.raises(RuntimeError, match='left alone: /control; .*another ROS_DOMAIN_ID'):
        function.execute(context)
    assert {'control', 'expert', 'reasoner'} <= set(asked)


@pytest.mark.parametrize(
    ('robot', 'sources'),
    [('franka', None), ('aloha', ['left/joint_states', 'right/joint_states'])],
)
def test_what_is_drawn_has_the_joints_of_all_limbs(robot, sources, tmp_path):
    pytest.importorskip('onnx')
    from fake_policy import write_fake_policy

    from vla_ros.ros.bringup import launching

    policy = write_fake_policy(tmp_path, name=robot)
    shown = launching._show(StackOptions(robot=robot, policy=str(policy), rviz=True))
    context = LaunchContext()
    parameters = {
        node.node_executable: evaluate_parameters(context, node._Node__parameters)
        for node in shown
    }
    assert {'robot_state_publisher', 'rviz2'} <= set(parameters)
    assert ('joint_state_publisher' in parameters) == (sources is not None)
    if sources:
        (own,) = parameters['joint_state_publisher']
        assert list(own['source_list']) == sources
