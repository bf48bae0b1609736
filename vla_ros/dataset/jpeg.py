"""sensor_msgs/Image to sensor_msgs/CompressedImage, both as CDR bytes.

The layout is that of image_transport: topic `<topic>/compressed`, format
'rgb8; jpeg compressed bgr8'.
"""

import numpy as np
import simplejpeg

from vla_ros.core.data import Image
from vla_ros.dataset.cdr import CdrError, Reader, Writer


COMPRESSED_TYPE = 'sensor_msgs/msg/CompressedImage'
_COLOURS = {'rgb8': ('RGB', 3), 'bgr8': ('BGR', 3), 'mono8': ('GRAY', 1)}


def compress(message: bytes, quality: int = 90) -> bytes:
    """Return the CompressedImage of an Image, same header.

    Raises:
        CdrError: not an Image, or of an encoding that JPEG cannot hold (e.g. depth).
    """
    reader = Reader(message)
    seconds, nanoseconds, frame = reader.number('i'), reader.number('I'), reader.text()
    height, width, encoding = reader.number('I'), reader.number('I'), reader.text()
    reader.number('B')  # is_bigendian: no meaning for 8 bits
    step, data = reader.number('I'), reader.blob()
    if encoding not in _COLOURS:
        raise CdrError(f'encoding {encoding!r} is not one of {sorted(_COLOURS)}')
    colours, depth = _COLOURS[encoding]
    if min(height, width) < 1 or step < width * depth or len(data) < step * height:
        raise CdrError(f'image of {width}x{height}, step {step}, has {len(data)} bytes')
    rows = np.frombuffer(data, np.uint8, step * height).reshape(height, step)
    pixels = np.ascontiguousarray(rows[:, : width * depth]).reshape(height, width, depth)
    writer = Writer()
    writer.number('i', seconds)
    writer.number('I', nanoseconds)
    writer.text(frame)
    writer.text(f'{encoding}; jpeg compressed {"mono8" if depth == 1 else "bgr8"}')
    writer.blob(encode(pixels, quality, colours))
    return writer.message()


def encode(image: Image, quality: int = 90, colours: str = 'RGB') -> bytes:
    """Return `image` (H, W, 3 or 1) as JPEG; full chroma, because policies see small images."""
    return bytes(simplejpeg.encode_jpeg(image, quality, colours, '444'))


def decode(data: bytes) -> Image:
    """Return a JPEG as (H, W, 3) RGB."""
    return np.asarray(simplejpeg.decode_jpeg(data, 'RGB'))
