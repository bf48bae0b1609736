"""Requests, and the many ways to word them.

A template is text with `{object}`, `{target}` and `{arm}`, and with `{other}` where it names the
arm that is not asked for, too; `(a|b|c)` stands for one of the alternatives, an empty one
included. The templates themselves are in `wording/` (training) and `heldout.py`.
"""

from dataclasses import dataclass
from functools import cache
import itertools
import re
from typing import Literal

import numpy as np

from vla_ros.core.config import require
from vla_ros.tabletop.language import heldout, wording
from vla_ros.tabletop.language.families import ARMS, COLOURS, FAMILIES


Split = Literal['train', 'heldout', 'plain']

COLOUR_WORDS = {
    'red': ('red', 'crimson', 'scarlet', 'ruby'),
    'green': ('green', 'emerald', 'lime', 'jade'),
    'blue': ('blue', 'azure', 'cobalt', 'sapphire'),
    'yellow': ('yellow', 'golden', 'lemon'),
    'purple': ('purple', 'violet', 'lilac'),
    'orange': ('orange', 'tangerine', 'apricot'),
}
NOUNS = {  # by kind
    'cube': ('cube', 'block', 'box', 'brick', 'cuboid'),
    'button': ('button', 'switch', 'key', 'knob', 'pushbutton'),
    'line': ('line', 'stripe', 'mark', 'streak', 'stroke'),
    'bar': ('bar', 'rod', 'beam', 'stick', 'pole'),
    'crate': ('crate', 'box', 'carton', 'case', 'chest'),
}
BOWL_WORDS = ('bowl', 'dish', 'basin', 'bowl', 'white bowl', 'round bowl', 'big bowl')
ZONE_WORDS = (
    *('goal zone', 'zone', 'target zone', 'goal', 'goal area', 'target area', 'marked area'),
    *('marked square', 'goal region', 'marked zone', 'square', 'patch', 'area', 'goal square'),
    *('target region', 'marked patch', 'region', 'target square', 'target'),
)
GOAL_WORDS = {'bowl': BOWL_WORDS, 'zone': ZONE_WORDS}
DETERMINERS = frozenset(['the', 'a', 'an', 'that', 'this', 'my', 'our', 'your', 'its'])

_CHOICE = re.compile(r'\(([^()]*)\)')


@dataclass(frozen=True)
class Request:
    """What is asked: a family of tasks, the object's colour, what it is done to, and by which arm.

    What the families take is in `families.py`.
    """

    family: str
    object: str
    target: str = ''
    arm: str = ''

    def __post_init__(self) -> None:
        valid = tuple(FAMILIES)
        require(self.family in valid, f'family {self.family!r} is not one of {valid}')
        require(self.object in COLOURS, f'object {self.object!r} is not one of {COLOURS}')
        family = FAMILIES[self.family]
        for name, value, valid in (
            ('target', self.target, family.targets),
            ('arm', self.arm, family.arms),
        ):
            require(value in valid, f'{name} {value!r} of {self.family}: not in {valid}')
        require(self.object != self.target, f'{self.object!r} cannot be its own target')

    @property
    def kind(self) -> str:
        """What the object is: a cube, a button, a line, a bar, a crate."""
        return FAMILIES[self.family].kind

    @property
    def other(self) -> str:
        """The arm that is not asked for; empty if none is."""
        return next(arm for arm in ARMS if arm != self.arm) if self.arm else ''

    @property
    def text(self) -> str:
        """The fields as words, '-' for an empty one before another; `parse` reads them back."""
        words = [self.family, self.object, self.target or '-', self.arm or '-']
        while words[-1] == '-':
            words.pop()
        return ' '.join(words)

    @classmethod
    def parse(cls, text: str) -> 'Request':
        """Return the request that `text` says.

        Raises:
            ValueError: not 'family object [target [arm]]', or impossible; the message says why.
        """
        words = ['' if word == '-' else word for word in text.split()]
        require(2 <= len(words) <= 4, f'expected "family object [target [arm]]", got {text!r}')
        return cls(*words)


