"""Random batches: pairs of moments d seconds apart, and what was asked."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
import torch
from torch import Tensor

from vla_ros.language import Vocabulary
from vla_ros.language.corpus import Texts, positive, sample_texts
from vla_ros.learn.cameras import Pinhole
from vla_ros.learn.demos import CAMERAS, Demos
from vla_ros.learn.settings import TrainSettings


@dataclass(frozen=True)
class Batch:
    """Tensors of one step; n samples, N concepts.

    The first half are the moments that the latents of the second half are from, and they make
    their own: so every image is looked at once, and serves as present and as past.
    """

    images: dict[str, Tensor]  # camera -> (n, S, S, 3)
    state: Tensor  # (n, 16)
    age: Tensor  # (n,) s, of the latent
    actions: Tensor  # (n, H, 7)
    usable: Tensor  # (n,)
    places: Tensor  # (n, N, 3) m, 0 where absent
    present: Tensor  # (n, N) bool
    pixels: dict[str, Tensor]  # camera -> (n, N, 2), NaN where absent
    classes: Tensor  # (n, 2) object and target class asked for
    tokens: Tensor  # (n, L) of the request
    texts: Texts  # more instructions, without images

    @property
    def source(self) -> Tensor:
        """Return the index (n,) of the sample that each sample's latent is made from."""
        return torch.arange(len(self.age) // 2).repeat(2)


class Sampler:
    """Draws batches from demonstrations."""

    def __init__(
        self,
        demos: Demos,
        vocabulary: Vocabulary,
        cameras: tuple[Pinhole, ...],
        settings: TrainSettings,
        gripper_open: float,
        seed: int,
        families: tuple[str, ...],
    ) -> None:
        """Draw from `demos`, whose requests are of `families`."""
        self.demos, self.vocabulary, self.settings = demos, vocabulary, settings
        self.gripper_open, self.families = gripper_open, families
        self.rng = np.random.default_rng(seed)
        self._pixels = {camera.name: demos.pixels(camera) for camera in cameras}
        self._steps = np.flatnonzero(demos.usable)
        # Stills: episodes without a usable step, which only perception learns from.
        moving = np.zeros(len(demos.requests), bool)
        moving[demos.episode[self._steps]] = True
        self._stills = np.flatnonzero(~moving[demos.episode])

    def draw(self, frames: NDArray | None = None, augment: bool = True) -> Batch:
        """Return a random batch, or the one whose newer half is `frames`."""
        if frames is None:
            frames = self._choose(self.settings.batch // 2)
        demos = self.demos
        old, age = self.delays(frames)
        every = np.concatenate([old, frames])
        fresh = self.rng.uniform(0.0, 0.5 * demos.dt, len(frames))
        asked = demos.classes[demos.episode[every]]
        requested = [demos.requests[i] for i in demos.episode[every]]
        words = [positive(request, self.rng, self.families) for request in requested]
        places = demos.places[every]
        horizon = self.settings.net.horizon
        jitter = self.settings.jitter if augment else 0.0
        return Batch(
            images=_images(demos, every, jitter, self.rng),
            state=torch.from_numpy(demos.state[every]),
            age=torch.from_numpy(np.concatenate([fresh, age]).astype(np.float32)),
            actions=torch.from_numpy(demos.chunks(every, horizon, self.gripper_open)),
            usable=torch.from_numpy(demos.usable[every]),
            places=torch.from_numpy(np.nan_to_num(places)),
            present=torch.from_numpy(np.isfinite(places[..., 0])),
            pixels={c: torch.from_numpy(p[every]) for c, p in self._pixels.items()},
            classes=torch.from_numpy(asked),
            tokens=torch.from_numpy(np.stack([self.vocabulary.encode_words(w) for w in words])),
            texts=sample_texts(self.vocabulary, self.settings.texts, self.rng, self.families),
        )

    def _choose(self, count: int) -> NDArray[np.int64]:
        """Return random frames, a share of them stills."""
        share = self.settings.stills if len(self._stills) else 0.0
        stills = round(count * share) if len(self._steps) else count
        chosen = [
            pool[self.rng.integers(len(pool), size=size)]
            for pool, size in ((self._steps, count - stills), (self._stills, stills))
            if size
        ]
        return np.concatenate(chosen)

    def delays(self, frames: NDArray) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Return the frame that the latent was made from, and its age."""
        delay, n = self.settings.delay, len(frames)
        usual = self.rng.uniform(*delay.usual, size=n)
        slow = self.rng.uniform(*delay.slow, size=n)
        age = np.where(self.rng.random(n) < delay.slow_share, slow, usual)
        wanted = frames - np.round(age / self.demos.dt).astype(np.int64)
        first = self.demos.start[frames]
        # Before the episode there is nothing: its first image is as old as the episode.
        limit = (frames - first + 0.5) * self.demos.dt
        return np.maximum(wanted, first), np.minimum(age, limit)


def _images(
    demos: Demos,
    frames: NDArray,
    jitter: float,
    rng: np.random.Generator,
) -> dict[str, Tensor]:
    result = {}
    for camera in CAMERAS:
        image = torch.from_numpy(demos.images[camera][frames])
        if jitter:
            # Light changes all channels alike, a camera's white balance each a little.
            light = rng.uniform(1 - jitter, 1 + jitter, (len(frames), 1, 1, 1))
            white = rng.uniform(1 - jitter / 3, 1 + jitter / 3, (len(frames), 1, 1, 3))
            image = image * torch.from_numpy((light * white).astype(np.float32))
        result[camera] = image
    return result
