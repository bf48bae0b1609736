"""CameraWatch: is a camera silent, frozen, or publishing what the robot does not have?"""

import math
import zlib

import numpy as np

from vla_ros.core.data import SECOND, Array, Image
from vla_ros.observe.image import ImageError, check_image
from vla_ros.robots.spec import CameraSpec


# s after a new picture for which the joints may still be on their way to where it shows them.
_LAG = 0.2
# Pixels that a picture is told from the one before by, about; of more, only every so many.
_COMPARED = 96 * 96


class CameraWatch:
    """Judges one camera's images as they come.

    A still scene in simulation gives equal images for ever, so equal images are held against a
    camera only once joints have moved meanwhile that it must show: those that carry it.

    Attributes:
        refused: images refused since the start. cause: why the last one was.
    """

    def __init__(self, camera: CameraSpec, silent_after: float, frozen_motion: float) -> None:
        """Watch a camera.

        Args:
            camera: what it should publish.
            silent_after: s without an image after which it is called silent.
            frozen_motion: rad that a joint may move while images stay equal.
        """
        self.camera = camera
        self.refused = 0
        self.cause = ''
        self._silent_after = silent_after
        self._frozen_motion = frozen_motion
        self._arrived: int | None = None  # ns
        self._stamp: int | None = None  # ns
        self._content: int | None = None  # checksum
        self._changed = 0  # ns, stamp of the first image with this content
        self._position: Array | None = None  # rad, when the content last changed
        self._frozen = False

    def offer(self, stamp: int, image: Image, now: int, position: Array | None) -> str:
        """Return why an image is refused, or ''.

        `position` (n,) rad is where the joints are whose motion the camera must show.
        """
        self.cause = self._judge(stamp, image, now, position)
        self.refused += bool(self.cause)
        return self.cause

    def problem(self, now: int) -> str:
        """Return in words what is wrong with the camera at `now` (ns), or ''."""
        name = f'camera {self.camera.name}'
        if self._arrived is None:
            return self.cause or f'{name}: no image yet on {self.camera.topic!r}'
        silence = (now - self._arrived) / SECOND
        if silence > self._silent_after:
            return self.cause or f'{name}: silent for {silence:.1f} s'
        if self._frozen:
            return f'{name}: frozen, the same picture while the robot moved'
        return ''

    def _judge(self, stamp: int, image: Image, now: int, position: Array | None) -> str:
        name = f'camera {self.camera.name}'
        try:
            check_image(self.camera, image)
        except ImageError as error:
            return str(error)
        if self._stamp is not None and stamp <= self._stamp:
            back = (self._stamp - stamp) / SECOND
            # A clock that was set back would otherwise silence the camera for ever.
            if back < self._silent_after:
                return f'{name}: stamp repeated or {back:.3f} s older than the last image'
        self._stamp = stamp
        self._arrived = now
        content = _checksum(image)
        if content != self._content or self._position is None:
            self._content, self._position, self._frozen = content, position, False
            self._changed = stamp
        elif stamp - self._changed < _LAG * SECOND:
            self._position = position
        elif position is not None:
            moved = float(np.abs(position - self._position).max())
            self._frozen = self._frozen or moved > self._frozen_motion
        return ''


def _checksum(image: Image) -> int:
    """Return a checksum over a grid of pixels: a copy of each picture would cost as much again."""
    rows, columns = image.shape[:2]
    stride = max(math.isqrt(rows * columns // _COMPARED), 1)
    return zlib.crc32(np.ascontiguousarray(image[::stride, ::stride]).data)
