"""What a robot is: joints, limits, action channels, cameras, frames, driver topics."""

from vla_ros.robots.joint_group import JointGroupSpec
from vla_ros.robots.limits import CartesianLimits, InterArmSpec, JointSpec, KeepOut, SlowdownSpec
from vla_ros.robots.loading import load_arm, load_robot, named_arms, named_limbs, pick_arm
from vla_ros.robots.mobile_base import MobileBaseSpec
from vla_ros.robots.robot import LimbSpec, Robot, RobotSpec
from vla_ros.robots.spec import (
    ArmSpec,
    CameraSpec,
    DriverSpec,
    ForceSensorSpec,
    GripperSpec,
    MountSpec,
)


__all__ = [
    'InterArmSpec',
    'MountSpec',
    'RobotSpec',
    'CameraSpec',
    'CartesianLimits',
    'MobileBaseSpec',
    'DriverSpec',
    'ForceSensorSpec',
    'GripperSpec',
    'JointSpec',
    'KeepOut',
    'LimbSpec',
    'JointGroupSpec',
    'Robot',
    'ArmSpec',
    'SlowdownSpec',
    'load_arm',
    'load_robot',
    'named_arms',
    'named_limbs',
    'pick_arm',
]
