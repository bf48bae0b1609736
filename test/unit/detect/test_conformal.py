import math

from hypothesis import given
from hypothesis import strategies as st
import numpy as np
import pytest
from scipy import stats

from vla_ros.core.data import Guarantee
from vla_ros.detect.conformal import Conformal, choose, enough, reaches


FLOATS = st.floats(allow_nan=False, width=32)


@given(st.lists(FLOATS, max_size=40), FLOATS)
def test_p_value_is_the_rank_counted_by_hand(maxima: list[float], largest: float) -> None:
    expected = (1 + sum(d >= largest for d in maxima)) / (len(maxima) + 1)
    assert Conformal(maxima).p_value(largest) == expected


@given(st.lists(FLOATS, min_size=1, max_size=40), FLOATS, FLOATS)
def test_p_value_falls_as_the_score_rises(maxima: list[float], a: float, b: float) -> None:
    conformal = Conformal(maxima)
    low, high = sorted((a, b))
    assert 1 / (len(maxima) + 1) <= conformal.p_value(high) <= conformal.p_value(low) <= 1


def test_ties_count_against_an_alarm() -> None:
    conformal = Conformal([1.0] * 19)
    assert conformal.p_value(1.0) == 1.0
    assert conformal.p_value(np.nextafter(1.0, 2.0)) == 1 / 20


def test_nothing_measured_is_no_evidence() -> None:
    assert Conformal([0.0] * 9).p_value(-math.inf) == 1.0
    assert Conformal([]).p_value(5.0) == 1.0


def test_nan_is_refused() -> None:
    with pytest.raises(ValueError, match='NaN'):
        Conformal([0.0, math.nan])


@pytest.mark.parametrize(('alpha', 'needed'), [(0.1, 9), (0.05, 19), (0.2, 4), (0.01, 99)])
def test_smallest_calibration_set(alpha: float, needed: int) -> None:
    assert enough(needed, alpha)
    assert not enough(needed - 1, alpha)
    assert reaches(Conformal([0.0] * needed).p_value(1.0), alpha)


@pytest.mark.parametrize('alpha', [0.05, 0.1, 0.2, 0.3])
def test_alpha_is_not_missed_by_rounding(alpha: float) -> None:
    for n in range(1, 400):
        k = round(alpha * (n + 1))
        if math.isclose(k, alpha * (n + 1)):
            assert reaches(k / (n + 1), alpha)


def test_task_then_pooled_then_nothing() -> None:
    maxima = {'put': [0.0] * 9, 'pick': [1.0] * 3}
    assert choose(maxima, 'put', 0.1)[1] is Guarantee.TASK
    conformal, guarantee = choose(maxima, 'pick', 0.1)
    assert guarantee is Guarantee.POOLED
    assert len(conformal) == 12
    assert choose(maxima, 'pick', 0.05)[1] is Guarantee.NONE
    assert choose(maxima, 'never seen', 0.1)[1] is Guarantee.NONE
    assert choose({}, 'put', 0.1)[1] is Guarantee.NONE


@pytest.mark.parametrize('draw', ['normal', 'lognormal', 'exponential'])
@pytest.mark.parametrize(('n', 'alpha'), [(19, 0.1), (50, 0.1), (40, 0.05)])
def test_coverage_follows_the_beta_binomial_law(draw: str, n: int, alpha: float) -> None:
    """Alarms among 40 new successes follow Beta-Binomial(40, k, n + 1 - k) over calibrations."""
    rng = np.random.default_rng(11)
    sample = {
        'normal': lambda size: rng.normal(size=size),
        'lognormal': lambda size: rng.lognormal(0, 1.5, size),
        'exponential': lambda size: rng.exponential(size=size),
    }[draw]
    trials, tests = 1500, 40
    alarms = []
    for _ in range(trials):
        conformal = Conformal(list(sample(n)))
        alarms.append(sum(reaches(conformal.p_value(d), alpha) for d in sample(tests)))
    k = math.floor(alpha * (n + 1) + 1e-9)
    law = stats.betabinom(tests, k, n + 1 - k)
    edges = np.unique(law.ppf(np.linspace(0, 1, 9)[1:-1]))
    observed = np.bincount(np.searchsorted(edges, alarms), minlength=len(edges) + 1)
    cumulative = np.concatenate([[0], law.cdf(edges), [1]])
    assert stats.chisquare(observed, np.diff(cumulative) * trials).pvalue > 1e-3
    assert np.mean(alarms) / tests <= alpha + 4 * np.std(alarms) / tests / math.sqrt(trials)
