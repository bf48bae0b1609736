"""The only translator between messages and data.py; what cannot be believed is a ConvertError.

Message floats go in and out as `array.array` or numpy views: assigning a list would check every
element in Python.
"""

from vla_ros.ros.convert.fields import ConvertError, from_time, to_time
from vla_ros.ros.convert.measured import (
    current_pose,
    current_twist,
    external_wrench,
    tracking_error,
)
from vla_ros.ros.convert.policy import (
    chunk_from_msg,
    chunk_to_msg,
    failure_from_msg,
    failure_to_msg,
    latent_from_msg,
    latent_to_msg,
)
from vla_ros.ros.convert.robot import (
    commanded_from_msg,
    commanded_to_msg,
    execution_from_msg,
    joints_from_msg,
    joints_to_msg,
    status_from_msg,
    status_to_msg,
)
from vla_ros.ros.convert.sensor import image_from_msg, image_to_msg


__all__ = [
    'ConvertError',
    'chunk_from_msg',
    'chunk_to_msg',
    'commanded_from_msg',
    'commanded_to_msg',
    'current_pose',
    'current_twist',
    'execution_from_msg',
    'external_wrench',
    'failure_from_msg',
    'failure_to_msg',
    'from_time',
    'image_from_msg',
    'image_to_msg',
    'joints_from_msg',
    'joints_to_msg',
    'latent_from_msg',
    'latent_to_msg',
    'status_from_msg',
    'status_to_msg',
    'to_time',
    'tracking_error',
]
