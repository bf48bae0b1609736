"""Images."""

from array import array

import numpy as np
from sensor_msgs.msg import Image as ImageMsg

from vla_ros.core.data import Image
from vla_ros.ros.convert.fields import ConvertError, from_time, header


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


def image_from_msg(message: ImageMsg) -> tuple[int, Image]:
    """Return stamp (ns) and RGB image (H, W, 3); raises ConvertError."""
    if message.encoding not in ('rgb8', 'bgr8'):
        raise ConvertError(f'image.encoding: expected rgb8 or bgr8, got {message.encoding!r}')
    height, width, step = message.height, message.width, message.step
    if not (height and width) or step < 3 * width or len(message.data) < step * height:
        raise ConvertError(
            f'image: {width}x{height} px, step {step}, does not fit {len(message.data)} bytes'
        )
    rows = np.frombuffer(message.data, np.uint8, step * height).reshape(height, step)
    image = rows[:, : 3 * width].reshape(height, width, 3)
    if message.encoding == 'bgr8':
        image = np.ascontiguousarray(image[:, :, ::-1])
    return from_time(message.header.stamp), image
