"""Features: what a policy looks at, by names that do not depend on the robot, and its latents.

Names of numbers are `[<limb>.]<quantity>`, without the limb where the robot is one arm. They are
checked against a robot when the policy is configured, not when the first observation comes.
"""

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from vla_ros.core.config import require
from vla_ros.core.data import Moment, Observation
from vla_ros.policies.vectors import FeatureError, VectorReader, past_moments, state_names
from vla_ros.robots.robot import Robot


__all__ = [
    'FeatureError', 'Features', 'ImageFeature', 'LatentFeature', 'VectorReader', 'state_names',
]  # fmt: skip

Fit = Literal['pad', 'crop', 'stretch', 'none']
LONGEST = 5.0  # s, of a history: what is longer is a memory, and a policy's own


@dataclass(frozen=True)
class ImageFeature:
    """One picture that a policy takes."""

    camera: str  # of the robot
    height: int  # px
    width: int  # px
    dtype: Literal['uint8'] = 'uint8'
    fit: Fit = 'none'  # what is done to a picture of another aspect ratio; none: it is refused
    history: bool = False  # whether its past is taken, too: at the times of `Features.history`

    def __post_init__(self) -> None:
        require(1 <= self.height <= 4096, f'height: expected 1..4096 px, got {self.height}')
        require(1 <= self.width <= 4096, f'width: expected 1..4096 px, got {self.width}')


@dataclass(frozen=True)
class LatentFeature:
    """What a reasoner hands to an expert: both fit when theirs are equal, whoever made them."""

    space: str  # name of the space; whoever trains another one gives it another name
    tokens: int
    width: int

    def __post_init__(self) -> None:
        require(bool(self.space), 'space: expected a name')
        require(self.tokens > 0 and self.width > 0, 'tokens, width: expected positive numbers')

    def problem(self, space: str, data: NDArray) -> str:
        """Return why `data` of a space is not such a latent, or ''."""
        if space != self.space:
            return f'latent of the space {space!r}; expected {self.space!r}'
        if data.shape != (self.tokens, self.width):
            return f'latent: expected shape {(self.tokens, self.width)}, got {data.shape}'
        return '' if np.isfinite(data).all() else 'latent is not finite'


@dataclass(frozen=True)
class Features:
    """Everything that a policy looks at."""

    images: dict[str, ImageFeature] = field(default_factory=dict)  # key -> picture
    vectors: dict[str, tuple[str, ...]] = field(default_factory=dict)  # key -> names, in order
    text: bool = True  # whether it reads the instruction
    latent: LatentFeature | None = None  # an expert's need, a reasoner's product
    # s before the stamp of the observation, ascending: of the vectors, and of images that say so
    history: tuple[float, ...] = (0.0,)

    def __post_init__(self) -> None:
        cameras = [image.camera for image in self.images.values()]
        twice = sorted({name for name in cameras if cameras.count(name) > 1})
        require(not twice, f'images: camera {twice} is taken twice')
        empty = [key for key, names in self.vectors.items() if not names]
        require(not empty, f'vectors: {empty} have no names')
        ascends = self.history[:1] == (0.0,) and np.all(np.diff(self.history) > 0)
        require(
            bool(ascends) and self.history[-1] <= LONGEST,
            f'history: expected 0.0 and then longer times up to {LONGEST} s, got {self.history}',
        )

    @property
    def feels(self) -> bool:
        """Whether it looks at a wrench, which nodes hear of only then."""
        return any(
            name.rpartition('.')[2] == 'wrench'
            for names in self.vectors.values()
            for name in names
        )

    def check(self, robot: Robot) -> None:
        """Compare with a robot.

        Raises:
            FeatureError: it has no such camera, limb or quantity; the message names what is
                missing and what there is.
        """
        cameras = [camera.name for camera in robot.cameras]
        for key, image in self.images.items():
            if image.camera not in cameras:
                raise FeatureError(
                    f'images.{key}: {robot.name} has no camera {image.camera!r}; it has {cameras}'
                )
        for key, names in self.vectors.items():
            VectorReader(robot, names, f'vectors.{key}')

    def reader(self, robot: Robot, key: str) -> 'VectorReader':
        """Return what reads the vector `key` out of observations, with its history."""
        return VectorReader(robot, self.vectors[key], f'vectors.{key}', self.history)

    def pictures(self, observation: Observation) -> dict[str, NDArray[np.uint8]]:
        """Return the pictures (height, width, 3) by key; of those with history (T, ..., 3).

        T are the times of `history`, the oldest first.

        Raises:
            FeatureError: a camera or a time is missing, or a picture has another size.
        """
        result = {}
        for key, feature in self.images.items():
            own = _picture(feature, observation)
            if feature.history and len(self.history) > 1:
                before = [
                    _picture(feature, then) for then in past_moments(observation, self.history)
                ]
                own = np.stack([*before, own])
            result[key] = own
        return result

    def picture_shape(self, key: str) -> tuple[int, ...]:
        """Return the shape of a picture, as `pictures` returns it."""
        feature = self.images[key]
        times = (len(self.history),) if feature.history and len(self.history) > 1 else ()
        return (*times, feature.height, feature.width, 3)


def _picture(feature: ImageFeature, seen: Observation | Moment) -> NDArray[np.uint8]:
    image = seen.images.get(feature.camera)
    if image is None:
        raise FeatureError(f'camera {feature.camera!r} is missing; found {sorted(seen.images)}')
    expected = (feature.height, feature.width, 3)
    if image.shape != expected:
        raise FeatureError(
            f'camera {feature.camera!r}: expected an image {expected}, got {image.shape}'
        )
    return image
