"""What a robot is: joints, limits, action channels, cameras, frames, driver topics."""

from vla_ros.robots.spec import (
    BaseSpec,
    CameraSpec,
    CartesianLimits,
    DriverSpec,
    GripperSpec,
    JointSpec,
    KeepOut,
    RobotSpec,
    load_robot,
)


__all__ = [
    'BaseSpec',
    'CameraSpec',
    'CartesianLimits',
    'DriverSpec',
    'GripperSpec',
    'JointSpec',
    'KeepOut',
    'RobotSpec',
    'load_robot',
]
