"""Episodes: one demonstration is one .safetensors file; docs/design.md lists its keys."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from vla_ros.core.config import require
from vla_ros.tabletop.language.grammar import Request


SUFFIX = '.safetensors'
IMAGE_PREFIX = 'observation.images.'
ARM_CHANNELS, OBJECTS = 8, 6
_NEEDED = ('robot', 'family', 'object', 'target', 'instruction', 'seed', 'success', 'fps')


class EpisodeError(ValueError):
    """A file that is not a valid episode; the message names the file and the key."""


@dataclass(frozen=True)
class DemonstrationInfo:
    """What an episode is about; kept as the strings of the file's metadata."""

    robot: str
    request: Request
    instruction: str
    seed: int  # of the scene
    success: bool
    fps: float  # Hz


@dataclass(frozen=True)
class Demonstration:
    """T steps of a demonstration; step t is the state at t and the action to be reached at t+1."""

    info: DemonstrationInfo
    images: Mapping[str, NDArray[np.uint8]]  # camera -> (T, S, S, 3) RGB
    # What is privileged is in the base frame of the arms at that step, if anything carries them.
    state: NDArray[np.float32]  # (T, 2 per channel) the limbs' vector(), in order
    action: NDArray[np.float32]  # (T, channels) of an arm absolute pose (m, xyzw), opening (m)
    objects: NDArray[np.float32]  # (T, 6, 3) m, what has a colour, in colour order; NaN = absent
    # (T, arms, 6, 3) m, where each hand would take hold of it
    grips: NDArray[np.float32]
    bowl: NDArray[np.float32]  # (T, 3) m; NaN = absent, as the zone
    zone: NDArray[np.float32]  # (T, 3) m
    travel: NDArray[np.float32]  # (T, 6) m, of buttons; NaN = absent
    wiped: NDArray[np.float32]  # (T, 6) share of lines, 0..1; NaN = absent
    force: NDArray[np.float32]  # (T, 3) N on the robot, base axes; NaN = not followed
    stamp: NDArray[np.int64]  # (T,) ns
    valid: NDArray[np.uint8]  # (T,) 1 where the action is the expert's

    def __post_init__(self) -> None:
        object.__setattr__(self, 'images', MappingProxyType(dict(self.images)))
        channels = self.action.shape[-1]
        # How many arms there are is the robot's affair: at most as many as there are channels for.
        arms = min(self.grips.shape[1] if self.grips.ndim == 4 else 1, channels // ARM_CHANNELS)
        for key, array in self.arrays().items():
            _check(key, array, len(self.stamp), channels, arms)
        step = np.diff(self.stamp)
        require(bool((step > 0).all()), 'stamp: must increase')
        finite = np.isfinite(self.state).all() and np.isfinite(self.action).all()
        require(bool(finite), 'observation.state and action: must be finite')

    def __len__(self) -> int:
        return len(self.stamp)

    def arrays(self) -> dict[str, NDArray]:
        """Return the arrays by the keys they have in the file."""
        images = {IMAGE_PREFIX + name: array for name, array in self.images.items()}
        return images | {
            'observation.state': self.state,
            'action': self.action,
            'privileged.objects': self.objects,
            'privileged.grips': self.grips,
            'privileged.bowl': self.bowl,
            'privileged.zone': self.zone,
            'privileged.travel': self.travel,
            'privileged.wiped': self.wiped,
            'privileged.force': self.force,
            'stamp': self.stamp,
            'valid': self.valid,
        }


def _check(key: str, array: NDArray, steps: int, channels: int, arms: int) -> None:
    shapes: dict[str, tuple[type, tuple[int, ...]]] = {
        'observation.state': (np.float32, (steps, 2 * channels)),
        'action': (np.float32, (steps, channels)),
        'privileged.objects': (np.float32, (steps, OBJECTS, 3)),
        'privileged.grips': (np.float32, (steps, arms, OBJECTS, 3)),
        'privileged.bowl': (np.float32, (steps, 3)),
        'privileged.zone': (np.float32, (steps, 3)),
        'privileged.travel': (np.float32, (steps, OBJECTS)),
        'privileged.wiped': (np.float32, (steps, OBJECTS)),
        'privileged.force': (np.float32, (steps, 3)),
        'stamp': (np.int64, (steps,)),
        'valid': (np.uint8, (steps,)),
    }
    size = array.shape[1] if array.ndim == 4 else 0
    kind, shape = shapes.get(key, (np.uint8, (steps, size, size, 3)))
    if array.dtype != kind or array.shape != shape:
        raise ValueError(
            f'{key}: expected {np.dtype(kind)} {shape}, got {array.dtype} {array.shape}'
        )


def write_demonstration(path: str | Path, episode: Demonstration) -> None:
    """Write an episode; the file appears only when it is complete."""
    info, path = episode.info, Path(path)
    metadata = {
        'robot': info.robot,
        'family': info.request.family,
        'object': info.request.object,
        'target': info.request.target,
        'arm': info.request.arm,
        'instruction': info.instruction,
        'seed': str(info.seed),
        'success': str(info.success).lower(),
        'fps': f'{info.fps:g}',
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix('.partial')
    arrays = {key: np.ascontiguousarray(array) for key, array in episode.arrays().items()}
    save_file(arrays, partial, metadata)
    partial.replace(path)


def read_info(path: str | Path) -> DemonstrationInfo:
    """Read what an episode is about, and nothing of its arrays.

    Raises:
        EpisodeError: not an episode; the message names the file and what is wrong.
    """
    try:
        with safe_open(path, framework='numpy') as file:
            return _info(file.metadata() or {})
    except (OSError, SafetensorError, KeyError, ValueError) as error:
        raise EpisodeError(f'{path}: not an episode: {error}') from error


def read_demonstration(path: str | Path) -> Demonstration:
    """Read an episode; the file is mapped into memory and read as it is touched.

    Raises:
        EpisodeError: not an episode; the message names the file and the key.
    """
    try:
        with safe_open(path, framework='numpy') as file:
            info = _info(file.metadata() or {})
            arrays = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
        shown = [key for key in arrays if key.startswith(IMAGE_PREFIX)]
        images = {key.removeprefix(IMAGE_PREFIX): arrays[key] for key in shown}
        require(bool(images), f'no key begins with {IMAGE_PREFIX!r}')
        arrays = _absent(arrays) | arrays
        return Demonstration(
            info=info,
            images=images,
            state=arrays['observation.state'],
            action=arrays['action'],
            objects=arrays['privileged.objects'],
            grips=arrays['privileged.grips'],
            bowl=arrays['privileged.bowl'],
            zone=arrays['privileged.zone'],
            travel=arrays['privileged.travel'],
            wiped=arrays['privileged.wiped'],
            force=arrays['privileged.force'],
            stamp=arrays['stamp'],
            valid=arrays['valid'],
        )
    except (OSError, SafetensorError, KeyError, ValueError) as error:
        raise EpisodeError(f'{path}: not an episode: {error}') from error


def _absent(arrays: Mapping[str, NDArray]) -> dict[str, NDArray]:
    """Return what stands for what older files lack: hands take things where they are."""
    steps = len(arrays['stamp'])
    unknown = np.full((steps, OBJECTS), np.nan, np.float32)
    arms = max(arrays['action'].shape[-1] // ARM_CHANNELS, 1)
    return {
        'privileged.grips': np.repeat(arrays['privileged.objects'][:, None], arms, axis=1),
        'privileged.travel': unknown,
        'privileged.wiped': unknown,
        'privileged.force': unknown[:, :3],
        'valid': np.ones(steps, np.uint8),
    }


def find_episodes(folder: str | Path) -> list[Path]:
    """Return the episode files below a folder, in order of their names.

    Raises:
        FileNotFoundError: the folder does not exist or holds none.
    """
    paths = sorted(Path(folder).rglob(f'*{SUFFIX}'))
    if not paths:
        raise FileNotFoundError(f'{folder}: holds no episode (*{SUFFIX})')
    return paths


def _info(metadata: dict[str, str]) -> DemonstrationInfo:
    missing = [key for key in _NEEDED if key not in metadata]
    if missing:
        raise ValueError(f'metadata: {missing[0]!r} is missing; needed: {list(_NEEDED)}')
    return DemonstrationInfo(
        robot=metadata['robot'],
        request=Request(
            metadata['family'], metadata['object'], metadata['target'], metadata.get('arm', '')
        ),
        instruction=metadata['instruction'],
        seed=int(metadata['seed']),
        success=metadata['success'] == 'true',
        fps=float(metadata['fps']),
    )
