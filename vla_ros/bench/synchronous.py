"""The baseline: the same nets, one after the other, as a policy without asynchrony calls them."""

from dataclasses import dataclass
import time

import numpy as np

from vla_ros.core.data import Observation
from vla_ros.policies import EpisodeInfo
from vla_ros.policies.makers import ChunkMaker, LatentMaker


@dataclass(frozen=True)
class Baseline:
    """How fast a synchronous loop is."""

    chunk_rate: float  # Hz
    reasoner: float  # s, median of one call, the added delay not included
    expert: float  # s, median of one call


def synchronous(
    reasoner: LatentMaker | None,
    expert: ChunkMaker,
    observation: Observation,
    instruction: str,
    extra_delay: float,
    seconds: float,
) -> Baseline:
    """Call reasoner, if any, wait `extra_delay` s, call expert, for about `seconds` s."""
    episode, latent = EpisodeInfo('baseline', instruction), None
    slow: list[float] = []
    fast: list[float] = []
    start = time.perf_counter()
    while not fast or time.perf_counter() - start < seconds:
        before = time.perf_counter()
        if reasoner is not None:
            latent = reasoner.reason(observation, episode, len(fast))
        slow.append(time.perf_counter() - before)
        time.sleep(extra_delay)
        before = time.perf_counter()
        expert.act(observation, episode, latent, len(fast))
        fast.append(time.perf_counter() - before)
    rate = len(fast) / (time.perf_counter() - start)
    return Baseline(rate, float(np.median(slow)), float(np.median(fast)))
