from collections.abc import Callable
from dataclasses import replace
import math

from hypothesis import given, settings
from hypothesis import strategies as st
import numpy as np
import pytest

from vla_ros.core.data import ActionChunk, FailureScore, Guarantee
from vla_ros.detect import ArtefactError, Detector
from vla_ros.detect.calibrate import Calibration
from vla_ros.detect.rollouts import Rollout, load_rollout, save_rollout


POLICY = 'ab' * 32


def _run(detector: Detector, chunks: tuple[ActionChunk, ...], task: str) -> list[FailureScore]:
    detector.reset('episode', task)
    return [detector.update(chunk) for chunk in chunks]


def test_a_failure_alarms_and_the_alarm_stays(
    calibration: Calibration, rollout: Callable[..., Rollout]
) -> None:
    detector = Detector(calibration.artefact, POLICY)
    bad = rollout(5000, False, spread=8.0).chunks
    verdicts = _run(detector, bad, 'put')
    first = next(i for i, v in enumerate(verdicts) if v.alarm)
    assert first > len(bad) // 2  # not before it went wrong
    assert all(v.alarm for v in verdicts[first:])
    assert verdicts[first].p_value <= verdicts[first].alpha
    assert verdicts[first].guarantee is Guarantee.TASK
    assert 'overlap' in verdicts[first].cause and 'alpha' in verdicts[first].cause
    calm = replace(rollout(1).chunks[0], stamp=bad[-1].stamp + 10**9)
    assert detector.update(calm).alarm
    detector.reset('next', 'put')
    assert not detector.update(calm).alarm


def test_future_edits_never_change_what_was_said(
    calibration: Calibration, rollout: Callable[..., Rollout]
) -> None:
    """Causality: p_t depends on chunks up to t only."""
    good, bad = rollout(6000).chunks, rollout(6001, False, spread=9.0).chunks
    spliced = good[:30] + bad[30:]
    detector = Detector(calibration.artefact, POLICY)
    a, b = _run(detector, good, 'put'), _run(detector, spliced, 'put')
    assert _plain(a[:30]) == _plain(b[:30])
    assert _plain(a[30:]) != _plain(b[30:])


def test_online_equals_replay(
    calibration: Calibration, rollout: Callable[..., Rollout], tmp_path
) -> None:
    live = rollout(7000, False, spread=3.0)
    save_rollout(tmp_path / 'r.safetensors', live)
    stored = load_rollout(tmp_path / 'r.safetensors')
    one = _run(Detector(calibration.artefact, POLICY), live.chunks, 'put')
    detector = Detector(calibration.artefact, POLICY)
    _run(detector, rollout(1).chunks, 'pick')  # an earlier episode leaves no trace
    assert _plain(one) == _plain(_run(detector, stored.chunks, 'put'))


def test_p_recovers_when_the_window_has_passed(
    calibration: Calibration, rollout: Callable[..., Rollout]
) -> None:
    detector = Detector(calibration.artefact, POLICY)
    bad = rollout(8000, False, spread=8.0).chunks
    worst = min(v.p_value for v in _run(detector, bad, 'put'))
    after = []
    for k, chunk in enumerate(rollout(8001, steps=120).chunks):
        after.append(detector.update(replace(chunk, stamp=bad[-1].stamp + 10**9 + k * 50_000_000)))
    assert worst <= 0.1 < after[-1].p_value
    assert after[-1].alarm  # the latch is for the supervisor, p is for the eye


@pytest.mark.parametrize('task', ['never seen', 'put'])
def test_no_promise_never_alarms(
    calibration: Calibration, rollout: Callable[..., Rollout], task: str
) -> None:
    detector = Detector(calibration.artefact, POLICY, alpha=0.001 if task == 'put' else None)
    verdicts = _run(detector, rollout(9000, False, spread=50.0).chunks, task)
    assert {v.guarantee for v in verdicts} == {Guarantee.NONE}
    assert not any(v.alarm for v in verdicts)
    assert 'no promise' in verdicts[0].cause and 'needed' in verdicts[0].cause


def test_another_policy_is_refused_by_name(calibration: Calibration) -> None:
    with pytest.raises(ArtefactError, match='ababab.*cdcdcd'):
        Detector(calibration.artefact, 'cd' * 32)
    with pytest.raises(ArtefactError):
        Detector(calibration.artefact, '')
    Detector(calibration.artefact, POLICY[:12])


