"""What an evaluation runs: one Trial an episode, in suites chosen by name."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from vla_ros.core.config import require
from vla_ros.tabletop.language.grammar import Split


Kind = Literal['named', 'other', 'absent']

# Demonstrations have seeds below; scenes from FRESH_SEED on are never trained, calibrated or
# selected on.
CALIBRATION_SEED = 500_000
FRESH_SEED = 1_000_000


@dataclass(frozen=True)
class Trial:
    """One episode to run.

    `named` asks for the task the scene was made for, `other` for a different object or family in
    the same scene (drawn by `variant`), `absent` for an object that is not there.
    """

    family: str  # the task family that lays out the scene
    seed: int  # of the scene
    kind: Kind = 'named'
    variant: int = 0  # seed of the wording and of the `other` request
    wording: Split = 'train'  # of the grammar
    template: str = ''  # text with {object} and {target}, used instead of the grammar

    def __post_init__(self) -> None:
        require(self.seed >= 0, f'seed: expected 0 or more, got {self.seed}')


@dataclass(frozen=True)
class Outcome:
    """What came of a Trial."""

    trial: Trial
    family: str  # of the request
    instruction: str
    success: bool
    refused: bool
    reason: str  # refusal, or why it ended
    seconds: float  # simulated
    latent_age: float  # s, mean age of the latents that chunks were made from
    seam_jump: float  # m, greatest
    # What the task measures besides, by name; empty if nothing does.
    measured: Mapping[str, float] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Short name for tables."""
        return f'{self.family}:{self.trial.seed}'


def success_trials(
    families: tuple[str, ...],
    episodes: int,
    seed: int,
    wording: Split,
    templates: dict[str, list[str]],
) -> list[Trial]:
    """Return `episodes` trials per family on fresh scenes."""
    trials = []
    for family in families:
        own = templates.get(family, [])
        for i in range(episodes):
            template = own[i % len(own)] if own else ''
            number = FRESH_SEED + seed * 100_000 + i
            trials.append(Trial(family, number, 'named', i, wording, template))
    return trials


def other_trials(families: tuple[str, ...], episodes: int, seed: int) -> list[Trial]:
    """Return pairs of trials that ask different things of the same scene, families in turn."""
    base, n = FRESH_SEED + seed * 100_000 + 50_000, len(families)
    scenes = [(families[i % n], base + i) for i in range(episodes)]
    return [Trial(f, s, 'other', v) for f, s in scenes for v in (0, 1)]


def refusal_trials(families: tuple[str, ...], episodes: int, seed: int) -> list[Trial]:
    """Return trials that ask for an absent object, families in turn."""
    base, n = FRESH_SEED + seed * 100_000 + 70_000, len(families)
    return [Trial(families[i % n], base + i, 'absent', i) for i in range(episodes)]


def read_templates(path: Path, families: tuple[str, ...]) -> dict[str, list[str]]:
    """Read an --instructions file: `family<TAB>text with {object} and {target}` a line.

    Raises:
        ValueError: a line has no tab, a family not of `families` or lacks its placeholders.
    """
    templates: dict[str, list[str]] = {}
    for number, line in enumerate(path.read_text(encoding='utf-8').splitlines(), 1):
        if not line.strip() or line.startswith('#'):
            continue
        family, tab, text = line.partition('\t')
        where = f'{path}:{number}'
        require(bool(tab), f'{where}: expected family<TAB>text, got {line!r}')
        require(family in families, f'{where}: family {family!r} is not one of {list(families)}')
        require('{object}' in text, f'{where}: the text lacks {{object}}: {text!r}')
        templates.setdefault(family, []).append(text.strip())
    require(bool(templates), f'{path}: holds no template')
    return templates
