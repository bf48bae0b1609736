"""What an image must be before a policy sees it, and the ways in which its size changes."""

from typing import Literal, Protocol

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


class ImageShape(Protocol):
    """What a policy wants of a camera; `policies.features.ImageFeature` is one."""

    @property
    def camera(self) -> str:
        """Name of the camera."""

    @property
    def height(self) -> int:
        """Rows, px."""

    @property
    def width(self) -> int:
        """Columns, px."""

    @property
    def fit(self) -> Literal['pad', 'crop', 'stretch', 'none']:
        """What is done to a picture of another aspect ratio."""

    @property
    def history(self) -> bool:
        """Whether its past is wanted as well."""


def fit_image(image: Image, shape: ImageShape) -> Image:
    """Return the image in the size that a policy wants, (height, width, 3).

    pad: all of it in the middle, black beside it; crop: its middle; stretch: all of it, distorted.

    Raises:
        ImageError: the aspect ratio differs, and `fit` is none.
    """
    rows, columns = image.shape[:2]
    width, height = shape.width, shape.height
    if shape.fit == 'none' or rows * width == columns * height:
        return resize_area(image, width, height)
    if shape.fit == 'stretch':
        return _resized(image, width, height)
    if shape.fit == 'crop':
        # The greatest part that has the aspect ratio wanted.
        across = min(columns, round(rows * width / height))
        down = min(rows, round(columns * height / width))
        left, top = (columns - across) // 2, (rows - down) // 2
        return _resized(image[top : top + down, left : left + across], width, height)
    scale = min(width / columns, height / rows)
    across, down = max(1, round(columns * scale)), max(1, round(rows * scale))
    result = np.zeros((height, width, 3), np.uint8)
    left, top = (width - across) // 2, (height - down) // 2
    result[top : top + down, left : left + across] = _resized(image, across, down)
    return result


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
    return _resized(image, width, height)


def _resized(image: Image, width: int, height: int) -> Image:
    resized = cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA)
    return np.asarray(resized, np.uint8)
