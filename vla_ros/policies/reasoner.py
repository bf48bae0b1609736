"""What a reasoner is: it looks and reads, slowly, and says what the expert should know."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from vla_ros.core.config import require
from vla_ros.core.data import Observation
from vla_ros.policies.expert import EpisodeInfo
from vla_ros.policies.features import Features


# go: act on it; refuse: the instruction cannot be carried out here; ask: a person must answer
# first; done: it has been carried out. The robot moves on `go` alone.
Verdict = Literal['go', 'refuse', 'ask', 'done']


@dataclass(frozen=True)
class Thought:
    """What came of one look."""

    data: NDArray[np.float32] | None = None  # (tokens, width) for the expert; None: text only
    text: str = ''  # the step pursued now, for people and for experts that read
    task: str = ''  # the policy's label for what is being done, for calibration tables; '' is none
    verdict: Verdict = 'go'
    reason: str = ''  # why it is refused, for people
    question: str = ''  # what is asked, for people
    scores: Mapping[str, float] = field(default_factory=dict)  # 'grounded': 0..1; others: its own

    def __post_init__(self) -> None:
        require(self.verdict in ('go', 'refuse', 'ask', 'done'), f'verdict: {self.verdict!r}')
        require(self.verdict != 'refuse' or bool(self.reason), 'refuse: expected a reason')
        require(self.verdict != 'ask' or bool(self.question), 'ask: expected a question')


class Reasoner(Protocol):
    """Looks and reads, slowly; a backend is one class, found by its kind.

    Calls come one at a time, from one thread that is not always the one that made it.
    """

    model: str  # '<name>:<weights hash>'
    features: Features

    def reset(self, episode: EpisodeInfo) -> None:
        """Forget what belongs to another episode; called before the first `reason` of each."""

    def reason(self, observation: Observation, episode: EpisodeInfo) -> Thought:
        """Return what the expert should know now.

        Raises:
            ValueError: the observation is not what the model was made for.
        """
        ...

    def close(self) -> None:
        """Give back processes, connections and memory; nothing is called after it."""
