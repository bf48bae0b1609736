"""Targets of postures and drives, as a person's device sends them: functions of a ControlBench."""

from geometry_msgs.msg import TwistStamped
from sensor_msgs.msg import JointState

from vla_ros.ros import qos
from vla_ros.ros.convert.fields import header


def aim(name, **values):
    """Return what sends a posture to joint positions, by joint name."""

    def send(control):
        message = JointState(header=header(control.bench.node.now), name=list(values))
        message.position = [float(value) for value in values.values()]
        control.bench.send(qos.TARGET_JOINT.of(name), message)

    return send


def drive(vx, frame='base_link', lift=0.0):
    """Return what drives the base ahead."""

    def send(control):
        message = TwistStamped(header=header(control.bench.node.now, frame))
        message.twist.linear.x, message.twist.linear.z = vx, lift
        control.bench.send(qos.TARGET_TWIST.of('base'), message)

    return send
