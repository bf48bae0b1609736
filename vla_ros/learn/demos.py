"""Demonstrations in memory: one array per key, all episodes one after the other."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vla_ros.episodes import read_episode, read_info
from vla_ros.language import Request
from vla_ros.language.corpus import classes
from vla_ros.learn.cameras import Pinhole
from vla_ros.policy import relative_actions


CAMERAS = ('front', 'wrist')


@dataclass(frozen=True)
class Demos:
    """All frames (n) of a set of episodes (m)."""

    images: dict[str, NDArray[np.uint8]]  # camera -> (n, S, S, 3)
    state: NDArray[np.float32]  # (n, 16)
    action: NDArray[np.float32]  # (n, 8), absolute
    places: NDArray[np.float32]  # (n, concepts, 3) m; NaN = absent
    usable: NDArray[np.bool_]  # (n,): the label of this step may be learned
    start: NDArray[np.int64]  # (n,) first frame of the frame's episode
    end: NDArray[np.int64]  # (n,) one past its last frame
    episode: NDArray[np.int64]  # (n,) index of the episode
    requests: tuple[Request, ...]  # (m,)
    dt: float  # s between frames

    @property
    def n(self) -> int:
        """Number of frames."""
        return len(self.state)

    @cached_property
    def moving(self) -> int:
        """Number of episodes with steps to imitate; the others are pictures only."""
        return len(np.unique(self.episode[self.usable]))

    @cached_property
    def classes(self) -> NDArray[np.int64]:
        """Object and target class of each episode (m, 2)."""
        return np.array([classes(request) for request in self.requests], np.int64)

    def pixels(self, camera: Pinhole) -> NDArray[np.float32]:
        """Return where every concept appears in a camera (n, concepts, 2); NaN = absent."""
        return camera.project(self.places, self.state).astype(np.float32)

    def chunks(self, frames: NDArray, horizon: int, gripper_open: float) -> NDArray[np.float32]:
        """Return relative actions (k, horizon, 7); an episode's last action is held."""
        steps = frames[:, None] + np.arange(horizon)
        steps = np.minimum(steps, self.end[frames][:, None] - 1)
        state = self.state[frames][:, None, :]
        return relative_actions(self.action[steps], state, gripper_open).astype(np.float32)


def load_demos(files: list[Path], image_size: int, families: tuple[str, ...]) -> Demos:
    """Read successful episodes of `families` into memory.

    Raises:
        ValueError: no episode, or a file that is not one or of another family; the message
            names it.
    """
    read = (_read(path, image_size, families) for path in files)
    episodes = [e for e in read if e is not None]
    if not episodes:
        raise ValueError('no successful demonstration among the files given')
    lengths = np.array([len(e['state']) for e in episodes])
    ends = np.cumsum(lengths)
    images = {c: np.concatenate([e.pop(c) for e in episodes]) for c in CAMERAS}
    return Demos(
        images=images,
        state=np.concatenate([e['state'] for e in episodes]),
        action=np.concatenate([e['action'] for e in episodes]),
        places=np.concatenate([e['places'] for e in episodes]),
        usable=np.concatenate([e['usable'] for e in episodes]),
        start=np.repeat(ends - lengths, lengths),
        end=np.repeat(ends, lengths),
        episode=np.repeat(np.arange(len(episodes)), lengths),
        requests=tuple(e['request'] for e in episodes),
        dt=1.0 / episodes[0]['fps'],
    )


def _read(path: Path, image_size: int, families: tuple[str, ...]) -> dict | None:
    """Return one episode, or None where it is not a success."""
    info = read_info(path)
    if not info.success:
        return None
    family = info.request.family
    if family not in families:
        raise ValueError(f'{path}: its family {family!r} is not one of {list(families)}')
    episode = read_episode(path)
    expected = (len(episode), image_size, image_size, 3)
    for camera in CAMERAS:
        if camera not in episode.images or episode.images[camera].shape != expected:
            raise ValueError(f'{path}: expected images {expected} of camera {camera!r}')
    goals = [episode.bowl[:, None], episode.zone[:, None]]
    return {camera: episode.images[camera] for camera in CAMERAS} | {
        'state': episode.state,
        'action': episode.action,
        'places': np.concatenate([episode.objects, *goals], axis=1),
        'usable': episode.valid.astype(bool),
        'request': episode.info.request,
        'fps': episode.info.fps,
    }
