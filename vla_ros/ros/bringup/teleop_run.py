"""Runs the teleoperation node in this process, whose terminal it may need."""

import signal

import rclpy
from rclpy.lifecycle import TransitionCallbackReturn
from rclpy.node import Node
from rclpy.parameter import Parameter

from vla_ros.ros.bringup.description import StackOptions, environment_of
from vla_ros.ros.bringup.runner import BringupError, adopt_environment
from vla_ros.ros.node_process import run
from vla_ros.ros.nodes.teleop import TeleopNode
from vla_ros.ros.twins import settle


def run_teleop(robot: str, device: str, namespace: str, limb: str = '') -> None:
    """Run the node, active, until SIGINT or SIGTERM; the process ends with it.

    `limb` is the one to move of a robot with several.

    Raises:
        BringupError: it cannot be configured or activated; it has logged the cause.
    """
    # A terminal that is closed ends the node like Ctrl-C: the arm is left held.
    signal.signal(signal.SIGHUP, lambda *_: signal.raise_signal(signal.SIGTERM))
    adopt_environment(environment_of(StackOptions(robot=robot, namespace=namespace)))
    run(lambda: _active_node(robot, device, namespace, limb))


def _active_node(robot: str, device: str, namespace: str, limb: str) -> Node:
    given = {'robot': robot, 'device': device, 'limb': limb}
    node = TeleopNode(
        'teleop',
        namespace=namespace or None,
        parameter_overrides=[Parameter(name, value=value) for name, value in given.items()],
    )
    settle(node.born)
    for transition in (node.trigger_configure, node.trigger_activate):
        if transition() is not TransitionCallbackReturn.SUCCESS:
            node.close()
            node.destroy_node()
            rclpy.try_shutdown()
            raise BringupError('teleop did not start; the lines above say why')
    return node
