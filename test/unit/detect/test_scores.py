from collections.abc import Callable
import math

from hypothesis import given
from hypothesis import strategies as st
import numpy as np
import pytest

from vla_ros.core.data import ActionChunk
from vla_ros.detect.rollouts import Rollout
from vla_ros.detect.scores import SCORES, Mahalanobis, Overlap
from vla_ros.detect.scores.mahalanobis import ledoit_wolf
from vla_ros.detect.settings import MonitorConfig


Chunks = Callable[..., ActionChunk]
SETTINGS = MonitorConfig(components=8)


def test_consistent_plans_score_zero(chunk: Chunks) -> None:
    score = Overlap(np.ones(8), gap=0.2)
    values = [score.update(chunk(k / 30, k)) for k in range(30)]
    assert math.isnan(values[0])
    assert all(math.isnan(v) for v in values[:6])  # nothing 0.2 s older yet
    assert np.allclose(values[7:], 0, atol=1e-9)


def test_a_changed_plan_scores_its_scaled_distance(chunk: Chunks) -> None:
    score = Overlap(np.full(8, 0.01), gap=0.2)
    score.update(chunk(0.0))
    second = chunk(0.2, 1)
    moved = second.actions + np.array([0.03, 0, 0, 0, 0, 0, 0, 0])
    assert score.update(chunk(0.2, 1, moved)) == pytest.approx(3.0, rel=1e-6)


def test_no_overlap_is_unavailable_never_zero(chunk: Chunks) -> None:
    score = Overlap(np.ones(8), gap=0.2)
    score.update(chunk(0.0))
    assert math.isnan(score.update(chunk(5.0, 1)))
    assert math.isnan(Overlap(np.ones(8), 0.2).update(chunk(0.0)))


def test_the_sign_of_a_quaternion_means_nothing(chunk: Chunks) -> None:
    score = Overlap(np.ones(8), gap=0.1)
    score.update(chunk(0.0))
    actions = np.array(chunk(0.1).actions)
    actions[:, 3:7] *= -1
    assert score.update(chunk(0.1, 1, actions)) == pytest.approx(0.0, abs=1e-9)


def test_overlap_does_not_depend_on_the_rate_of_the_expert(chunk: Chunks) -> None:
    """Twice the chunks, same revisions per second: the same comparison partner."""
    results = []
    for rate in (20, 40):
        score = Overlap(np.ones(8), gap=0.2)
        for k in range(rate):
            t = k / rate
            drift = np.zeros((16, 8))
            drift[:, 1] = 0.05 * t
            value = score.update(chunk(t, k, np.array(chunk(t).actions) + drift))
        results.append(value)
    assert results[0] == pytest.approx(results[1], rel=1e-6)


def test_time_running_backwards_starts_over(chunk: Chunks) -> None:
    score = Overlap(np.ones(8), gap=0.2)
    for k in range(20):
        score.update(chunk(10 + k / 20, k))
    assert math.isnan(score.update(chunk(0.0)))


def test_non_finite_input_is_as_unusual_as_it_gets(chunk: Chunks) -> None:
    actions = np.array(chunk(0.0).actions)
    actions[3, 0] = np.nan
    assert Overlap(np.ones(8), 0.2).update(chunk(0.0, 0, actions)) == math.inf
    score = Mahalanobis(np.zeros(4), np.eye(4))
    assert score.update(chunk(0.0, feature=np.full(4, np.nan, np.float32))) == math.inf


def test_other_shapes_are_unavailable(chunk: Chunks) -> None:
    assert math.isnan(Overlap(np.ones(5), 0.2).update(chunk(0.0)))
    assert math.isnan(Mahalanobis(np.zeros(7), np.eye(7)).update(chunk(0.0)))
    assert math.isnan(
        Mahalanobis(np.zeros(7), np.eye(7)).update(chunk(0.0, feature=np.zeros(0, np.float32)))
    )


