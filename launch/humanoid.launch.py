"""Starts the stack of a humanoid, simulated or real.

ros2 launch vla_ros humanoid.launch.py instruction:="reach for the red cube with your left hand"

What is started, and with which parameters, is said in vla_ros/ros/bringup/description.py.
"""

from vla_ros.ros.bringup.launching import launch_robot


def generate_launch_description():
    return launch_robot('humanoid')
