"""Starts the stack of an ALOHA, simulated or real.

ros2 launch vla_ros aloha.launch.py instruction:="put the red cube in the bowl with the left arm"

What is started, and with which parameters, is said in vla_ros/ros/bringup/description.py.
"""

from vla_ros.ros.bringup.launching import launch_robot


def generate_launch_description():
    return launch_robot('aloha')
