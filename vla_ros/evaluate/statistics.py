"""Intervals for shares, because 98 of 100 is not 98 %.

Clopper-Pearson is exact (never covers less than it says); Wilson is narrower and nearly right.
"""

from dataclasses import dataclass
from typing import Literal

from vla_ros.core.config import require


@dataclass(frozen=True)
class Share:
    """A success share with its interval; what reports carry."""

    successes: int
    trials: int
    rate: float  # successes / trials; NaN without trials
    low: float
    high: float
    confidence: float  # e.g. 0.95, two-sided
    method: str

    def __str__(self) -> str:
        if not self.trials:
            return 'no trials'
        return (
            f'{100 * self.rate:.1f} % ({self.successes}/{self.trials}, '
            f'{100 * self.confidence:.0f} % interval {100 * self.low:.1f}-{100 * self.high:.1f} %)'
        )


def share(
    successes: int,
    trials: int,
    confidence: float = 0.95,
    method: Literal['exact', 'wilson'] = 'exact',
) -> Share:
    """Return the binomial share with a two-sided interval; (0, 1) without trials."""
    require(0 <= successes <= trials, f'successes: expected 0..{trials}, got {successes}')
    require(0 < confidence < 1, f'confidence: expected a share, got {confidence}')
    require(method in ('exact', 'wilson'), f"method: {method!r} is not 'exact' or 'wilson'")
    if not trials:
        return Share(0, 0, float('nan'), 0.0, 1.0, confidence, method)
    from scipy.stats import binomtest  # slow to import: only reports need it

    interval = binomtest(successes, trials).proportion_ci(confidence, method=method)
    rate = successes / trials
    return Share(
        successes, trials, rate, float(interval.low), float(interval.high), confidence, method
    )
