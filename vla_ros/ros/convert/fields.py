"""Times, poses and headers as messages; the other way is in core/message_codec.py."""

from builtin_interfaces.msg import Time
from geometry_msgs.msg import Point, Quaternion
from geometry_msgs.msg import Pose as PoseMsg
from std_msgs.msg import Header

from vla_ros.core.data import SECOND, Pose
from vla_ros.core.message_codec import ConvertError, from_pose, from_time, packed


__all__ = ['ConvertError', 'from_pose', 'from_time', 'header', 'packed', 'to_pose', 'to_time']


def to_time(stamp: int) -> Time:
    """Return a stamp (ns) as a message."""
    return Time(sec=stamp // SECOND, nanosec=stamp % SECOND)


def header(stamp: int, frame: str = '') -> Header:
    """Return a header."""
    return Header(stamp=to_time(stamp), frame_id=frame)


def to_pose(pose: Pose) -> PoseMsg:
    """Return a pose as a message."""
    x, y, z = pose.position.tolist()
    qx, qy, qz, qw = pose.quaternion.tolist()
    return PoseMsg(position=Point(x=x, y=y, z=z), orientation=Quaternion(x=qx, y=qy, z=qz, w=qw))
