"""What a robot is: joints, limits, action channels, cameras, frames, driver topics."""

from vla_ros.robots.spec import (
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
    'CameraSpec',
    'CartesianLimits',
    'DriverSpec',
    'GripperSpec',
    'JointSpec',
    'KeepOut',
    'RobotSpec',
    'load_robot',
]
