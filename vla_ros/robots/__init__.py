"""What a robot is: joints, limits, action channels, cameras, frames, driver topics."""

from vla_ros.robots.limits import CartesianLimits, JointSpec, KeepOut, SlowdownSpec
from vla_ros.robots.spec import (
    BaseSpec,
    CameraSpec,
    DriverSpec,
    ForceSensorSpec,
    GripperSpec,
    RobotSpec,
    load_robot,
)


__all__ = [
    'BaseSpec',
    'CameraSpec',
    'CartesianLimits',
    'DriverSpec',
    'ForceSensorSpec',
    'GripperSpec',
    'JointSpec',
    'KeepOut',
    'RobotSpec',
    'SlowdownSpec',
    'load_robot',
]
