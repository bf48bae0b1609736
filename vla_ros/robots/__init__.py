"""What a robot is: joints, limits, action channels, cameras, frames, driver topics."""

from vla_ros.robots.body import BodySpec, LimbSpec, Robot
from vla_ros.robots.drive import DriveSpec
from vla_ros.robots.limits import ApartSpec, CartesianLimits, JointSpec, KeepOut, SlowdownSpec
from vla_ros.robots.loading import load_arm, load_robot, named_arms, named_limbs, pick_arm
from vla_ros.robots.posture import PostureSpec
from vla_ros.robots.spec import (
    BaseSpec,
    CameraSpec,
    DriverSpec,
    ForceSensorSpec,
    GripperSpec,
    RobotSpec,
)


__all__ = [
    'ApartSpec',
    'BaseSpec',
    'BodySpec',
    'CameraSpec',
    'CartesianLimits',
    'DriveSpec',
    'DriverSpec',
    'ForceSensorSpec',
    'GripperSpec',
    'JointSpec',
    'KeepOut',
    'LimbSpec',
    'PostureSpec',
    'Robot',
    'RobotSpec',
    'SlowdownSpec',
    'load_arm',
    'load_robot',
    'named_arms',
    'named_limbs',
    'pick_arm',
]
