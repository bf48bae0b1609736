"""The finite-sample conformal p-value (Vovk et al., 2005; Angelopoulos and Bates, 2021).

With n exchangeable calibration maxima D_i, p = (1 + #{D_i >= d}) / (n + 1) satisfies
P(p <= alpha) <= alpha for a new success, whatever the distribution. Ties count against an alarm.
"""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
import math

from vla_ros.core.data import Guarantee


# p and alpha are ratios of small integers: this absorbs the rounding of 3 * 0.1 and the like.
_ROUNDING = 1e-12


def enough(n: int, alpha: float) -> bool:
    """Whether n calibration episodes can promise alpha: n >= 1 / alpha - 1."""
    return (n + 1) * alpha >= 1 - _ROUNDING


def reaches(p_value: float, alpha: float) -> bool:
    """Whether p <= alpha, up to rounding."""
    return p_value <= alpha * (1 + _ROUNDING)


class Conformal:
    """Calibration maxima of one task or of all pooled, sorted once."""

    def __init__(self, maxima: Sequence[float]) -> None:
        """`maxima`: D_i, the largest r of each held-out success; -inf where never available."""
        if any(math.isnan(value) for value in maxima):
            raise ValueError('conformal: a calibration maximum is NaN')
        self._sorted = sorted(maxima)

    def __len__(self) -> int:
        return len(self._sorted)

    def p_value(self, largest: float) -> float:
        """Return (1 + #{D_i >= largest}) / (n + 1); 1 when nothing was measured (-inf)."""
        n = len(self._sorted)
        return (1 + n - bisect_left(self._sorted, largest)) / (n + 1)


def choose(
    maxima: Mapping[str, Sequence[float]], task: str, alpha: float
) -> tuple[Conformal, Guarantee]:
    """Return the calibration set for `task` and what it can promise at `alpha`.

    The task's own successes when there are enough of them, else those of all tasks pooled, else
    the pooled set with no promise. A task that was never calibrated gets no promise: a mixture
    says nothing about what is not in it.
    """
    own = maxima.get(task, ())
    pooled = [value for values in maxima.values() for value in values]
    if enough(len(own), alpha):
        return Conformal(own), Guarantee.TASK
    if own and enough(len(pooled), alpha):
        return Conformal(pooled), Guarantee.POOLED
    return Conformal(pooled), Guarantee.NONE
