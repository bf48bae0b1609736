"""What the stand-in publishes: for every topic its rate, and how a message of it is made."""

from functools import partial
import math

from geometry_msgs.msg import WrenchStamped
from sensor_msgs.msg import JointState

from vla_ros.ros import qos
from vla_ros.ros.convert.fields import header, packed


ODOMETRY = 50.0  # Hz, usual for drive controllers


def outputs(robot, rate):
    """Yield (topic, Hz, what makes a message of a stamp); `rate` is that of joints, Hz."""
    joints = {}
    for limb in robot.limbs:
        if limb.spec.kind == 'mobile_base':
            yield qos.odom(limb.spec.driver.odom), ODOMETRY, partial(_odometry, limb)
        else:
            for topic in limb.spec.driver.joint_topics:
                joints.setdefault(topic, []).append(limb)
    for name, limbs in joints.items():
        yield qos.joint_states(name), rate, partial(_joint_states, limbs)
    for arm in robot.arms:
        sensor = arm.spec.force_sensor
        if sensor is not None:
            yield qos.Topic(sensor.topic, WrenchStamped, qos.SENSOR), rate, partial(_wrench, arm)


def _joint_states(limbs, stamp):
    """Return all joints backwards, with those of other machines at both ends and between."""
    names, position, velocity, effort = [], [], [], []
    for limb in reversed(limbs):
        sample, fingers = limb.limb.read(), limb.fingers
        names += [f'rail_before_{limb.spec.name}', *fingers, *limb.spec.joint_names[::-1]]
        share = [sample.gripper / len(fingers)] * len(fingers) if fingers else []
        position += [7.0, *share, *sample.position[::-1].tolist()]
        velocity += [0.0] * (1 + len(fingers)) + sample.velocity[::-1].tolist()
        effort += [math.nan] * (1 + len(fingers)) + sample.effort[::-1].tolist()
    message = JointState(header=header(stamp), name=[*names, 'some_wheel'])
    message.position = packed([*position, 9.0], 'd')
    message.velocity = packed([*velocity, 0.0], 'd')
    message.effort = packed([*effort, math.nan], 'd')
    return message


def _wrench(arm, stamp):
    message = WrenchStamped(header=header(stamp))
    values = arm.limb.read().wrench.reshape(2, 3).tolist()
    for part, row in zip((message.wrench.force, message.wrench.torque), values, strict=True):
        part.x, part.y, part.z = row
    return message


def _odometry(drive, stamp):
    from vla_ros.ros.convert.odometry import odometry_to_msg  # only here: it needs nav_msgs

    reading = drive.limb.read()
    reading.stamp = stamp
    return odometry_to_msg(drive.spec, reading)
