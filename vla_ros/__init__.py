"""Asynchronous, compliant and watched vision-language-action policies for ROS 2 robots."""

__version__ = '0.1.0'
