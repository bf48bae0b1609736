"""The live detector: chunk in, `FailureScore` out, alarm latched.

How a node uses it::

    artefact = load_artefact(policy_dir / 'calibration.json')     # in on_configure
    detector = Detector(artefact, policy_hash)                    # raises ArtefactError: FAILURE
    detector.reset(episode_id, '')                                # at every new instruction
    detector.name(task)                                           # once the policy has named it
    message = convert(detector.update(chunk))                     # for every chunk

`Detector(None, ...)` runs without a calibration: guarantee NONE, never an alarm.
"""

import math

import numpy as np

from vla_ros.core.data import ActionChunk, FailureScore, Guarantee
from vla_ros.detect.artefact import Artefact, same_policy
from vla_ros.detect.conformal import choose, reaches
from vla_ros.detect.series import ScoreSeries


class Detector:
    """Judges each chunk against recorded successes. Not thread-safe: one caller at a time."""

    def __init__(self, artefact: Artefact | None, policy: str, alpha: float | None = None) -> None:
        """Bind a calibration to the running policy.

        Args:
            artefact: the calibration, or None to run without one.
            policy: weights hash of the running policy.
            alpha: alarm level; the artefact's own when None.

        Raises:
            ArtefactError: the calibration belongs to another policy; names both.
        """
        if artefact is not None:
            artefact.check_policy(policy)
        self._artefact = artefact
        self._policy = policy
        default = artefact.alpha if artefact else 0.1
        self._alpha = default if alpha is None else alpha
        if not 0 < self._alpha < 1:
            raise ValueError(f'alpha: expected a share between 0 and 1, got {self._alpha}')
        self._names = artefact.monitor.scores if artefact else ()
        self._series = ScoreSeries(artefact.build_scores(), artefact.monitor) if artefact else None
        self.reset('', '')

    def reset(self, episode_id: str, task: str) -> None:
        """Begin an episode: releases the alarm. `task` is the key used in calibration."""
        self.episode_id = episode_id
        self.name(task)
        self._alarm_cause = ''
        if self._series:
            self._series.reset()

    def name(self, task: str) -> None:
        """Judge as `task` from now on: what was seen of the episode, and its alarm, stay."""
        self.task = task
        maxima = self._artefact.maxima if self._artefact else {}
        self._conformal, self._guarantee = choose(maxima, task, self._alpha)

    @property
    def guarantee(self) -> Guarantee:
        """What alpha promises for the current task."""
        return self._guarantee

    def update(self, chunk: ActionChunk) -> FailureScore:
        """Score one chunk; call in order of arrival."""
        if self._series is None:
            return self._verdict(chunk, np.zeros(0), 1.0, 'no calibration')
        if not same_policy(chunk.model.rpartition(':')[2], self._policy):
            nothing = np.full(len(self._names), math.nan)
            cause = f'chunk of {chunk.model!r}, calibrated for policy {self._policy[:12]}'
            return self._verdict(chunk, nothing, 1.0, cause)
        values = self._series.update(chunk)
        p_value = self._conformal.p_value(self._series.largest)
        if self._guarantee is not Guarantee.NONE and reaches(p_value, self._alpha):
            self._alarm_cause = self._alarm_cause or (
                f'{self._leading(values)}: p = {p_value:.3g} <= alpha = {self._alpha:g}'
            )
        return self._verdict(chunk, values, p_value, self._leading(values))

    def _leading(self, values: np.ndarray) -> str:
        """Name the score that is highest now."""
        if np.all(np.isnan(values)):
            return 'no score available'
        best = int(np.nanargmax(values))
        return f'{self._names[best]} {values[best]:.2g} sigma above successes'

    def _verdict(
        self, chunk: ActionChunk, values: np.ndarray, p_value: float, cause: str
    ) -> FailureScore:
        return FailureScore(
            stamp=chunk.stamp,
            chunk_seq=chunk.seq,
            names=self._names,
            values=values,
            p_value=p_value,
            alpha=self._alpha,
            guarantee=self._guarantee,
            cause=self._alarm_cause or self._with_promise(cause),
            alarm=bool(self._alarm_cause),
            calibration_hash=self._artefact.hash if self._artefact else '',
        )

    def _with_promise(self, cause: str) -> str:
        """Add why nothing is promised, when nothing is."""
        if self._guarantee is not Guarantee.NONE or not self._artefact:
            return cause
        return (
            f'{cause}; no promise: {len(self._artefact.maxima.get(self.task, ()))} calibration '
            f'successes of task {self.task!r}, {self._needed()} needed'
        )

    def _needed(self) -> int:
        """Number of calibration successes that alpha needs."""
        return math.ceil(1 / self._alpha - 1 - 1e-9)