@cache
def requests(*families: str) -> tuple[Request, ...]:
    """Return every possible request of the families, in order.

    Raises:
        ValueError: no family was named.
    """
    require(bool(families), 'requests: expected the name of a family or more')
    result = []
    for name in families:
        own = FAMILIES[name]
        for colour, target, arm in itertools.product(COLOURS, own.targets, own.arms):
            if colour != target:
                result.append(Request(name, colour, target, arm))
    return tuple(result)


def templates(family: str, split: Split) -> tuple[str, ...]:
    """Return the templates of a family; the two splits have none in common."""
    if split == 'plain':
        return (wording.TEMPLATES[family][0],)
    source = wording.TEMPLATES if split == 'train' else heldout.TEMPLATES
    return source[family]


def render(request: Request, rng: np.random.Generator, split: Split = 'train') -> str:
    """Return an instruction that asks for `request` in a random wording of the split.

    'plain' gives the first, canonical template with canonical names.
    """
    options = templates(request.family, split)
    if split == 'plain':
        return fill(expand(options[0], None), request, None)
    text = fill(expand(options[rng.integers(len(options))], rng), request, rng)
    if split == 'train':
        text = expand(wording.PREFIXES[rng.integers(len(wording.PREFIXES))], rng) + ' ' + text
        text += ' ' + expand(wording.SUFFIXES[rng.integers(len(wording.SUFFIXES))], rng)
    return ' '.join(text.split())


def expand(template: str, rng: np.random.Generator | None) -> str:
    """Return the template with one alternative chosen in every group (the first without rng)."""
    while match := _CHOICE.search(template):
        options = match.group(1).split('|')
        chosen = options[0] if rng is None else options[rng.integers(len(options))]
        template = template[: match.start()] + chosen + template[match.end() :]
    return ' '.join(template.split())


def fill(template: str, request: Request, rng: np.random.Generator | None) -> str:
    """Return the template with object, target and arm named (canonically without rng).

    An article is put before the name unless the template already has one there.

    Raises:
        ValueError: the template lacks a needed placeholder or has an unknown one.
    """
    names = {'{object}': object_phrase(request.object, rng, request.kind)}
    if request.target:
        names['{target}'] = target_phrase(request.target, rng, request.kind)
    if request.arm:
        names['{arm}'] = request.arm
    for key in names:
        require(key in template, f'template {template!r} of {request.family}: {key} is missing')
    if request.arm:
        names['{other}'] = request.other
    words: list[str] = []
    for piece in re.split(r'(\{[^{}]*\})', template):
        if not piece.startswith('{'):
            words += piece.split()
            continue
        require(piece in names, f'template {template!r}: {piece} is not one of {sorted(names)}')
        determined = bool(words) and words[-1].lower().strip(',.') in DETERMINERS
        words += ([] if determined else ['the']) + [names[piece]]
    return re.sub(r' ([,.!?])', r'\1', ' '.join(words))


def object_phrase(colour: str, rng: np.random.Generator | None, kind: str = 'cube') -> str:
    """Return a name for the thing of that colour and kind, without article."""
    if rng is None:
        return f'{colour} {kind}'
    # The plain names come as often as all the synonyms together.
    word = colour if rng.random() < 0.5 else _pick(COLOUR_WORDS[colour], rng)
    noun = kind if rng.random() < 0.5 else _pick(NOUNS[kind], rng)
    return f'{word} {noun}'


def target_phrase(target: str, rng: np.random.Generator | None, kind: str = 'cube') -> str:
    """Return a name for a target ('bowl', 'zone' or a colour), without article."""
    if target in COLOURS:
        return object_phrase(target, rng, kind)
    if rng is None:
        return 'goal zone' if target == 'zone' else target
    return _pick(GOAL_WORDS[target], rng)


def _pick(options: tuple[str, ...], rng: np.random.Generator) -> str:
    return options[rng.integers(len(options))]
