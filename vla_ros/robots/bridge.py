"""A robot whose driver is the bridge of another simulator: `<robot>@gazebo`, `<robot>@isaac`."""

from collections.abc import Mapping
from dataclasses import replace

from vla_ros.core.config import ConfigError
from vla_ros.robots.driver import BRIDGES, NO_SENSOR
from vla_ros.robots.joint_group import JointGroupSpec
from vla_ros.robots.mobile_base import MobileBaseSpec
from vla_ros.robots.robot import LimbSpec
from vla_ros.robots.spec import ArmSpec, CameraSpec


SIMS = ('mujoco', 'none', *sorted(BRIDGES))  # mujoco: the stack's own; none: a real robot


def robot_in(name: str, sim: str) -> str:
    """Return what to load for a robot where `sim`, one of `SIMS`, simulates it."""
    return f'{name}@{sim}' if sim in BRIDGES else name


def split(name: str) -> tuple[str, str]:
    """Return the robot's name or path and the simulator behind its '@'; '' without one.

    Raises:
        ConfigError: there is no such simulator; it lists the valid ones.
    """
    robot, at, simulator = name.rpartition('@')
    if not at or name.endswith(('.yaml', '.yml')):
        return name, ''
    if simulator not in BRIDGES:
        raise ConfigError(f'robot: {simulator!r} behind the @ is not one of {sorted(BRIDGES)}')
    return robot, simulator


def bridged(spec: LimbSpec, simulator: str) -> LimbSpec:
    """Return the limb with the topics that it has in a simulator; a mobile base has one set."""
    if isinstance(spec, MobileBaseSpec):
        return spec
    if isinstance(spec, JointGroupSpec):
        return replace(spec, driver=spec.driver.through(spec.driver.bridge(simulator)))
    return bridged_arm(spec, simulator)


def bridged_arm(spec: ArmSpec, simulator: str) -> ArmSpec:
    """Return the arm with the topics, the law and the sensors that it has in a simulator."""
    bridge = spec.driver.bridge(simulator)
    driver = spec.driver.through(bridge)
    law, sensor = bridge.law or spec.law, spec.force_sensor
    if not bridge.law and (driver.command_type, spec.driver.command_type).count('effort') == 1:
        law = f'{spec.name}_cartesian_servo'
    if sensor is not None and bridge.wrench:
        sensor = None if bridge.wrench == NO_SENSOR else replace(sensor, topic=bridge.wrench)
    # The limb of a robot has no cameras of its own: those are the robot's.
    cameras = moved(spec.cameras, bridge.cameras) if spec.cameras else ()
    return replace(spec, driver=driver, law=law, force_sensor=sensor, cameras=cameras)


def moved(cameras: tuple[CameraSpec, ...], topics: Mapping[str, str]) -> tuple[CameraSpec, ...]:
    """Return the cameras with other topics, by name; raises ConfigError for an unknown one."""
    names = [own.name for own in cameras]
    if unknown := [name for name in topics if name not in names]:
        raise ConfigError(f'driver: camera {unknown[0]!r} is not one of {names}')
    return tuple(replace(own, topic=topics.get(own.name, own.topic)) for own in cameras)
