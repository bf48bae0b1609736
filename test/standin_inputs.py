"""What the stand-in takes: for every topic its type, and what the robot does with a message."""

import numpy as np
from std_msgs.msg import Float64, Float64MultiArray

from vla_ros.nodes.convert.base import from_pose
from vla_ros.nodes.convert.command import OUTPUTS
from vla_ros.robots.driver import EACH


def inputs(spec, robot):
    """Return (type, topic, what to do) for the arm and for its gripper."""
    return [*_arm(spec, robot), *_gripper(spec, robot)]


def _arm(spec, robot):
    driver = spec.driver
    if EACH in driver.command:
        for i, joint in enumerate(spec.joint_names):
            yield Float64, driver.command.replace(EACH, joint), _joint(robot, i)
        return
    take = _TAKE[driver.command_type]
    yield (
        OUTPUTS[driver.command_type].type,
        driver.command,
        lambda message: take(spec, robot, message),
    )


def _gripper(spec, robot):
    name, joints = spec.driver.gripper_command, spec.gripper.joints
    if EACH in name:
        for i, joint in enumerate(joints):
            yield Float64, name.replace(EACH, joint), _finger(robot, i, len(joints))
    elif spec.driver.gripper_type == 'opening':
        yield Float64, name, lambda message: _grip(robot, message.data)
    elif spec.driver.gripper_type == 'fingers':
        yield Float64MultiArray, name, lambda message: _grip(robot, sum(message.data))


def _grip(robot, opening):
    robot.gripper = opening


def _joint(robot, index):
    def act(message):
        robot.goal[index] = message.data
        robot.aim(robot.goal)

    return act


def _finger(robot, index, count):
    def act(message):
        if not index:  # the others do the same
            robot.gripper = count * message.data

    return act


def _efforts(spec, robot, message):
    robot.torque = np.array(message.data)


def _positions(spec, robot, message):
    robot.aim(np.array(message.data))


def _velocities(spec, robot, message):
    robot.velocity = np.array(message.data)


def _trajectory(spec, robot, message):
    point = message.points[-1]
    _named(spec, robot, message.joint_names, point.positions, point.velocities)


def _joint_state(spec, robot, message):
    _named(spec, robot, message.name, message.position, message.velocity)


def _named(spec, robot, names, positions, velocities):
    where = dict(zip(names, positions, strict=True))
    speed = dict(zip(names, velocities, strict=True))
    robot.position = np.array([where[name] for name in spec.joint_names])
    robot.velocity = np.array([speed[name] for name in spec.joint_names])
    fingers = [where[name] for name in spec.gripper.joints if name in where]
    if fingers:
        robot.gripper = sum(fingers)


def _pose(spec, robot, message):
    pose = from_pose(message.pose, 'command')
    robot.compliance.aim(pose.position, pose.quaternion)


_TAKE = {
    'effort': _efforts,
    'position': _positions,
    'velocity': _velocities,
    'trajectory': _trajectory,
    'joint_state': _joint_state,
    'pose': _pose,
}
