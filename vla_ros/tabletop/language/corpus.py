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
from vla_ros.tabletop.language.families import ARMS, COLOURS, FAMILIES, GOALS, armed, kinds
from vla_ros.tabletop.language.grammar import DETERMINERS, NOUNS, Request
from vla_ros.tabletop.language.vocabulary import Vocabulary, split_words


CONCEPTS = (*COLOURS, *GOALS)  # what can be seen; the order of every per-concept array
NO_OBJECT = len(COLOURS)  # object class: the text names no object
NO_TARGET = len(CONCEPTS)  # target class: none is needed
BAD_TARGET = NO_TARGET + 1  # target class: the text names something unknown
N_OBJECT, N_TARGET = NO_OBJECT + 1, BAD_TARGET + 1
ARM_CLASSES = ('', *ARMS)
NO_ARM = 0  # arm class: the text names none that the robot has

UNKNOWN_WORD = 'zzz'  # in no vocabulary
_ARMLESS = 0.15  # share of the meaningless texts that lack the arm, where one has to be named
# What is said in the place of an arm's name, and the words that a template loses with it.
_INSTEAD: tuple[list[str], ...] = (*([UNKNOWN_WORD],) * 4, ['other'], ['both'], [])
_ARM_PHRASE = re.compile(
    r'((over |across )?(with|using|by means of|by|to|into|use|let|take) )?\{arm\} \w+[,:]?'
)
# The words around them may not be lost, or the meaning is.
KEPT = frozenset(['not', 'dont', 'never', 'leave', 'alone', *DETERMINERS])


@dataclass(frozen=True)
class Texts:
    """Encoded instructions with what they mean."""

    tokens: NDArray[np.int64]  # (n, length)
    object: NDArray[np.int64]  # (n,) class of the object
    target: NDArray[np.int64]  # (n,) class of the target
    arm: NDArray[np.int64]  # (n,) index into ARM_CLASSES; -1 where that is not clear
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
    words = _object_words(request.object, request, rng, families)
    return _compose(request, rng, words, _target(request, rng, families))


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
        unknown = _unknown_object(request, rng, families)
        words = _compose(request, rng, unknown, _target(request, rng, families))
        return words, NO_OBJECT, target_class, arm_class(request)
    if draw < 0.8:
        while not request.target:
            request = _any_request(rng, families)
        phrase = _unknown_target(request, rng, families)
        named = _object_words(request.object, request, rng, families)
        words = _compose(request, rng, named, phrase)
        return words, classes(request)[0], BAD_TARGET, arm_class(request)
    if draw < 0.9:
        options = wording.NEGATIONS
        template = grammar.expand(options[rng.integers(len(options))], rng)
        command = ' '.join(positive(request, rng, families))
        name = 'the ' + ' '.join(_object_words(request.object, request, rng, families))
        text = template.replace('{command}', command).replace('{object}', name)
        return split_words(text), NO_OBJECT, BAD_TARGET, -1
    return _junk(rng), NO_OBJECT, BAD_TARGET, -1


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
    object_words: list[str],
    target_words: list[str],
) -> list[str]:
    names = {
        '{object}': object_words, '{target}': target_words,
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
        '{object}': _object_words(request.object, request, rng, families),
        '{target}': _target(request, rng, families),
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
            words += _noise(split_words(piece), rng, rate, protected)
    return words


def _noise(
    words: list[str],
    rng: np.random.Generator,
    rate: float,
    protected: frozenset[str],
) -> list[str]:
    if not rate:
        return words
    result = []
    for word in words:
        if word in protected or word in KEPT:
            result.append(word)
            continue
        draw = rng.random() / rate
        if draw < 0.6:
            result.append(UNKNOWN_WORD)
        elif draw < 0.7:
            result += [UNKNOWN_WORD, word]
        elif draw >= 0.9:
            result.append(word)
    if rng.random() < 0.1:
        result.insert(0, UNKNOWN_WORD)
    return result


def _object_words(
    colour: str, request: Request, rng: np.random.Generator, families: Sequence[str]
) -> list[str]:
    words = grammar.object_phrase(colour, rng, request.kind).split()
    draw = rng.random()
    if draw < 0.05:
        return [words[0], UNKNOWN_WORD, words[1]]  # red wooden cube
    if draw < 0.1:
        return [UNKNOWN_WORD, *words]  # shiny red cube
    if draw < 0.13:
        return [words[1], 'that', 'is', words[0]]
    if draw < 0.16 and len(kinds(families)) == 1:  # else the noun says what is to be done
        return [words[0], 'one']
    return words


def _target(request: Request, rng: np.random.Generator, families: Sequence[str]) -> list[str]:
    if request.target in COLOURS:
        return _object_words(request.target, request, rng, families)
    words = grammar.target_phrase(request.target, rng).split() if request.target else []
    return [UNKNOWN_WORD, *words] if words and rng.random() < 0.05 else words


def _unknown_object(
    request: Request, rng: np.random.Generator, families: Sequence[str]
) -> list[str]:
    colour = grammar.object_phrase(COLOURS[rng.integers(len(COLOURS))], rng).split()[0]
    noun = NOUNS[request.kind][rng.integers(len(NOUNS[request.kind]))]
    options: tuple[list[str], ...] = (
        *([colour, UNKNOWN_WORD], [colour, UNKNOWN_WORD], [UNKNOWN_WORD, noun], [noun]),
        *([UNKNOWN_WORD, noun], [UNKNOWN_WORD], [UNKNOWN_WORD, UNKNOWN_WORD]),
        *([colour, UNKNOWN_WORD, UNKNOWN_WORD], [UNKNOWN_WORD, UNKNOWN_WORD, noun]),
    )
    others = [kind for kind in kinds(families) if kind != request.kind]
    if request.target and others:  # a button cannot be put into a bowl
        wrong = NOUNS[others[rng.integers(len(others))]]
        options += ([colour, wrong[rng.integers(len(wrong))]],) * 3
    return options[rng.integers(len(options))]


def _unknown_target(
    request: Request, rng: np.random.Generator, families: Sequence[str]
) -> list[str]:
    if request.target in COLOURS and rng.random() < 0.7:
        return _unknown_object(request, rng, families)
    return [UNKNOWN_WORD] * int(rng.integers(1, 3))


def _junk(rng: np.random.Generator) -> list[str]:
    pool = split_words(' '.join(wording.PREFIXES + wording.SUFFIXES)) + [UNKNOWN_WORD] * 60
    return [pool[i] for i in rng.integers(len(pool), size=rng.integers(1, 12))]
