"""Random batches: pairs of moments d seconds apart, and what was asked."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
import torch
from torch import Tensor

from vla_ros.tabletop.language import Vocabulary
from vla_ros.tabletop.language.corpus import Texts, arm_class, positive, sample_texts
from vla_ros.tabletop.pocket.demos import Demos
from vla_ros.tabletop.pocket.embodiment import Embodiment
from vla_ros.tabletop.pocket.train_config import TrainSettings


@dataclass(frozen=True)
class Seen:
    """Where everything appears, image coordinates; NaN = absent, or behind the camera."""

    far: Tensor  # (n, N, 2) of the places
    near: Tensor  # (n, arms, N, 2) likewise, in each hand's camera
    far_grips: Tensor  # (n, arms, N, 2) where each arm takes hold
    near_grips: Tensor  # (n, arms, N, 2) where each arm takes hold, in its own camera

    @property
    def anywhere(self) -> Tensor:
        """Whether any camera has it in its picture (n, N)."""
        return inside(self.far) | inside(self.near).any(1)

    def at(self, frames: NDArray) -> 'Seen':
        """Return the same of some frames."""
        return Seen(self.far[frames], self.near[frames], self.far_grips[frames],
                    self.near_grips[frames])  # fmt: skip


def inside(pixels: Tensor) -> Tensor:
    """Return whether image coordinates (..., 2) lie within the picture."""
    return pixels.nan_to_num(9.0).abs().amax(-1) < 1.0


def see(demos: Demos) -> Seen:
    """Return where everything appears in all frames of demonstrations."""
    body, grips = demos.body, [demos.grips[:, i] for i in range(demos.body.arms)]
    pairs = list(zip(body.near, grips, strict=True))
    parts = (
        demos.pixels(body.far, demos.places),
        np.stack([demos.pixels(camera, demos.places) for camera in body.near], 1),
        np.stack([demos.pixels(body.far, own) for own in grips], 1),
        np.stack([demos.pixels(camera, own) for camera, own in pairs], 1),
    )
    return Seen(*(torch.from_numpy(part) for part in parts))


@dataclass(frozen=True)
class Batch:
    """Tensors of one step; n samples, N concepts.

    The first half are the moments that the latents of the second half are from, and they make
    their own: so every image is looked at once, and serves as present and as past.
    """

    body: Embodiment
    far: Tensor  # (n, S, S, 3)
    near: Tensor  # (n, arms, S, S, 3)
    state: Tensor  # (n, 2 per channel)
    age: Tensor  # (n,) s, of the latent
    actions: Tensor  # (n, H, relative channels)
    usable: Tensor  # (n,)
    places: Tensor  # (n, N, 3) m, 0 where absent
    grips: Tensor  # (n, arms, N, 3) m, where each arm takes hold, likewise
    present: Tensor  # (n, N) bool; to a camera that turns only what it sees is
    seen: Seen
    classes: Tensor  # (n, 2) object and target class asked for
    arm: Tensor  # (n,) class of the arm asked for
    tokens: Tensor  # (n, L) of the request
    texts: Texts  # more instructions, without images

    @property
    def source(self) -> Tensor:
        """Return the index (n,) of the sample that each sample's latent is made from."""
        return torch.arange(len(self.age) // 2).repeat(2)


class Sampler:
    """Draws batches from demonstrations of one robot.

    Attributes:
        families: of texts, those of the robot. seen: where everything appears in all frames.
    """

    def __init__(
        self, demos: Demos, vocabulary: Vocabulary, settings: TrainSettings, seed: int
    ) -> None:
        """Draw from `demos`."""
        self.demos, self.vocabulary, self.settings = demos, vocabulary, settings
        self.families = demos.body.families
        self.rng = np.random.default_rng(seed)
        self.seen = see(demos)
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
        requested = [demos.requests[i] for i in demos.episode[every]]
        words = [positive(request, self.rng, self.families) for request in requested]
        places, seen = demos.places[every], self.seen.at(every)
        present = torch.from_numpy(np.isfinite(places[..., 0]))
        jitter = self.settings.jitter if augment else 0.0
        return Batch(
            body=demos.body,
            far=_lit(demos.far[every], jitter, self.rng),
            near=_lit(demos.near[every], jitter, self.rng),
            state=torch.from_numpy(demos.state[every]),
            age=torch.from_numpy(np.concatenate([fresh, age]).astype(np.float32)),
            actions=torch.from_numpy(demos.chunks(every, self.settings.net.horizon)),
            usable=torch.from_numpy(demos.usable[every]),
            places=torch.from_numpy(np.nan_to_num(places)),
            grips=torch.from_numpy(np.nan_to_num(demos.grips[every])),
            present=present & seen.anywhere if demos.body.far.links else present,
            seen=seen,
            classes=torch.from_numpy(demos.classes[demos.episode[every]]),
            arm=torch.tensor([arm_class(request) for request in requested]),
            tokens=torch.from_numpy(np.stack([self.vocabulary.encode_words(w) for w in words])),
            texts=self.texts(self.settings.texts),
        )

    def texts(self, count: int) -> Texts:
        """Return instructions, the families by their numbers among all that the net knows."""
        texts = sample_texts(self.vocabulary, count, self.rng, self.families)
        rows = np.array([*self.demos.body.rows, -1])  # the last where a text means nothing
        return replace(texts, family=rows[texts.family])

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


def _lit(images: NDArray, jitter: float, rng: np.random.Generator) -> Tensor:
    """Return images (n, ..., S, S, 3) in another light; as they are without `jitter`."""
    result = torch.from_numpy(images)
    if not jitter:
        return result
    # Light changes all channels alike, a camera's white balance each a little.
    shape = images.shape[:-3]
    light = rng.uniform(1 - jitter, 1 + jitter, (*shape, 1, 1, 1))
    white = rng.uniform(1 - jitter / 3, 1 + jitter / 3, (*shape, 1, 1, 3))
    return result * torch.from_numpy((light * white).astype(np.float32))
