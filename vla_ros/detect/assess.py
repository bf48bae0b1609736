"""What a calibration is worth: held-out false alarms and detection, beside cheap baselines.

The report's fields: `alpha`, `splits` (episodes per set), `methods.<name>` for the detector, each
score alone, `timer` (s_t = t) and `random`, each with

* `false_alarms`: held-out successes that raised an alarm: count, trials, rate, low, high
  (Clopper-Pearson, 95 %), `promised` (how many of them had a guarantee), and `tasks.<task>`;
* `auc`: area under the ROC of D, failures against held-out successes; null without failures;
* `auc_same_length`: the same with every episode cut to the median success length, because a
  score that only measures time separates long failures for free;
* `detected`: failures that raised an alarm, and `median_alarm_time` s after their start.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from vla_ros.core.data import SECOND, Array, Guarantee
from vla_ros.detect.artefact import Artefact
from vla_ros.detect.conformal import choose, reaches
from vla_ros.detect.rollouts import Rollout
from vla_ros.detect.series import LIMIT, ScoreSeries


@dataclass(frozen=True)
class Split:
    """Disjoint sets of rollouts."""

    fit: tuple[Rollout, ...]
    select: tuple[Rollout, ...]
    calibrate: tuple[Rollout, ...]
    test: tuple[Rollout, ...]
    failures: tuple[Rollout, ...]

    def counts(self) -> dict[str, int]:
        """Return the number of episodes per set."""
        return {field.name: len(getattr(self, field.name)) for field in fields(self)}


@dataclass(frozen=True)
class Trace:
    """The score of one episode over time, as one method sees it."""

    task: str
    times: Array  # (N,) s since the first chunk
    r: Array  # (N,) windowed score

    def maximum(self, until: float = float('inf')) -> float:
        """Return the largest r not later than `until` seconds."""
        inside = self.r[self.times <= until]
        return float(np.max(inside, initial=-LIMIT))


def assess(artefact: Artefact, split: Split, seed: int) -> dict[str, Any]:
    """Return the report described at the top of this file."""
    scores = artefact.build_scores()
    methods: dict[str, Any] = {'detector': ScoreSeries(scores, artefact.monitor)}
    for scaled in scores:
        methods[scaled.score.name] = ScoreSeries([scaled], artefact.monitor)
    rng = np.random.default_rng(seed)
    methods |= {'timer': _timer, 'random': lambda times: rng.standard_normal(len(times))}
    return {
        'alpha': artefact.alpha,
        'splits': split.counts(),
        'methods': {
            name: _assess_method(method, split, artefact.alpha) for name, method in methods.items()
        },
    }


def _timer(times: Array) -> Array:
    return times


def _trace(method: Any, rollout: Rollout) -> Trace:
    start = rollout.chunks[0].stamp
    times = np.array([(chunk.stamp - start) / SECOND for chunk in rollout.chunks])
    if not isinstance(method, ScoreSeries):
        return Trace(rollout.task, times, method(times))
    method.reset()
    r = []
    for chunk in rollout.chunks:
        method.update(chunk)
        r.append(method.largest)
    return Trace(rollout.task, times, np.maximum(r, -LIMIT))


def _assess_method(method: Any, split: Split, alpha: float) -> dict[str, Any]:
    maxima: dict[str, list[float]] = {}
    for rollout in split.calibrate:
        trace = _trace(method, rollout)
        maxima.setdefault(trace.task, []).append(trace.maximum())
    good = [_trace(method, rollout) for rollout in split.test]
    bad = [_trace(method, rollout) for rollout in split.failures]
    alarms = [_alarm_time(trace, maxima, alpha) for trace in bad]
    times = [time for time in alarms if time is not None]
    length = float(np.median([trace.times[-1] for trace in good]))
    return {
        'false_alarms': _false_alarms(good, maxima, alpha),
        'auc': _auc(good, bad, float('inf')),
        'auc_same_length': _auc(good, bad, length),
        'detected': _share(len(times), len(bad)),
        'median_alarm_time': float(np.median(times)) if times else None,
    }


def _false_alarms(
    traces: Sequence[Trace], maxima: dict[str, list[float]], alpha: float
) -> dict[str, Any]:
    raised = [_alarm_time(trace, maxima, alpha) is not None for trace in traces]
    kinds = [choose(maxima, trace.task, alpha)[1] for trace in traces]
    tasks = sorted({trace.task for trace in traces})
    own = {
        task: [a for a, t in zip(raised, traces, strict=True) if t.task == task] for task in tasks
    }
    return {
        **_share(sum(raised), len(raised)),
        'promised': sum(kind is not Guarantee.NONE for kind in kinds),
        'tasks': {task: _share(sum(values), len(values)) for task, values in own.items()},
    }


def _alarm_time(trace: Trace, maxima: dict[str, list[float]], alpha: float) -> float | None:
    """Return when (s) the alarm is raised, None when never."""
    conformal, guarantee = choose(maxima, trace.task, alpha)
    if guarantee is Guarantee.NONE:
        return None
    for time, r in zip(trace.times, trace.r, strict=True):
        if reaches(conformal.p_value(float(r)), alpha):
            return float(time)
    return None


def _auc(good: Sequence[Trace], bad: Sequence[Trace], until: float) -> float | None:
    """Return P(D of a failure > D of a success), ties half."""
    if not good or not bad:
        return None
    a = np.array([trace.maximum(until) for trace in bad])[:, None]
    b = np.array([trace.maximum(until) for trace in good])[None, :]
    return float(np.mean((a > b) + 0.5 * (a == b)))


def _share(count: int, trials: int) -> dict[str, Any]:
    """Return a share with its exact 95 % interval."""
    from scipy.stats import binomtest  # slow to import, and not needed by the live detector

    if not trials:
        return {'count': 0, 'trials': 0, 'rate': None, 'low': 0.0, 'high': 1.0}
    interval = binomtest(count, trials).proportion_ci(0.95, method='exact')
    rate = count / trials
    bounds = {'low': float(interval.low), 'high': float(interval.high)}
    return {'count': count, 'trials': trials, 'rate': rate, **bounds}
