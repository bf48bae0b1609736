"""The baseline: the same nets, one after the other, as a policy without asynchrony calls them."""

from dataclasses import dataclass
import time

import numpy as np

from vla_ros.core.data import Observation
from vla_ros.policies.expert import Expert
from vla_ros.policies.reasoner import Reasoner


@dataclass(frozen=True)
class Baseline:
    """How fast a synchronous loop is."""

    chunk_rate: float  # Hz
    reasoner: float  # s, median of one call, the added delay not included
    expert: float  # s, median of one call


def synchronous(
    reasoner: Reasoner,
    expert: Expert,
    observation: Observation,
    instruction: str,
    extra_delay: float,
    seconds: float,
) -> Baseline:
    """Call reasoner, wait `extra_delay` s, call expert, again and again for about `seconds` s."""
    slow: list[float] = []
    fast: list[float] = []
    start = time.perf_counter()
    while not fast or time.perf_counter() - start < seconds:
        before = time.perf_counter()
        latent = reasoner.reason(observation, instruction, 'baseline', len(fast))
        slow.append(time.perf_counter() - before)
        time.sleep(extra_delay)
        before = time.perf_counter()
        expert.act(observation, latent, len(fast))
        fast.append(time.perf_counter() - before)
    rate = len(fast) / (time.perf_counter() - start)
    return Baseline(rate, float(np.median(slow)), float(np.median(fast)))
