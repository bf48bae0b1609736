"""What an expert is: observation and context in, the next actions out, fast."""

from dataclasses import dataclass, field
from typing import Protocol
import zlib

import numpy as np
from numpy.typing import NDArray

from vla_ros.core.config import require
from vla_ros.core.data import Array, Latent, Observation
from vla_ros.policies.action_space import ActionSpace
from vla_ros.policies.features import Features


@dataclass(frozen=True)
class EpisodeInfo:
    """What is being done, from one instruction to the next."""

    episode_id: str
    instruction: str

    @property
    def seed(self) -> int:
        """Of whatever is drawn at random in it: the same wherever it has this id."""
        return zlib.crc32(self.episode_id.encode())


@dataclass(frozen=True)
class Context:
    """What an expert may use beside the observation."""

    instruction: str
    subgoal: str = ''  # of the newest latent; '' when the reasoner names none
    latent: Latent | None = None
    latent_age: float = 0.0  # s from the latent's observation to this one
    latent_inference: float = 0.0  # s of that which the reasoner took
    # (H', C) steps still to come of the chunk in execution, as a prediction for this observation
    # would tell them; None where nothing is executed.
    previous: Array | None = None
    delay: int = 0  # steps of `previous` that will be executed before this prediction arrives
    samples: int = 1  # how many predictions are wanted, where the expert can draw several
    seed: int = 0  # of whatever is drawn at random

    def __post_init__(self) -> None:
        require(self.latent_age >= 0, 'latent_age: expected 0 s or more')
        require(self.delay >= 0 and self.samples >= 1, 'delay, samples: expected 0, 1 or more')


@dataclass(frozen=True)
class Prediction:
    """What an expert wants to do, in its own action space; H steps `dt` apart, C numbers each."""

    actions: Array  # (H, C), to be executed
    samples: Array | None = None  # (n, H, C), all that were drawn
    scores: Array | None = None  # (n,), of the samples; the greatest is the best
    confidence: Array | None = None  # (H,), of the actions, 0..1
    run_steps: int = 0  # how many of them are worth executing; 0 leaves it to the queue
    feature: NDArray[np.float32] = field(default_factory=lambda: np.zeros(0, np.float32))

    def misfit(self, width: int) -> str:
        """Return what of it has not the shape that it should, for C = width; '' if nothing."""
        shape, horizon = self.actions.shape, len(self.actions)
        if self.actions.ndim != 2 or not horizon or shape[1] != width:
            return f'actions of shape {shape}; expected (steps, {width}), as its action space says'
        drawn = 0 if self.samples is None else len(self.samples)
        for name, found, expected in (
            ('samples', self.samples, (drawn, *shape)),
            ('scores', self.scores, (drawn,)),
            ('confidence', self.confidence, (horizon,)),
        ):
            if found is not None and found.shape != expected:
                return f'{name} of shape {found.shape}; expected {expected}'
        if not 0 <= self.run_steps <= horizon:
            return f'{self.run_steps} as run_steps; expected 0..{horizon}'
        return ''


class Expert(Protocol):
    """Turns observations into actions, fast; a backend is one class, found by its kind.

    Calls come one at a time, from one thread that is not always the one that made it.
    """

    model: str  # '<name>:<weights hash>'
    features: Features
    action_space: ActionSpace
    dt: float  # s between the steps of a prediction

    def reset(self, episode: EpisodeInfo) -> None:
        """Forget what belongs to another episode; called before the first `act` of each."""

    def act(self, observation: Observation, context: Context) -> Prediction:
        """Return the actions from this observation on; step k is meant for (k + 1) dt after it.

        Raises:
            ValueError: observation or context is not what the model was made for.
        """
        ...

    def close(self) -> None:
        """Give back processes, connections and memory; nothing is called after it."""
