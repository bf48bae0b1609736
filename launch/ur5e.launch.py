"""Starts the stack of a UR5e, simulated or real.

ros2 launch vla_ros ur5e.launch.py instruction:="pick up the red cube"

What is started, and with which parameters, is said in vla_ros/ros/bringup/description.py.
"""

from vla_ros.ros.bringup.launching import launch_robot


def generate_launch_description():
    return launch_robot('ur5e')
