import math

from hypothesis import given
from hypothesis import strategies as st
import numpy as np
import pytest
from scipy import stats

from vla_ros.evaluate.statistics import share


@pytest.mark.parametrize(
    ('k', 'n', 'low', 'high'),
    [
        (0, 10, 0.0, 0.3085),
        (10, 10, 0.6915, 1.0),
        (95, 100, 0.8872, 0.9836),
        (5, 10, 0.1871, 0.8129),
    ],
)
def test_clopper_pearson_from_tables(k: int, n: int, low: float, high: float) -> None:
    result = share(k, n)
    assert (result.low, result.high) == (
        pytest.approx(low, abs=1e-4),
        pytest.approx(high, abs=1e-4),
    )
    assert result.rate == k / n


def test_wilson_by_its_formula() -> None:
    n, p, z = 50, 0.9, stats.norm.ppf(0.975)
    centre = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    result = share(45, 50, method='wilson')
    assert (result.low, result.high) == (
        pytest.approx(centre - half),
        pytest.approx(centre + half),
    )


@given(st.integers(1, 300), st.data(), st.floats(0.5, 0.999))
def test_intervals_hold_the_rate_and_nest(n: int, data: st.DataObject, confidence: float) -> None:
    k = data.draw(st.integers(0, n))
    exact, wilson = share(k, n, confidence), share(k, n, confidence, 'wilson')
    assert 0 <= exact.low <= exact.rate <= exact.high <= 1
    assert wilson.low - 1e-9 <= wilson.rate <= wilson.high + 1e-9
    assert share(k, n, (1 + confidence) / 2).high >= exact.high - 1e-9


def test_exact_covers_at_least_as_often_as_it_says() -> None:
    n = 30
    intervals = [share(k, n) for k in range(n + 1)]
    for p in np.linspace(0.02, 0.98, 25):
        covered = sum(
            stats.binom.pmf(k, n, p) for k, i in enumerate(intervals) if i.low <= p <= i.high
        )
        assert covered >= 0.95


def test_no_trials_know_nothing() -> None:
    result = share(0, 0)
    assert (result.low, result.high) == (0.0, 1.0) and math.isnan(result.rate)
    assert str(result) == 'no trials'


def test_outcomes_and_text() -> None:
    result = share(19, 20)
    assert (result.successes, result.trials) == (19, 20)
    assert str(result) == '95.0 % (19/20, 95 % interval 75.1-99.9 %)'


@pytest.mark.parametrize('bad', [(3, 2), (-1, 2)])
def test_impossible_counts_are_refused(bad: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match='successes'):
        share(*bad)
    with pytest.raises(ValueError, match='confidence'):
        share(1, 2, confidence=95)
    with pytest.raises(ValueError, match='method'):
        share(1, 2, method='guess')  # type: ignore[arg-type]
