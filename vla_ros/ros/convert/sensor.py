"""Images."""

from array import array

from sensor_msgs.msg import Image as ImageMsg

from vla_ros.core.data import Image
from vla_ros.observe.messages import image_from_msg
from vla_ros.ros.convert.fields import header


__all__ = ['image_from_msg', 'image_to_msg']


def image_to_msg(stamp: int, image: Image, frame: str = '') -> ImageMsg:
    """Return an RGB image (H, W, 3) as a message."""
    height, width = image.shape[:2]
    message = ImageMsg(header=header(stamp, frame))
    message.height = height
    message.width = width
    message.encoding = 'rgb8'
    message.step = 3 * width
    message.data = array('B', image.tobytes())
    return message
