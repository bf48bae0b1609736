"""Demonstrations in memory: one array per key, all episodes one after the other."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vla_ros.tabletop.demos.demonstration import Demonstration, read_demonstration, read_info
from vla_ros.tabletop.language import Request
from vla_ros.tabletop.language.corpus import classes
from vla_ros.tabletop.pocket.cameras import Pinhole
from vla_ros.tabletop.pocket.embodiment import Embodiment


@dataclass(frozen=True)
class Demos:
    """All frames (n) of a set of episodes (m) of one robot."""

    body: Embodiment
    far: NDArray[np.uint8]  # (n, S, S, 3)
    near: NDArray[np.uint8]  # (n, arms, S, S, 3)
    state: NDArray[np.float32]  # (n, 2 per channel)
    action: NDArray[np.float32]  # (n, 8 per arm), absolute
    places: NDArray[np.float32]  # (n, concepts, 3) m; NaN = absent
    grips: NDArray[np.float32]  # (n, arms, concepts, 3) m, where each arm takes hold; likewise
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

    def pixels(self, camera: Pinhole, points: NDArray) -> NDArray[np.float32]:
        """Return where points (n, k, 3) m appear in a camera (n, k, 2); NaN = absent."""
        return camera.project(points, self.state).astype(np.float32)

    def chunks(self, frames: NDArray, horizon: int) -> NDArray[np.float32]:
        """Return relative actions (k, horizon, 7 per arm); an episode's last action is held."""
        steps = frames[:, None] + np.arange(horizon)
        steps = np.minimum(steps, self.end[frames][:, None] - 1)
        state, body = self.state[frames][:, None, :], self.body
        return body.action_space.relative(self.action[steps], state).astype(np.float32)


def load_demos(files: list[Path], image_size: int, body: Embodiment) -> Demos:
    """Read successful episodes of a robot's families into memory.

    Raises:
        ValueError: no episode, or a file that is not one, or of another robot or family; the
            message names it.
    """
    read = (_read(path, image_size, body) for path in files)
    episodes = [e for e in read if e is not None]
    if not episodes:
        raise ValueError('no successful demonstration among the files given')
    lengths = np.array([len(e['state']) for e in episodes])
    ends = np.cumsum(lengths)
    return Demos(
        body=body,
        # The greatest arrays: each episode's own are given up as they are taken over.
        far=np.concatenate([e.pop('far') for e in episodes]),
        near=np.concatenate([e.pop('near') for e in episodes]),
        state=np.concatenate([e['state'] for e in episodes]),
        action=np.concatenate([e['action'] for e in episodes]),
        places=np.concatenate([e['places'] for e in episodes]),
        grips=np.concatenate([e['grips'] for e in episodes]),
        usable=np.concatenate([e['usable'] for e in episodes]),
        start=np.repeat(ends - lengths, lengths),
        end=np.repeat(ends, lengths),
        episode=np.repeat(np.arange(len(episodes)), lengths),
        requests=tuple(e['request'] for e in episodes),
        dt=1.0 / episodes[0]['fps'],
    )


def _read(path: Path, image_size: int, body: Embodiment) -> dict | None:
    """Return one episode, or None where it is not a success."""
    info = read_info(path)
    if not info.success:
        return None
    family = info.request.family
    if family not in body.families:
        raise ValueError(f'{path}: its family {family!r} is not one of {list(body.families)}')
    if info.robot != body.name:
        raise ValueError(f'{path}: expected an episode of {body.name!r}, got {info.robot!r}')
    episode = read_demonstration(path)
    _check_images(path, episode, image_size, body)
    goals = np.stack([episode.bowl, episode.zone], 1)
    grips = np.repeat(goals[:, None], body.arms, 1)
    return {
        'far': episode.images[body.far.name],
        'near': np.stack([episode.images[camera.name] for camera in body.near], 1),
        'state': episode.state,
        'action': episode.action,
        'places': np.concatenate([episode.objects, goals], 1),
        'grips': np.concatenate([episode.grips, grips], 2),
        'usable': episode.valid.astype(bool),
        'request': info.request,
        'fps': info.fps,
    }


def _check_images(path: Path, episode: Demonstration, image_size: int, body: Embodiment) -> None:
    expected = (len(episode), image_size, image_size, 3)
    for camera in body.cameras:
        if camera not in episode.images or episode.images[camera].shape != expected:
            raise ValueError(f'{path}: expected images {expected} of camera {camera!r}')
