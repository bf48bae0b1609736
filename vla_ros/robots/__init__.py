"""What a robot is: joints, limits, action channels, cameras, frames, driver topics."""

from vla_ros.robots.spec import (
    BaseSpec,
    CameraSpec,
    CartesianLimits,
    DriverSpec,
    ForceSensorSpec,
    GripperSpec,
    JointSpec,
    KeepOut,
    RobotSpec,
    SlowdownSpec,
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
