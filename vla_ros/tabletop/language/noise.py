"""Noise in instructions: words dropped, inserted and replaced, things that nobody knows."""

from collections.abc import Sequence

import numpy as np

from vla_ros.tabletop.language import grammar, wording
from vla_ros.tabletop.language.families import COLOURS, kinds
from vla_ros.tabletop.language.grammar import DETERMINERS, NOUNS, Request
from vla_ros.tabletop.language.vocabulary import split_words


UNKNOWN_WORD = 'zzz'  # in no vocabulary
# The words around them may not be lost, or the meaning is.
KEPT = frozenset(['not', 'dont', 'never', 'leave', 'alone', *DETERMINERS])


def noise(
    words: list[str],
    rng: np.random.Generator,
    rate: float,
    protected: frozenset[str],
) -> list[str]:
    """Return words of which a share `rate` is dropped or replaced, but for the protected ones."""
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


def object_words(
    colour: str, request: Request, rng: np.random.Generator, families: Sequence[str]
) -> list[str]:
    """Return the words that name the object of a colour, sometimes with an unknown one."""
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


def target_words(request: Request, rng: np.random.Generator, families: Sequence[str]) -> list[str]:
    """Return the words that name the target of a request; none if it has none."""
    if request.target in COLOURS:
        return object_words(request.target, request, rng, families)
    words = grammar.target_phrase(request.target, rng).split() if request.target else []
    return [UNKNOWN_WORD, *words] if words and rng.random() < 0.05 else words


def unknown_object(
    request: Request, rng: np.random.Generator, families: Sequence[str]
) -> list[str]:
    """Return words for an object that the robot does not know."""
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


def unknown_target(
    request: Request, rng: np.random.Generator, families: Sequence[str]
) -> list[str]:
    """Return words for a target that the robot does not know."""
    if request.target in COLOURS and rng.random() < 0.7:
        return unknown_object(request, rng, families)
    return [UNKNOWN_WORD] * int(rng.integers(1, 3))


def junk(rng: np.random.Generator) -> list[str]:
    """Return words that ask for nothing."""
    pool = split_words(' '.join(wording.PREFIXES + wording.SUFFIXES)) + [UNKNOWN_WORD] * 60
    return [pool[i] for i in rng.integers(len(pool), size=rng.integers(1, 12))]
