"""From outcomes to figures: success with exact intervals, per family and overall."""

from collections.abc import Mapping, Sequence
import math
from typing import Any

from vla_ros.evaluate.comparison import EpisodeRow
from vla_ros.evaluate.statistics import share
from vla_ros.tabletop.evaluate.trials import Outcome


def rate(successes: int, total: int) -> dict[str, Any]:
    """Return count, rate and exact 95 % interval."""
    exact = share(successes, total)
    return {
        'episodes': total,
        'successes': successes,
        'success_rate': exact.rate if total else None,
        'interval': [exact.low, exact.high],
    }


def summarise(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """Return the `episodes`, `success_rate`, `interval` and `families.<name>` of a suite.

    A family whose task measures more than success has its means in `measured`.
    Also `refusals` (how many were refused), `seconds` (mean simulated time of a success) and
    `failures`: each failed episode by name with its reason, so that it can be run again.
    """
    report = rate(sum(o.success for o in outcomes), len(outcomes))
    families = sorted({o.family for o in outcomes})
    report['families'] = {
        family: rate(sum(o.success for o in own), len(own)) | _measured(own)
        for family in families
        for own in [[o for o in outcomes if o.family == family]]
    }
    report['refusals'] = sum(o.refused for o in outcomes)
    times = [o.seconds for o in outcomes if o.success]
    report['seconds'] = sum(times) / len(times) if times else None
    report['failures'] = [
        {'episode': o.name, 'instruction': o.instruction, 'reason': o.reason}
        for o in outcomes
        if not o.success
    ]
    return report


def rows(suite: str, outcomes: Sequence[Outcome]) -> list[EpisodeRow]:
    """Return the outcomes of a suite as the report holds them, to be compared with others."""
    return [
        EpisodeRow(
            suite=suite,
            scene=o.trial.family,
            seed=o.trial.seed,
            variant=o.trial.variant,
            family=o.family,
            instruction=o.instruction,
            success=o.success,
            refused=o.refused,
            reason=o.reason,
            seconds=o.seconds,
            latent_age=o.latent_age,
            seam_jump=o.seam_jump,
        )
        for o in outcomes
    ]


def _measured(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """Return the means of what the task measures besides, if it measures anything."""
    names = {name for outcome in outcomes for name in outcome.measured}
    means = {}
    for name in sorted(names):
        values = [o.measured.get(name, math.nan) for o in outcomes]
        known = [value for value in values if math.isfinite(value)]
        means[name] = sum(known) / len(known) if known else None
    return {'measured': means} if names else {}


def measured_table(results: Mapping[str, Any], made: Mapping[str, Any], mode: str) -> str:
    """Return the figures as Markdown, with the command that gave them, for a model card."""
    lines = [
        f'`{made["command"]}`, {mode}, {made["created"][:10]}, {made["git"]}:',
        '',
        '| suite | family | episodes | success | 95 % interval |',
        '|---|---|---|---|---|',
    ]
    for suite, result in results.items():
        if result is None:
            continue
        for family, row in {'all': result, **result.get('families', {})}.items():
            low, high = row['interval']
            lines.append(
                f'| {suite} | {family} | {row["episodes"]} | {100 * row["success_rate"]:.1f} % | '
                f'{100 * low:.1f}-{100 * high:.1f} % |'
            )
    return '\n'.join(lines)
