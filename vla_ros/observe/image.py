"""What an image must be before a policy sees it, and the one way in which its size changes."""

import cv2
import numpy as np

from vla_ros.core.data import Image
from vla_ros.robots.spec import CameraSpec


class ImageError(ValueError):
    """An image is not what the robot's camera is said to publish."""


def check_image(camera: CameraSpec, image: Image) -> None:
    """Raise ImageError unless `image` is (height, width, 3) of the camera."""
    expected = (camera.height, camera.width, 3)
    if image.shape != expected or image.dtype != np.uint8:
        raise ImageError(
            f'camera {camera.name}: expected {expected} uint8, got {image.shape} {image.dtype}'
        )


def resize_area(image: Image, width: int, height: int) -> Image:
    """Return the image averaged over areas to (height, width); the same image if it fits.

    Raises:
        ImageError: the aspect ratio differs; stretched, the scene would not be where it seems.
    """
    rows, columns = image.shape[:2]
    if (rows, columns) == (height, width):
        return image
    if rows * width != columns * height:
        raise ImageError(
            f'expected the aspect ratio {width}:{height}, got an image of {columns}x{rows} px'
        )
    resized = cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA)
    return np.asarray(resized, np.uint8)
