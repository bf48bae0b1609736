"""What the files in launch/ are made of: the stack as launch knows it, one robot by default.

What is started, and with which parameters, is said in vla_ros/ros/bringup/description.py.
"""

from dataclasses import fields
from typing import Any

from launch.action import Action
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
from launch.launch_context import LaunchContext
from launch.launch_description import LaunchDescription
from launch.logging import get_logger
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import LifecycleNode, Node, PushRosNamespace
from launch_ros.event_handlers import OnStateTransition
from launch_ros.events.lifecycle import ChangeState
from lifecycle_msgs.msg import Transition

from vla_ros.core import config
from vla_ros.robots import load_robot
from vla_ros.robots.bridge import SIMS
from vla_ros.robots.driver import BRIDGES
from vla_ros.ros.bringup.description import HELP, NodeDescription, StackOptions, Value, describe
from vla_ros.ros.fastdds import adopt_profile
from vla_ros.ros.twins import Neighbours, words


# launch's own node is in the domain of the environment, so the others must be too.
_ARGUMENTS = [field for field in fields(StackOptions) if field.name != 'domain']


def launch_robot(robot: str) -> LaunchDescription:
    """Return the launch of the stack, whose argument `robot` is `robot` unless it is given."""
    defaults = StackOptions(robot=robot)
    arguments = [
        DeclareLaunchArgument(
            field.name,
            default_value=_text(getattr(defaults, field.name)),
            description=HELP[field.name],
            choices=list(SIMS) if field.name == 'sim' else None,
        )
        for field in _ARGUMENTS
    ]
    return LaunchDescription([*arguments, OpaqueFunction(function=_start)])


def _start(context: LaunchContext) -> list[Action]:
    given = {
        field.name: _convert(type(field.default), LaunchConfiguration(field.name).perform(context))
        for field in _ARGUMENTS
    }
    options = config.build(StackOptions, given, where='launch arguments')
    stack = describe(options)
    # Before anything starts: a request of launch's own lifecycle events would reach both.
    say = get_logger('vla_ros').warning
    adopt_profile()
    with Neighbours() as neighbours:
        found = neighbours.living([node.name for node in stack.nodes], options.namespace, say)
    if found:
        raise RuntimeError(words(found))
    actions = [SetEnvironmentVariable(name, value) for name, value in stack.environment.items()]
    actions.append(PushRosNamespace(options.namespace))
    for node in stack.nodes:
        actions += _start_node(node)
    if options.rviz:
        actions += _show(options)
    return [GroupAction(actions)]


def _text(value: Value) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _convert(kind: type, text: str) -> Any:
    """Return an argument's text as the type of its option; what does not fit stays a text."""
    if kind is bool:
        return {'true': True, 'false': False}.get(text.lower(), text)
    try:
        return kind(text)
    except ValueError:
        return text


def _start_node(description: NodeDescription) -> list[Action]:
    common: dict[str, Any] = {
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
        return [node, _report_end(node, description)]
    node = LifecycleNode(namespace='', **common)
    configure = RegisterEventHandler(
        OnProcessStart(target_action=node, on_start=[_change(node, 'configure')])
    )
    activate = RegisterEventHandler(
        OnStateTransition(
            target_lifecycle_node=node,
            start_state='configuring',
            goal_state='inactive',
            entities=[_change(node, 'activate')],
        )
    )
    return [configure, activate, _report_end(node, description), node]


def _change(node: LifecycleNode, transition: str) -> EmitEvent:
    number = getattr(Transition, f'TRANSITION_{transition.upper()}')
    return EmitEvent(
        event=ChangeState(lifecycle_node_matcher=matches_action(node), transition_id=number)
    )


def _report_end(node: Node, description: NodeDescription) -> RegisterEventHandler:
    return RegisterEventHandler(
        OnProcessExit(
            target_action=node,
            on_exit=[LogInfo(msg=f'{description.name} has ended')],
        )
    )


def _show(options: StackOptions) -> list[Action]:
    spec, clock = load_robot(options.robot), {'use_sim_time': options.sim in BRIDGES}
    about = {'robot_description': spec.urdf_path.read_text(), **clock}
    nodes = [('robot_state_publisher', about), ('rviz2', clock)]
    sources = dict.fromkeys(
        name
        for limb in spec.limbs
        if limb.kind != 'mobile_base'
        for name in limb.driver.joint_topics
    )
    if list(sources) != ['joint_states']:
        # Limbs or grippers have drivers of their own: what is drawn needs all joints in one topic.
        nodes.append(('joint_state_publisher', {**about, 'source_list': list(sources)}))
    return [Node(package=name, executable=name, parameters=[own]) for name, own in nodes]
