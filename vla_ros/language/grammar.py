"""Requests, and the many ways to word them.

A template is text with `{object}` and `{target}`; `(a|b|c)` stands for one of the alternatives, an
empty one included. The templates themselves are in `wording.py` (training) and `heldout.py`.
"""

from dataclasses import dataclass
from functools import cache
import itertools
import re
from typing import Literal

import numpy as np

from vla_ros.config import require
from vla_ros.language import heldout, wording


Split = Literal['train', 'heldout', 'plain']

COLOURS = ('red', 'green', 'blue', 'yellow', 'purple', 'orange')
FAMILIES = ('pick', 'put', 'push', 'stack')

COLOUR_WORDS = {
    'red': ('red', 'crimson', 'scarlet', 'ruby'),
    'green': ('green', 'emerald', 'lime', 'jade'),
    'blue': ('blue', 'azure', 'cobalt', 'sapphire'),
    'yellow': ('yellow', 'golden', 'lemon'),
    'purple': ('purple', 'violet', 'lilac'),
    'orange': ('orange', 'tangerine', 'apricot'),
}
CUBE_WORDS = ('cube', 'block', 'box', 'brick', 'cuboid')
BOWL_WORDS = ('bowl', 'dish', 'basin', 'bowl', 'white bowl', 'round bowl', 'big bowl')
ZONE_WORDS = (
    *('goal zone', 'zone', 'target zone', 'goal', 'goal area', 'target area', 'marked area'),
    *('marked square', 'goal region', 'marked zone', 'square', 'patch', 'area', 'goal square'),
    *('target region', 'marked patch', 'region', 'target square', 'target'),
)
DETERMINERS = frozenset(['the', 'a', 'an', 'that', 'this', 'my', 'our', 'your', 'its'])

_CHOICE = re.compile(r'\(([^()]*)\)')


@dataclass(frozen=True)
class Request:
    """What is asked: a family of tasks, the cube's colour, and where it is to go."""

    family: str
    object: str
    target: str = ''  # '' (pick), 'bowl' (put), 'zone' (push), a colour (stack)

    def __post_init__(self) -> None:
        choices = {'pick': ('',), 'put': ('bowl',), 'push': ('zone',), 'stack': COLOURS}
        require(self.family in choices, f'family {self.family!r} is not one of {FAMILIES}')
        require(self.object in COLOURS, f'object {self.object!r} is not one of {COLOURS}')
        valid = choices[self.family]
        require(self.target in valid, f'target {self.target!r} of {self.family}: not in {valid}')
        require(self.object != self.target, f'{self.object!r} cannot be stacked on itself')


@cache
def requests(family: str = '') -> tuple[Request, ...]:
    """Return every possible request, of one family or of all."""
    result = [Request('pick', c) for c in COLOURS]
    result += [Request('put', c, 'bowl') for c in COLOURS]
    result += [Request('push', c, 'zone') for c in COLOURS]
    result += [Request('stack', a, b) for a, b in itertools.permutations(COLOURS, 2)]
    return tuple(r for r in result if family in ('', r.family))


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
    """Return the template with `{object}` and `{target}` named (canonically without rng).

    An article is put before the name unless the template already has one there.

    Raises:
        ValueError: the template lacks a needed placeholder or has an unknown one.
    """
    names = {'{object}': object_phrase(request.object, rng)}
    if request.target:
        names['{target}'] = target_phrase(request.target, rng)
    for key in names:
        require(key in template, f'template {template!r} of {request.family}: {key} is missing')
    words: list[str] = []
    for piece in re.split(r'(\{[^{}]*\})', template):
        if not piece.startswith('{'):
            words += piece.split()
            continue
        require(piece in names, f'template {template!r}: {piece} is not one of {sorted(names)}')
        determined = bool(words) and words[-1].lower().strip(',.') in DETERMINERS
        words += ([] if determined else ['the']) + [names[piece]]
    return re.sub(r' ([,.!?])', r'\1', ' '.join(words))


def object_phrase(colour: str, rng: np.random.Generator | None) -> str:
    """Return a name for the cube of that colour, without article."""
    if rng is None:
        return f'{colour} cube'
    # The plain names come as often as all the synonyms together.
    word = colour if rng.random() < 0.5 else _pick(COLOUR_WORDS[colour], rng)
    noun = 'cube' if rng.random() < 0.5 else _pick(CUBE_WORDS, rng)
    return f'{word} {noun}'


def target_phrase(target: str, rng: np.random.Generator | None) -> str:
    """Return a name for a target ('bowl', 'zone' or a colour), without article."""
    if target in COLOURS:
        return object_phrase(target, rng)
    if rng is None:
        return 'goal zone' if target == 'zone' else target
    return _pick(ZONE_WORDS if target == 'zone' else BOWL_WORDS, rng)


def _pick(options: tuple[str, ...], rng: np.random.Generator) -> str:
    return options[rng.integers(len(options))]
