"""Features: what a policy looks at, by names that do not depend on the robot, and its latents.

Names of numbers are `[<limb>.]<quantity>`, without the limb where the robot is one arm. They are
checked against a robot when the policy is configured, not when the first observation comes.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from vla_ros.core.config import require
from vla_ros.core.data import (
    Array,
    BodyState,
    JointGroupState,
    LimbState,
    MobileBaseState,
    Observation,
    RobotState,
)
from vla_ros.robots.body import Robot
from vla_ros.robots.loading import named_limbs


Fit = Literal['pad', 'crop', 'stretch', 'none']


class FeatureError(ValueError):
    """A robot, or an observation, lacks what a policy needs; the message names it."""


@dataclass(frozen=True)
class ImageFeature:
    """One picture that a policy takes."""

    camera: str  # of the robot
    height: int  # px
    width: int  # px
    dtype: Literal['uint8'] = 'uint8'
    fit: Fit = 'none'  # what is done to a picture of another aspect ratio; none: it is refused

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
    history: tuple[float, ...] = (0.0,)  # s before the stamp of the observation

    def __post_init__(self) -> None:
        cameras = [image.camera for image in self.images.values()]
        twice = sorted({name for name in cameras if cameras.count(name) > 1})
        require(not twice, f'images: camera {twice} is taken twice')
        empty = [key for key, names in self.vectors.items() if not names]
        require(not empty, f'vectors: {empty} have no names')
        require(0.0 in self.history, f'history: expected 0.0 among {self.history}')

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
        if self.history != (0.0,):
            raise FeatureError(f'history: only 0.0 s is observed, got {list(self.history)}')

    def pictures(self, observation: Observation) -> dict[str, NDArray[np.uint8]]:
        """Return the pictures (height, width, 3) by key.

        Raises:
            FeatureError: a camera is missing, or its picture has another size.
        """
        result = {}
        for key, feature in self.images.items():
            image = observation.images.get(feature.camera)
            if image is None:
                raise FeatureError(
                    f'camera {feature.camera!r} is missing; found {sorted(observation.images)}'
                )
            expected = (feature.height, feature.width, 3)
            if image.shape != expected:
                raise FeatureError(
                    f'camera {feature.camera!r}: expected an image {expected}, got {image.shape}'
                )
            result[key] = image
        return result


_Read = Callable[[LimbState], Array]
# What is observed of each kind of limb, by name.
_ARM: dict[str, Callable[[RobotState], Array]] = {
    'joint.position': lambda s: s.position,
    'joint.velocity': lambda s: s.velocity,
    'ee.pose': lambda s: np.concatenate([s.ee.position, s.ee.quaternion]),
    'gripper': lambda s: np.array([s.gripper]),
    'commanded.ee.pose': lambda s: np.concatenate([s.commanded.position, s.commanded.quaternion]),
    'commanded.gripper': lambda s: np.array([s.commanded_gripper]),
}
_JOINTS: dict[str, Callable[[JointGroupState], Array]] = {
    'joint.position': lambda s: s.position,
    'joint.velocity': lambda s: s.velocity,
    'commanded.joint.position': lambda s: s.commanded,
}
_BASE: dict[str, Callable[[MobileBaseState], Array]] = {
    'base.twist': lambda s: s.twist,
    'commanded.base.twist': lambda s: s.commanded,
}
OBSERVED: Mapping[str, Mapping[str, Callable]] = {
    'arm': _ARM, 'joint_group': _JOINTS, 'mobile_base': _BASE,
}  # fmt: skip


class VectorReader:
    """Reads named numbers out of a robot's state, one array after the other."""

    def __init__(self, robot: Robot, names: tuple[str, ...], where: str = 'names') -> None:
        """Look the names up.

        Raises:
            FeatureError: a limb that the robot lacks, or a quantity that is not observed of it.
        """
        self._reads = [_reader(robot, name, f'{where}: {name}') for name in names]

    def __call__(self, state: RobotState | BodyState) -> Array:
        """Return the numbers (n,).

        Raises:
            FeatureError: they are not finite.
        """
        limbs = state.limbs if isinstance(state, BodyState) else (state,)
        result: Array = np.concatenate([read(limbs[limb]) for limb, read in self._reads])
        if not np.isfinite(result).all():
            raise FeatureError('observation.state is not finite')
        return result


def state_names(robot: Robot) -> tuple[str, ...]:
    """Return the names of `RobotState.vector()`: of each limb the measured, then the commanded."""
    own = {
        'arm': ('ee.pose', 'gripper', 'commanded.ee.pose', 'commanded.gripper'),
        'joint_group': ('joint.position', 'commanded.joint.position'),
        'mobile_base': ('base.twist', 'commanded.base.twist'),
    }
    return tuple(
        f'{limb}.{name}' if limb else name
        for limb, spec in named_limbs(robot)
        for name in own[spec.kind]
    )


def _reader(robot: Robot, name: str, where: str) -> tuple[int, _Read]:
    """Return the index of the limb that a name belongs to, and how it is read."""
    limbs = list(named_limbs(robot))
    for i, (limb, spec) in enumerate(limbs):
        if limb and not name.startswith(f'{limb}.'):
            continue
        quantity = name.removeprefix(f'{limb}.') if limb else name
        reads = OBSERVED[spec.kind]
        if quantity not in reads:
            raise FeatureError(
                f'{where}: {quantity!r} of {limb or robot.name} is not observed; '
                f'expected one of {sorted(reads)}'
            )
        return i, reads[quantity]
    raise FeatureError(
        f'{where}: {robot.name} has no such limb; it has {[limb for limb, _ in limbs]}'
    )