def test_a_chunk_of_another_policy_is_not_judged(
    calibration: Calibration, chunk: Callable[..., ActionChunk]
) -> None:
    detector = Detector(calibration.artefact, POLICY)
    detector.reset('e', 'put')
    verdict = detector.update(chunk(0.0, model='other:' + 'cd' * 32))
    assert verdict.p_value == 1.0 and 'other' in verdict.cause
    assert np.all(np.isnan(verdict.values))


def test_without_calibration_nothing_is_claimed(chunk: Callable[..., ActionChunk]) -> None:
    verdict = Detector(None, POLICY).update(chunk(0.0))
    assert verdict.guarantee is Guarantee.NONE
    assert not verdict.alarm and verdict.p_value == 1.0 and verdict.cause == 'no calibration'


def test_unavailable_scores_are_nan_and_no_evidence(
    calibration: Calibration, chunk: Callable[..., ActionChunk]
) -> None:
    detector = Detector(calibration.artefact, POLICY)
    detector.reset('e', 'put')
    verdict = detector.update(chunk(0.0, feature=np.zeros(0, np.float32)))
    assert np.all(np.isnan(verdict.values))
    assert verdict.p_value == 1.0 and 'no score available' in verdict.cause


def test_non_finite_features_alarm(
    calibration: Calibration, chunk: Callable[..., ActionChunk]
) -> None:
    detector = Detector(calibration.artefact, POLICY)
    detector.reset('e', 'put')
    verdict = detector.update(chunk(0.0, feature=np.full(12, np.inf, np.float32)))
    assert verdict.alarm and np.isfinite(verdict.values[1])


@pytest.mark.parametrize('alpha', [0.0, 1.0, -1, math.nan])
def test_alpha_is_a_share(calibration: Calibration, alpha: float) -> None:
    with pytest.raises(ValueError, match='alpha'):
        Detector(calibration.artefact, POLICY, alpha=alpha)


@settings(max_examples=30)
@given(data=st.data())
def test_any_stream_gives_a_valid_verdict(calibration: Calibration, data: st.DataObject) -> None:
    """Reordered stamps, non-finite actions, odd features: never an exception, p in (0, 1]."""
    from vla_ros.core.data import ActionChunk

    detector = Detector(calibration.artefact, POLICY)
    detector.reset('e', data.draw(st.sampled_from(['put', 'pick', 'other', ''])))
    number = st.floats(width=32)
    channels = tuple(f'c{i}' for i in range(8))
    for k in range(data.draw(st.integers(1, 12))):
        horizon = data.draw(st.sampled_from([1, 2, 16]))
        actions = np.full((horizon, 8), data.draw(number))
        size = data.draw(st.sampled_from([0, 3, 12]))
        feature = np.full(size, data.draw(number), np.float32)
        verdict = detector.update(
            ActionChunk(
                data.draw(st.integers(0, 10**10)),
                k,
                0,
                0.0,
                'franka',
                f'p:{POLICY}',
                channels,
                ('pose',) * 7 + ('gripper',),
                0.1,
                actions,
                0,
                0,
                1.0,
                feature,
            )  # fmt: skip
        )
        assert 0 < verdict.p_value <= 1
        assert np.all(np.isfinite(verdict.values) | np.isnan(verdict.values))


def _plain(verdicts: list[FailureScore]) -> list[tuple]:
    return [
        (v.stamp, v.values.tobytes(), v.p_value, v.guarantee, v.cause, v.alarm) for v in verdicts
    ]


def test_a_task_named_later_is_judged_as_if_it_had_been_named_at_once(
    calibration: Calibration, rollout: Callable[..., Rollout]
) -> None:
    chunks = rollout(5000, False, spread=8.0).chunks
    known = _run(Detector(calibration.artefact, POLICY), chunks, 'put')
    detector = Detector(calibration.artefact, POLICY)
    detector.reset('episode', '')
    assert detector.guarantee is Guarantee.NONE
    detector.update(chunks[0])
    detector.name('put')
    later = [detector.update(chunk) for chunk in chunks[1:]]
    assert _plain(later) == _plain(known[1:])
    detector.name('')  # what was alarmed about stays so
    assert detector.update(chunks[-1]).alarm
