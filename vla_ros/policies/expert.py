"""What an expert is: observation and context in, the next actions out, fast."""

from dataclasses import dataclass, field
from typing import Protocol

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


@dataclass(frozen=True)
class Context:
    """What an expert may use beside the observation."""

    instruction: str
    subgoal: str = ''  # of the newest latent; '' when the reasoner names none
    latent: Latent | None = None
    latent_age: float = 0.0  # s from the latent's observation to this one
    latent_inference: float = 0.0  # s of that which the reasoner took
    previous: Array | None = None  # (H', C) steps still to come, in the expert's action space
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
    feature: NDArray[np.float32] = field(default_factory=lambda: np.zeros(0, np.float32))


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
