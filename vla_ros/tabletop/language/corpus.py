"""Text to train on: wordings with noise, and instructions that mean nothing the robot knows.

The meaning of an instruction rests on the phrase for the object, the phrase for the target and
how they stand to each other. Everything else is drowned in noise here, so that a verb nobody
thought of does not matter: words are dropped, inserted and replaced by unknown ones.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
import re

import numpy as np
from numpy.typing import NDArray

from vla_ros.tabletop.language import grammar, wording
from vla_ros.tabletop.language.families import ARMS, COLOURS, FAMILIES, GOALS, armed
from vla_ros.tabletop.language.grammar import Request
from vla_ros.tabletop.language.noise import (
    UNKNOWN_WORD,
    junk,
    noise,
    object_words,
    target_words,
    unknown_object,
    unknown_target,
)
from vla_ros.tabletop.language.vocabulary import Vocabulary, split_words


CONCEPTS = (*COLOURS, *GOALS)  # what can be seen; the order of every per-concept array
NO_OBJECT = len(COLOURS)  # object class: the text names no object
NO_TARGET = len(CONCEPTS)  # target class: none is needed
BAD_TARGET = NO_TARGET + 1  # target class: the text names something unknown
N_OBJECT, N_TARGET = NO_OBJECT + 1, BAD_TARGET + 1
ARM_CLASSES = ('', *ARMS)
NO_ARM = 0  # arm class: the text names none that the robot has

_ARMLESS = 0.15  # share of the meaningless texts that lack the arm, where one has to be named
# What is said in the place of an arm's name, and the words that a template loses with it.
_INSTEAD: tuple[list[str], ...] = (*([UNKNOWN_WORD],) * 4, ['other'], ['both'], [])
_ARM_PHRASE = re.compile(
    r'((over |across )?(with|using|by means of|by|to|into|use|let|take) )?\{arm\} \w+[,:]?'
)


@dataclass(frozen=True)
class Texts:
    """Encoded instructions with what they mean."""

    tokens: NDArray[np.int64]  # (n, length)
    object: NDArray[np.int64]  # (n,) class of the object
    target: NDArray[np.int64]  # (n,) class of the target
    arm: NDArray[np.int64]  # (n,) index into ARM_CLASSES; -1 if that is not clear
    family: NDArray[np.int64]  # (n,) index into the families; -1 where the text means nothing


def classes(request: Request) -> tuple[int, int]:
    """Return the object and target class of a request."""
    target = CONCEPTS.index(request.target) if request.target else NO_TARGET
    return CONCEPTS.index(request.object), target


def arm_class(request: Request) -> int:
    """Return the index in ARM_CLASSES of the arm that a request names."""
    return ARM_CLASSES.index(request.arm)


def positive(request: Request, rng: np.random.Generator, families: Sequence[str]) -> list[str]:
    """Return the words of an instruction for `request` among what `families` allow, with noise."""
    words = object_words(request.object, request, rng, families)
    return _compose(request, rng, words, target_words(request, rng, families))


def negative(rng: np.random.Generator, families: Sequence[str]) -> tuple[list[str], int, int, int]:
    """Return the words of an instruction that means nothing among `families`, and its classes.

    These are of the object, the target and the arm, -1 where it is not clear which arm is named.
    """
    needing = armed(families)
    if needing and rng.random() < _ARMLESS:
        return _armless(rng, needing, families)
    request = _any_request(rng, families)
    object_class, target_class = classes(request)
    aims = any(FAMILIES[name].targets != ('',) for name in families)
    draw = rng.random()
    if draw < 0.4 or (draw < 0.8 and not aims):
        unknown = unknown_object(request, rng, families)
        words = _compose(request, rng, unknown, target_words(request, rng, families))
        return words, NO_OBJECT, target_class, arm_class(request)
    if draw < 0.8:
        while not request.target:
            request = _any_request(rng, families)
        phrase = unknown_target(request, rng, families)
        named = object_words(request.object, request, rng, families)
        words = _compose(request, rng, named, phrase)
        return words, classes(request)[0], BAD_TARGET, arm_class(request)
    if draw < 0.9:
        options = wording.NEGATIONS
        template = grammar.expand(options[rng.integers(len(options))], rng)
        command = ' '.join(positive(request, rng, families))
        name = 'the ' + ' '.join(object_words(request.object, request, rng, families))
        text = template.replace('{command}', command).replace('{object}', name)
        return split_words(text), NO_OBJECT, BAD_TARGET, -1
    return junk(rng), NO_OBJECT, BAD_TARGET, -1


def sample_texts(
    vocabulary: Vocabulary,
    n: int,
    rng: np.random.Generator,
    families: Sequence[str],
    negatives: float = 0.35,
) -> Texts:
    """Return `n` random instructions for `families`, a share of them meaningless."""
    tokens = np.zeros((n, vocabulary.length), np.int64)
    labels = np.full((n, 4), -1, np.int64)
    for i in range(n):
        if rng.random() < negatives:
            words, *labels[i, :3] = negative(rng, families)
        else:
            request = _any_request(rng, families)
            words = positive(request, rng, families)
            family = families.index(request.family)
            labels[i] = (*classes(request), arm_class(request), family)
        tokens[i] = vocabulary.encode_words(words)
    return Texts(tokens, *labels.T)


def _any_request(rng: np.random.Generator, families: Sequence[str]) -> Request:
    options = grammar.requests(families[int(rng.integers(len(families)))])
    return options[rng.integers(len(options))]


def _compose(
    request: Request,
    rng: np.random.Generator,
    thing: list[str],
    goal: list[str],
) -> list[str]:
    names = {
        '{object}': thing, '{target}': goal,
        '{arm}': [request.arm], '{other}': [request.other],
    }  # fmt: skip
    return _write(_template(request, rng), names, request, rng)


def _armless(
    rng: np.random.Generator, needing: Sequence[str], families: Sequence[str]
) -> tuple[list[str], int, int, int]:
    """Return the words of a request that lacks the arm it needs, or names none there is."""
    request = _any_request(rng, needing)
    template = _template(request, rng)
    if '{other}' not in template and rng.random() < 0.5:
        template = _ARM_PHRASE.sub(' ', template)
    names = {
        '{object}': object_words(request.object, request, rng, families),
        '{target}': target_words(request, rng, families),
        '{arm}': _INSTEAD[rng.integers(len(_INSTEAD))],
        '{other}': [UNKNOWN_WORD],
    }
    return _write(template, names, request, rng), *classes(request), NO_ARM


def _template(request: Request, rng: np.random.Generator) -> str:
    options = wording.TEMPLATES[request.family]
    return grammar.expand(options[rng.integers(len(options))], rng)


def _write(
    template: str, names: Mapping[str, list[str]], request: Request, rng: np.random.Generator
) -> list[str]:
    """Return the words of a template with names in it, and noise around them."""
    prefix = grammar.expand(wording.PREFIXES[rng.integers(len(wording.PREFIXES))], rng)
    suffix = grammar.expand(wording.SUFFIXES[rng.integers(len(wording.SUFFIXES))], rng)
    protected = FAMILIES[request.family].protected
    rate = (0.0, 0.0, 0.1, 0.3, 0.6)[rng.integers(5)]
    words: list[str] = []
    for piece in re.split(r'(\{\w+\})', f'{prefix} {template} {suffix}'):
        if piece.startswith('{'):
            words += ['the'] if rng.random() < 0.92 else []
            words += names[piece]
        else:
            words += noise(split_words(piece), rng, rate, protected)
    return words
