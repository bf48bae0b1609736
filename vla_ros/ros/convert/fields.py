"""Times, poses and arrays."""

from array import array
import math
from typing import Any

from builtin_interfaces.msg import Time
from geometry_msgs.msg import Point, Quaternion
from geometry_msgs.msg import Pose as PoseMsg
import numpy as np
from numpy.typing import NDArray
from std_msgs.msg import Header

from vla_ros.core.data import SECOND, Pose


class ConvertError(ValueError):
    """A message does not hold what its type promises; names the field."""


def to_time(stamp: int) -> Time:
    """Return a stamp (ns) as a message."""
    return Time(sec=stamp // SECOND, nanosec=stamp % SECOND)


def from_time(time: Time) -> int:
    """Return a stamp in ns."""
    return int(time.sec) * SECOND + int(time.nanosec)


def header(stamp: int, frame: str = '') -> Header:
    """Return a header."""
    return Header(stamp=to_time(stamp), frame_id=frame)


def to_pose(pose: Pose) -> PoseMsg:
    """Return a pose as a message."""
    x, y, z = pose.position.tolist()
    qx, qy, qz, qw = pose.quaternion.tolist()
    return PoseMsg(position=Point(x=x, y=y, z=z), orientation=Quaternion(x=qx, y=qy, z=qz, w=qw))


def from_pose(message: PoseMsg, field: str) -> Pose:
    """Return a pose; raises ConvertError unless finite with a unit quaternion."""
    p, q = message.position, message.orientation
    numbers = (p.x, p.y, p.z, q.x, q.y, q.z, q.w)
    if not all(map(math.isfinite, numbers)):
        raise ConvertError(f'{field}: expected finite numbers, got {numbers}')
    check_unit(q, field)
    return Pose(np.array(numbers[:3]), np.array(numbers[3:]))


def check_unit(message: Quaternion, field: str) -> None:
    """Raise ConvertError unless a quaternion has the norm 1, to 1e-3; NaN has none."""
    numbers = (message.x, message.y, message.z, message.w)
    if not abs(math.hypot(*numbers) - 1) <= 1e-3:
        raise ConvertError(f'{field}: expected a unit quaternion, got {numbers}')


def packed(values: Any, kind: str) -> array:
    """Return numbers as the array.array that a message field takes without a second look."""
    result = array(kind)
    result.frombytes(np.ascontiguousarray(values, dtype=np.dtype(kind)).tobytes())
    return result


def matrix(values: Any, shape: tuple[int, ...], dtype: type, field: str) -> NDArray:
    """Return a message's numbers in `shape`; raises ConvertError when there are not so many."""
    numbers: NDArray = np.asarray(values, dtype)
    if numbers.size != math.prod(shape):
        raise ConvertError(f'{field}: expected {shape}, got {numbers.size} numbers')
    return numbers.reshape(shape)
