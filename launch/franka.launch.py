"""Starts the stack, simulated or real.

    ros2 launch vla_ros franka.launch.py instruction:="put the red cube in the bowl"

What is started, and with which parameters, is said in vla_ros/bringup/description.py.
"""

from dataclasses import fields

from launch.actions import (
    DeclareLaunchArgument,
    EmitEvent,
    GroupAction,
    LogInfo,
    OpaqueFunction,
    RegisterEventHandler,
    SetEnvironmentVariable,
)
from launch.event_handlers import OnProcessExit, OnProcessStart
from launch.events import matches_action
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import LifecycleNode, Node, PushRosNamespace
from launch_ros.event_handlers import OnStateTransition
from launch_ros.events.lifecycle import ChangeState
from lifecycle_msgs.msg import Transition

from launch import LaunchDescription
from vla_ros import config
from vla_ros.bringup.description import HELP, NodeDescription, StackOptions, describe
from vla_ros.robots import load_robot


# launch's own node is in the domain of the environment, so the others must be too.
ARGUMENTS = [field for field in fields(StackOptions) if field.name != 'domain']


def generate_launch_description():
    arguments = [
        DeclareLaunchArgument(
            field.name,
            default_value=default_text(field.default),
            description=HELP[field.name],
            choices=['mujoco', 'none'] if field.name == 'sim' else None,
        )
        for field in ARGUMENTS
    ]
    return LaunchDescription([*arguments, OpaqueFunction(function=start)])


def start(context):
    given = {
        field.name: convert(type(field.default), LaunchConfiguration(field.name).perform(context))
        for field in ARGUMENTS
    }
    options = config.build(StackOptions, given, where='launch arguments')
    stack = describe(options)
    actions = [SetEnvironmentVariable(name, value) for name, value in stack.environment.items()]
    actions.append(PushRosNamespace(options.namespace))
    for node in stack.nodes:
        actions += start_node(node)
    if options.rviz:
        actions += show(options)
    return [GroupAction(actions)]


def default_text(value):
    return str(value).lower() if isinstance(value, bool) else str(value)


def convert(kind, text):
    """Return an argument's text as the type of its option; what does not fit stays a text."""
    if kind is bool:
        return {'true': True, 'false': False}.get(text.lower(), text)
    try:
        return kind(text)
    except ValueError:
        return text


def start_node(description: NodeDescription):
    common = {
        'package': 'vla_ros',
        'executable': description.executable,
        'name': description.name,
        'parameters': [description.parameters],
        'remappings': list(description.remappings),
        'output': 'screen',
        'emulate_tty': True,
    }
    if not description.lifecycle:
        node = Node(**common)
        return [node, report_end(node, description)]
    node = LifecycleNode(namespace='', **common)
    configure = RegisterEventHandler(
        OnProcessStart(target_action=node, on_start=[change(node, 'configure')])
    )
    activate = RegisterEventHandler(
        OnStateTransition(
            target_lifecycle_node=node,
            start_state='configuring',
            goal_state='inactive',
            entities=[change(node, 'activate')],
        )
    )
    return [configure, activate, report_end(node, description), node]


def change(node, transition):
    number = getattr(Transition, f'TRANSITION_{transition.upper()}')
    return EmitEvent(
        event=ChangeState(lifecycle_node_matcher=matches_action(node), transition_id=number)
    )


def report_end(node, description):
    return RegisterEventHandler(
        OnProcessExit(
            target_action=node,
            on_exit=[LogInfo(msg=f'{description.name} has ended')],
        )
    )


def show(options):
    urdf = load_robot(options.robot).urdf_path.read_text()
    return [
        Node(
            package='robot_state_publisher',
            executable='robot_state_publisher',
            parameters=[{'robot_description': urdf}],
        ),
        Node(package='rviz2', executable='rviz2'),
    ]
