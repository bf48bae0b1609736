"""What the stand-in takes: for every topic its type, and what a limb does with a message."""

from geometry_msgs.msg import Twist, TwistStamped
import numpy as np
from std_msgs.msg import Float64, Float64MultiArray

from vla_ros.robots.driver import EACH
from vla_ros.ros.convert.command import OUTPUTS
from vla_ros.ros.convert.fields import from_pose


def inputs(robot):
    """Return (type, topic, what to do) for every limb; limbs may share a topic."""
    return [taken for limb in robot.limbs for taken in _LIMBS[limb.spec.kind](limb)]


def _arm(limb):
    return [*_joints(limb), *_gripper(limb)]


def _joints(limb):
    driver = limb.spec.driver
    if EACH in driver.command:
        for i, joint in enumerate(limb.spec.joint_names):
            yield Float64, driver.command.replace(EACH, joint), _joint(limb, i)
        return
    take = _TAKE[driver.command_type]
    yield OUTPUTS[driver.command_type].type, driver.command, lambda message: take(limb, message)


def _gripper(limb):
    driver, joints = limb.spec.driver, limb.fingers
    name = driver.gripper_command
    if EACH in name:
        for i, joint in enumerate(joints):
            yield Float64, name.replace(EACH, joint), _finger(limb, i, len(joints))
    elif driver.gripper_type == 'opening':
        yield Float64, name, lambda message: _grip(limb, message.data)
    elif driver.gripper_type == 'fingers':
        yield Float64MultiArray, name, lambda message: _grip(limb, sum(message.data))


def _drive(limb):
    driver = limb.spec.driver
    if driver.command_type == 'twist_stamped':
        return [(TwistStamped, driver.command, lambda message: _twist(limb, message.twist))]
    return [(Twist, driver.command, lambda message: _twist(limb, message))]


def _twist(limb, message):
    limb.go(np.array([message.linear.x, message.linear.y, message.angular.z]))


def _grip(limb, opening):
    limb.gripper = opening


def _joint(limb, index):
    def act(message):
        limb.goal[index] = message.data
        limb.aim(limb.goal)

    return act


def _finger(limb, index, count):
    def act(message):
        if not index:  # the others do the same
            limb.gripper = count * message.data

    return act


def _efforts(limb, message):
    limb.torque = np.array(message.data)


def _positions(limb, message):
    limb.aim(np.array(message.data))


def _velocities(limb, message):
    limb.velocity = np.array(message.data)


def _trajectory(limb, message):
    point = message.points[-1]
    _named(limb, message.joint_names, point.positions, point.velocities)


def _joint_state(limb, message):
    _named(limb, message.name, message.position, message.velocity)


def _named(limb, names, positions, velocities):
    own = limb.spec.joint_names
    if set(own).isdisjoint(names):
        return  # it is for another limb on the same topic
    where = dict(zip(names, positions, strict=True))
    speed = dict(zip(names, velocities, strict=True))
    limb.track(np.array([where[name] for name in own]), np.array([speed[name] for name in own]))
    fingers = [where[name] for name in limb.fingers if name in where]
    if fingers:
        limb.gripper = sum(fingers)


def _pose(limb, message):
    pose = from_pose(message.pose, 'command')
    limb.compliance.aim(pose.position, pose.quaternion)


_TAKE = {
    'effort': _efforts,
    'position': _positions,
    'velocity': _velocities,
    'trajectory': _trajectory,
    'joint_state': _joint_state,
    'pose': _pose,
}
_LIMBS = {'arm': _arm, 'joint_group': _joints, 'mobile_base': _drive}
