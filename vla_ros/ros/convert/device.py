"""What teleoperation devices send, and the targets made of it.

Only carried over here: whether a sample can be believed, the device decides.
"""

from geometry_msgs.msg import Twist as TwistMsg
from geometry_msgs.msg import TwistStamped, Vector3
from sensor_msgs.msg import JointState
from sensor_msgs.msg import Joy as JoyMsg

from vla_ros.core.data import Array
from vla_ros.ros.convert.fields import from_time, header, packed
from vla_ros.teleop.inputs import JointPositions, Joy, Motion
from vla_ros.teleop.operator import Twist


def motion_from_msg(message: TwistMsg, arrival: int) -> Motion:
    """Return the deflections; the message has no stamp, so it is that of its arrival, ns."""
    v, w = message.linear, message.angular
    return Motion(arrival, (v.x, v.y, v.z, w.x, w.y, w.z))


def joy_from_msg(message: JoyMsg, arrival: int) -> Joy:
    """Return axes and buttons; a driver that does not stamp is taken to be prompt."""
    stamp = from_time(message.header.stamp) or arrival
    return Joy(stamp, tuple(message.axes), tuple(message.buttons))


def leader_from_msg(message: JointState, arrival: int) -> JointPositions:
    """Return the joints of a leader; a driver that does not stamp is taken to be prompt."""
    stamp = from_time(message.header.stamp) or arrival
    return JointPositions(stamp, tuple(message.name), tuple(message.position))


def twist_to_msg(stamp: int, twist: Twist, frame: str) -> TwistStamped:
    """Return a twist about the tcp, m/s and rad/s along the axes of `frame`."""
    message = TwistStamped(header=header(stamp, frame))
    x, y, z, roll, pitch, yaw = twist
    message.twist.linear = Vector3(x=x, y=y, z=z)
    message.twist.angular = Vector3(x=roll, y=pitch, z=yaw)
    return message


def joint_target_to_msg(stamp: int, names: tuple[str, ...], joints: Array) -> JointState:
    """Return wanted positions (n,), rad, of the joints called `names`."""
    message = JointState(header=header(stamp))
    message.name = list(names)
    message.position = packed(joints, 'd')
    return message