def test_mahalanobis_is_about_one_on_what_it_was_fitted_on() -> None:
    from scipy.spatial.distance import mahalanobis

    score, features = _fitted(4000)
    covariance = np.cov(features.T)
    x = features[5] + 1
    expected = mahalanobis(x, features.mean(0), np.linalg.inv(covariance)) / math.sqrt(6)
    got = score.update(_with(x))
    assert got == pytest.approx(expected, rel=0.05)
    assert np.mean([score.update(_with(f)) ** 2 for f in features[:500]]) == pytest.approx(
        1, rel=0.1
    )


@pytest.mark.parametrize(('n', 'd'), [(30, 40), (200, 8), (5, 3), (1000, 64)])
def test_shrinkage_is_that_of_scikit_learn(n: int, d: int) -> None:
    from sklearn.covariance import ledoit_wolf as oracle

    rng = np.random.default_rng(n)
    samples = rng.normal(size=(n, d)) @ rng.normal(size=(d, d))
    samples -= samples.mean(axis=0)
    assert np.allclose(ledoit_wolf(samples), oracle(samples, assume_centered=True)[0], rtol=1e-9)
    assert np.all(np.linalg.eigvalsh(ledoit_wolf(samples)) > 0)


def test_a_constant_feature_does_not_divide_by_zero() -> None:
    features = np.random.default_rng(0).normal(size=(200, 6))
    features[:, 2] = 4.0
    episode = [_with(f) for f in features]
    score = Mahalanobis.fit([episode], SETTINGS)
    assert all(math.isfinite(score.update(c)) for c in episode)


def test_no_features_is_an_error() -> None:
    with pytest.raises(ValueError, match='no finite feature'):
        Mahalanobis.fit([[_with(np.zeros(0))]], SETTINGS)


@pytest.mark.parametrize('name', sorted(SCORES))
def test_parameters_rebuild_the_score(name: str, rollout: Callable[..., Rollout]) -> None:
    episodes = [rollout(i).chunks for i in range(5)]
    fitted = SCORES[name].fit(episodes, SETTINGS)
    loaded = SCORES[name].load(fitted.parameters(), SETTINGS)
    assert all(p.dtype == np.float32 for p in fitted.parameters().values())
    fitted.reset()
    for c in rollout(77).chunks:
        assert np.array_equal(fitted.update(c), loaded.update(c), equal_nan=True)
    with pytest.raises(ValueError, match='parameter'):
        SCORES[name].load({}, SETTINGS)


@given(st.lists(st.floats(0.001, 3.0), min_size=1, max_size=20))
def test_scores_are_never_negative(gaps: list[float]) -> None:
    score = Overlap(np.ones(8), gap=0.2)
    rng = np.random.default_rng(0)
    for k, time in enumerate(np.cumsum(gaps)):
        value = score.update(_at(float(time), k, rng.normal(size=(16, 8))))
        assert math.isnan(value) or value >= 0


def _fitted(count: int) -> tuple[Mahalanobis, np.ndarray]:
    rng = np.random.default_rng(1)
    features = rng.normal(size=(count, 6)) @ rng.normal(size=(6, 6)) + 3
    return Mahalanobis.fit([[_with(f) for f in features]], SETTINGS), features


def _with(feature: np.ndarray) -> ActionChunk:
    return _at(0.0, 0, np.zeros((16, 8)), np.asarray(feature, np.float32))


def _at(
    time: float, seq: int, actions: np.ndarray, feature: np.ndarray | None = None
) -> ActionChunk:
    stamp = round(time * 1e9)
    channels = tuple(f'c{i}' for i in range(8))
    feature = np.zeros(4, np.float32) if feature is None else feature
    return ActionChunk(
        stamp, seq, 0, 0.0, 'r', 'm:0', channels, ('joint',) * 8, 0.1, actions, 0, 0, 1.0, feature
    )
