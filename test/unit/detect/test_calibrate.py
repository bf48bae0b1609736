from collections.abc import Callable
from dataclasses import replace
import json
from pathlib import Path

import numpy as np
import pytest

from vla_ros.detect.calibrate import Calibration, CalibrationError, calibrate, split_rollouts
from vla_ros.detect.rollouts import (
    Rollout,
    RolloutError,
    load_rollout,
    load_rollouts,
    save_rollout,
)
from vla_ros.detect.settings import DetectConfig, SplitConfig, load_detect_config


def test_sets_are_disjoint_and_use_every_success(rollouts: list[Rollout]) -> None:
    split = split_rollouts(rollouts, SplitConfig(), seed=0)
    sets = [split.fit, split.select, split.calibrate, split.test]
    ids = [r.episode_id for part in sets for r in part]
    assert len(ids) == len(set(ids)) == sum(r.success for r in rollouts)
    assert all(r.success for part in sets for r in part)
    assert not any(r.success for r in split.failures)
    for part in sets:
        assert {r.task for r in part} == {'pick', 'put'}


def test_the_seed_decides_and_the_order_of_files_does_not(
    rollouts: list[Rollout], settings: DetectConfig, calibration: Calibration
) -> None:
    again = calibrate(rollouts[::-1], settings, seed=3, created={'command': 'test'})
    assert again.artefact.maxima == calibration.artefact.maxima
    assert calibrate(rollouts, settings, seed=4).artefact.maxima != calibration.artefact.maxima


def test_report_is_json_and_says_what_matters(calibration: Calibration) -> None:
    report = json.loads(json.dumps(calibration.report, allow_nan=False))
    methods = report['methods']
    assert set(methods) == {'detector', 'overlap', 'mahalanobis', 'timer', 'random'}
    assert methods['detector']['auc'] > 0.95
    assert methods['detector']['detected']['rate'] > 0.8
    assert 0.2 < methods['random']['auc'] < 0.8
    assert methods['timer']['auc'] == 0.5  # every episode is as long
    alarms = methods['detector']['false_alarms']
    assert alarms['low'] <= 0.1 <= alarms['high'] or alarms['rate'] < 0.1
    assert alarms['trials'] == alarms['promised'] == 20
    assert set(alarms['tasks']) == {'pick', 'put'}


def test_a_timer_gains_nothing_at_equal_length(
    rollout: Callable[..., Rollout], settings: DetectConfig
) -> None:
    """Long failures: the timer separates them, but not once lengths are equal."""
    good = [rollout(i, steps=60) for i in range(60)]
    bad = [rollout(500 + i, False, steps=120) for i in range(10)]
    timer = calibrate(good + bad, settings).report['methods']['timer']
    assert timer['auc'] == 1.0
    assert timer['auc_same_length'] == 0.5


def test_the_artefact_says_where_it_comes_from(calibration: Calibration) -> None:
    created = calibration.artefact.created
    assert created['command'] == 'test' and created['seed'] == 3
    assert created['splits']['calibrate'] == sum(map(len, calibration.artefact.maxima.values()))


def test_too_few_successes_calibrate_without_promise(
    rollout: Callable[..., Rollout], settings: DetectConfig
) -> None:
    few = calibrate([rollout(i) for i in range(10)], settings)
    assert few.report['methods']['detector']['false_alarms']['promised'] == 0
    with pytest.raises(CalibrationError, match='too few'):
        calibrate([rollout(0), rollout(1)], settings)
    with pytest.raises(CalibrationError, match='too few'):
        calibrate([rollout(i, success=False) for i in range(20)], settings)


def test_mixed_policies_and_duplicates_are_refused(
    rollout: Callable[..., Rollout], settings: DetectConfig
) -> None:
    many = [rollout(i) for i in range(20)]
    other = tuple(replace(c, model='other:' + 'cd' * 32) for c in many[0].chunks)
    with pytest.raises(CalibrationError, match='two policies'):
        calibrate([*many[1:], replace(many[0], chunks=other)], settings)
    with pytest.raises(CalibrationError, match='twice'):
        calibrate([*many, many[3]], settings)
    with pytest.raises(CalibrationError, match='at least one chunk'):
        calibrate([], settings)


def test_shipped_configuration_loads() -> None:
    settings = load_detect_config()
    assert settings == DetectConfig()


def test_rollouts_survive_the_disk(rollout: Callable[..., Rollout], tmp_path: Path) -> None:
    original = rollout(3)
    save_rollout(tmp_path / 'a' / '0.safetensors', original)
    loaded = load_rollouts(tmp_path / 'a')[0]
    assert (loaded.episode_id, loaded.task, loaded.success, loaded.seed) == (
        original.episode_id, 'put', True, 3,
    )  # fmt: skip
    assert loaded.policy == original.policy and loaded.duration == original.duration
    for a, b in zip(original.chunks, loaded.chunks, strict=True):
        assert np.array_equal(a.actions, b.actions) and np.array_equal(a.feature, b.feature)
        assert (a.stamp, a.seq, a.latent_age, a.channels) == (
            b.stamp, b.seq, b.latent_age, b.channels,
        )  # fmt: skip


def test_damaged_rollouts_are_named(rollout: Callable[..., Rollout], tmp_path: Path) -> None:
    path = tmp_path / 'r.safetensors'
    save_rollout(path, rollout(0))
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(RolloutError, match=r'r\.safetensors'):
        load_rollout(path)
    with pytest.raises(ValueError, match='no chunks'):
        save_rollout(path, Rollout('e', 'put', True, ()))
