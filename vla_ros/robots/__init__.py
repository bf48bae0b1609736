"""What a robot is: joints, limits, action channels, cameras, frames, driver topics."""

from vla_ros.robots.body import BodySpec, Robot, load_arm, load_robot, named_limbs, pick_limb
from vla_ros.robots.limits import CartesianLimits, JointSpec, KeepOut, SlowdownSpec
from vla_ros.robots.spec import (
    BaseSpec,
    CameraSpec,
    DriverSpec,
    ForceSensorSpec,
    GripperSpec,
    RobotSpec,
)


__all__ = [
    'BaseSpec',
    'BodySpec',
    'CameraSpec',
    'CartesianLimits',
    'DriverSpec',
    'ForceSensorSpec',
    'GripperSpec',
    'JointSpec',
    'KeepOut',
    'Robot',
    'RobotSpec',
    'SlowdownSpec',
    'load_arm',
    'load_robot',
    'named_limbs',
    'pick_limb',
]
