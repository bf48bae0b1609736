"""Rollouts in, calibration artefact and honest report out.

The successes are split into disjoint sets: `fit` (score parameters), `select` (mean and deviation
of each score), `calibrate` (D_i) and `test` (held-out false alarms). Failures are only tested on.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
import logging
from typing import Any

import numpy as np

from vla_ros.detect.artefact import Artefact, ScoreRecord, digest, pack, same_policy
from vla_ros.detect.assess import Split, assess
from vla_ros.detect.conformal import enough
from vla_ros.detect.rollouts import Rollout, successes
from vla_ros.detect.scores import SCORES, Score
from vla_ros.detect.series import ScaledScore, ScoreSeries, episode_maximum
from vla_ros.detect.settings import DetectConfig, SplitConfig


_LOG = logging.getLogger(__name__)


class CalibrationError(ValueError):
    """The rollouts do not allow a calibration; the message says what is missing."""


@dataclass(frozen=True)
class Calibration:
    """What `calibrate` returns."""

    artefact: Artefact
    report: dict[str, Any]  # JSON-ready; documented in assess.py


def calibrate(
    rollouts: Sequence[Rollout],
    settings: DetectConfig,
    seed: int = 0,
    created: Mapping[str, Any] | None = None,
) -> Calibration:
    """Calibrate the detector; the same rollouts and seed give the same artefact.

    Args:
        rollouts: episodes of one policy, successes and failures, all tasks.
        settings: scores, alpha, split shares.
        seed: decides which episode goes into which set.
        created: provenance to keep in the artefact (time, version, command).

    Raises:
        CalibrationError: too few successes, or rollouts of several policies.
    """
    policy = _one_policy(rollouts)
    split = split_rollouts(rollouts, settings.split, seed)
    scores = _fit_scores(split, settings)
    if not enough(len(split.calibrate), settings.alpha):
        _LOG.warning(
            '%d calibration successes cannot promise alpha %g: the detector will not alarm',
            len(split.calibrate),
            settings.alpha,
        )
    artefact = Artefact(
        format='vla_ros calibration 1',
        policy=policy,
        robot=rollouts[0].chunks[0].robot,
        alpha=settings.alpha,
        monitor=settings.monitor,
        scores=tuple(_record(scaled) for scaled in scores),
        maxima=_maxima(ScoreSeries(scores, settings.monitor), split.calibrate),
        created={**(created or {}), 'seed': seed, 'splits': split.counts()},
    )
    artefact = replace(artefact, hash=digest(artefact))
    return Calibration(artefact, assess(artefact, split, seed))


def split_rollouts(rollouts: Sequence[Rollout], shares: SplitConfig, seed: int) -> Split:
    """Share the successes of each task out at random; every set gets some of each task.

    Raises:
        CalibrationError: a set would be empty.
    """
    rng = np.random.default_rng(seed)
    names = ('fit', 'select', 'calibrate', 'test')
    sets: dict[str, list[Rollout]] = {name: [] for name in names}
    edges = np.cumsum([getattr(shares, name) for name in names])
    good = sorted(successes(rollouts), key=lambda r: (r.task, r.episode_id))
    for task in sorted({rollout.task for rollout in good}):
        mine = [rollout for rollout in good if rollout.task == task]
        order = rng.permutation(len(mine))
        ends = np.round(edges * len(mine)).astype(int)
        for name, begin, end in zip(names, [0, *ends[:-1]], ends, strict=True):
            sets[name] += [mine[i] for i in order[begin:end]]
    empty = [name for name in names if not sets[name]]
    if empty:
        raise CalibrationError(
            f'{len(good)} successful rollouts are too few: the set {empty[0]!r} would be empty'
        )
    failures = [rollout for rollout in rollouts if not rollout.success]
    return Split(**{name: tuple(sets[name]) for name in names}, failures=tuple(failures))


def _one_policy(rollouts: Sequence[Rollout]) -> str:
    if not rollouts or any(not rollout.chunks for rollout in rollouts):
        raise CalibrationError('expected rollouts with at least one chunk each')
    policy = rollouts[0].policy
    ids = [rollout.episode_id for rollout in rollouts]
    if len(set(ids)) != len(ids):
        raise CalibrationError('an episode is given twice: the sets would not be disjoint')
    for rollout in rollouts:
        if not same_policy(rollout.policy, policy):
            raise CalibrationError(
                f'rollouts of two policies: {policy!r} and {rollout.policy!r} '
                f'(episode {rollout.episode_id})'
            )
    return policy


def _fit_scores(split: Split, settings: DetectConfig) -> tuple[ScaledScore, ...]:
    fit = [rollout.chunks for rollout in split.fit]
    scaled = []
    for name in settings.monitor.scores:
        score = SCORES[name].fit(fit, settings.monitor)
        mean, std = _moments(score, split.select)
        scaled.append(ScaledScore(score, mean, std))
    return tuple(scaled)


def _moments(score: Score, rollouts: Sequence[Rollout]) -> tuple[float, float]:
    """Return mean and deviation over chunks that the score was not fitted on."""
    values = []
    for rollout in rollouts:
        score.reset()
        values += [score.update(chunk) for chunk in rollout.chunks]
    known = np.array(values)[np.isfinite(values)]
    if not len(known):
        raise CalibrationError(f'score {score.name!r} is never available in these rollouts')
    # A score that never varies would divide by zero; then any deviation at all is large.
    return float(known.mean()), float(max(known.std(), 1e-9 * (1 + abs(known.mean()))))


def _maxima(series: ScoreSeries, rollouts: Sequence[Rollout]) -> dict[str, tuple[float, ...]]:
    """Return D_i of each episode, by task."""
    maxima: dict[str, tuple[float, ...]] = {}
    for rollout in sorted(rollouts, key=lambda r: (r.task, r.episode_id)):
        largest = episode_maximum(series, rollout.chunks)
        maxima[rollout.task] = (*maxima.get(rollout.task, ()), largest)
    return maxima


def _record(scaled: ScaledScore) -> ScoreRecord:
    parameters = {name: pack(array) for name, array in scaled.score.parameters().items()}
    return ScoreRecord(scaled.score.name, scaled.mean, scaled.std, parameters)
