"""Two evaluations of the same trials, episode by episode: did a change change what happens?

A report of `vla_ros evaluate` holds one `EpisodeRow` for each trial. Two of them are a pair when
they have suite, scene, seed and variant in common: then all that is drawn at random is the same.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
import json
from pathlib import Path
from typing import Any

from vla_ros.core import config
from vla_ros.core.config import require
from vla_ros.evaluate.statistics import Share, share


@dataclass(frozen=True)
class EpisodeRow:
    """One episode of an evaluation: which trial it was, and what came of it."""

    suite: str
    scene: str  # the task family that laid out the scene
    seed: int  # of the scene
    variant: int  # seed of the wording, and of what else is asked for in the scene
    family: str  # of the request
    instruction: str
    success: bool
    refused: bool
    reason: str  # of the refusal, or why the episode ended
    seconds: float  # simulated
    latent_age: float | None  # s, mean over the chunks
    seam_jump: float | None  # m, greatest

    @property
    def trial(self) -> tuple[str, str, int, int]:
        """What two episodes of a pair have in common."""
        return self.suite, self.scene, self.seed, self.variant

    @property
    def name(self) -> str:
        """Name for tables."""
        return f'{self.suite} {self.scene}:{self.seed}.{self.variant}'


@dataclass(frozen=True)
class Comparison:
    """What became of the episodes that both evaluations ran."""

    paired: int
    identical: int  # pairs that are equal in every field, to the last bit
    differing: tuple[tuple[EpisodeRow, EpisodeRow], ...]  # the others: before, after
    only_before: int  # episodes without a partner
    only_after: int
    before: Share  # of successes among the pairs, exact 95 % interval
    after: Share
    lost: int  # pairs that succeeded before only
    gained: int  # pairs that succeeded after only
    p: float  # of McNemar's exact test, two-sided


def read_episodes(path: Path) -> list[EpisodeRow]:
    """Return the episodes of a report of `vla_ros evaluate`.

    Raises:
        ValueError: the file holds no such report, or one without episodes.
        FileNotFoundError: there is no such file.
    """
    try:
        tree = json.loads(path.read_text(encoding='utf-8'))
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise ValueError(f'{path}: expected a JSON report, got no JSON: {error}') from error
    rows = tree.get('outcomes') if isinstance(tree, Mapping) else None
    if not isinstance(rows, list):
        raise ValueError(
            f'{path}: expected a report of `vla_ros evaluate` with `outcomes`, found none; '
            'run the evaluation again with --report'
        )
    built = [config.build(EpisodeRow, row, f'{path}: outcomes') for row in rows]
    require(
        len({episode.trial for episode in built}) == len(built),
        f'{path}: expected each trial once, some are there several times',
    )
    return built


def compare(before: Sequence[EpisodeRow], after: Sequence[EpisodeRow]) -> Comparison:
    """Return how the episodes of two evaluations differ, in the order of the first.

    McNemar's test asks whether more pairs changed one way than the other would by chance: given
    `lost + gained` pairs that changed, either way is as likely as a coin's (exact binomial).

    Raises:
        ValueError: no trial is in both.
    """
    found = {episode.trial: episode for episode in after}
    pairs = [(old, found[old.trial]) for old in before if old.trial in found]
    require(
        bool(pairs),
        f'no episode of the {len(before)} before is one of the {len(after)} after: '
        'evaluate both with the same tasks, suite and seed',
    )
    differing = tuple(pair for pair in pairs if pair[0] != pair[1])
    lost = sum(old.success and not new.success for old, new in pairs)
    gained = sum(new.success and not old.success for old, new in pairs)
    return Comparison(
        paired=len(pairs),
        identical=len(pairs) - len(differing),
        differing=differing,
        only_before=len(before) - len(pairs),
        only_after=len(after) - len(pairs),
        before=share(sum(old.success for old, _ in pairs), len(pairs)),
        after=share(sum(new.success for _, new in pairs), len(pairs)),
        lost=lost,
        gained=gained,
        p=_mcnemar(lost, gained),
    )


def differences(before: EpisodeRow, after: EpisodeRow) -> dict[str, tuple[Any, Any]]:
    """Return the fields in which the two episodes of a pair differ: before, after."""
    both = {f.name: (getattr(before, f.name), getattr(after, f.name)) for f in fields(before)}
    return {name: values for name, values in both.items() if values[0] != values[1]}


def _mcnemar(lost: int, gained: int) -> float:
    if not lost + gained:
        return 1.0
    from scipy.stats import binomtest  # slow to import: only comparisons need it

    return float(binomtest(lost, lost + gained, 0.5).pvalue)
