"""What an instruction asks for, found in its words: only to judge success in simulation.

The policy never sees this. Success is judged only where the whole text is one of the known
wordings of a request, those that training never sees included: a word that none of them explains
("fold", "not", "and then") may turn its meaning around. Whatever else is said is carried out all
the same, and not judged.
"""

from collections.abc import Collection, Iterable
from functools import cache
import re

from vla_ros.tabletop.language.families import ARMS, COLOURS, FAMILIES, GOALS, kinds
from vla_ros.tabletop.language.grammar import (
    COLOUR_WORDS,
    DETERMINERS,
    GOAL_WORDS,
    NOUNS,
    Request,
)
from vla_ros.tabletop.language.heldout import TEMPLATES as HELDOUT
from vla_ros.tabletop.language.vocabulary import split_words
from vla_ros.tabletop.language.wording import PREFIXES, SUFFIXES
from vla_ros.tabletop.language.wording import TEMPLATES as TRAINED


_COLOUR_OF = {word: colour for colour, words in COLOUR_WORDS.items() for word in words}
_LONGEST = 400  # characters; no wording comes near
# Words that change nothing, wherever they stand.
_FILLERS = frozenset(
    ['please', 'kindly', 'carefully', 'gently', 'slowly', 'quickly', 'now', 'just', 'thanks']
)
# What may stand in a text beside words; another sign, or script, may say anything.
_SIGNS = re.compile('[a-z0-9\\s.,:;!?()\'"\N{LEFT SINGLE QUOTATION MARK}'
                    '\N{RIGHT SINGLE QUOTATION MARK}\N{LEFT DOUBLE QUOTATION MARK}'
                    '\N{RIGHT DOUBLE QUOTATION MARK}-]*')  # fmt: skip


def guess_request(instruction: str, families: Collection[str], hint: str = '') -> Request | None:
    """Return the request behind an instruction, or None if that is not known.

    Args:
        instruction: any text.
        families: what the robot does.
        hint: `Request.text` of the scene's own request, which decides where the words fit several.
    """
    text = instruction.lower()
    if len(text) > _LONGEST or not _SIGNS.fullmatch(text):
        return None
    text = text.replace('\N{RIGHT SINGLE QUOTATION MARK}', "'")
    for words in _bare(' '.join(split_words(text))):
        found = _explained(words, families)
        if found:
            return next((request for request in found if request.text == hint), found[0])
    return None


def _bare(text: str) -> Iterable[str]:
    """Yield the text, then without what people say around a request, more and more of it."""
    texts, seen = [text], set()
    while texts:
        text = texts.pop(0)
        if not text or text in seen:
            continue
        seen.add(text)
        yield text
        texts += [text[match.end() :] for match in map(_opening().match, [text]) if match]
        texts += [text[: match.start()] for match in map(_closing().search, [text]) if match]
        texts.append(' '.join(word for word in text.split() if word not in _FILLERS))


def _explained(text: str, families: Collection[str]) -> list[Request]:
    """Return the requests that have a wording which is the whole text, the likeliest first."""
    result: dict[Request, None] = {}
    alone = len(kinds(families)) == 1
    for family in families:
        for pattern in _patterns(family, alone):
            match = pattern.fullmatch(text)
            request = _request(family, match) if match else None
            if request is not None:
                result[request] = None
    return list(result)


def _request(family: str, match: re.Match[str]) -> Request | None:
    """Return what the slots of a wording say; None where that cannot be asked for."""
    said = {name: words or '' for name, words in match.groupdict().items()}
    arm = said.get('arm', '')
    if arm and said.get('other') == arm:
        return None
    target = said.get('target', '')
    if FAMILIES[family].targets == COLOURS:
        target = _COLOUR_OF[target]
    elif target:
        target = next(iter(FAMILIES[family].targets))
    thing = _COLOUR_OF[said['object']]
    return None if thing == target else Request(family, thing, target, arm)


@cache
def _patterns(family: str, alone: bool) -> tuple[re.Pattern[str], ...]:
    """Return the known wordings of a family, as patterns of the words in a text.

    "The blue one" is what another thing of its kind is called that has been named, and any thing
    where the robot knows things of one kind `alone`.
    """
    own = FAMILIES[family]
    colour = '|'.join(_COLOUR_OF)
    nouns = '|'.join(NOUNS[own.kind])
    other = rf'{_article()}(_{colour}) (?:{nouns}|one)'
    thing = other if alone else rf'{_article()}(_{colour}) (?:{nouns})'
    places = [words for goal in GOALS if goal in own.targets for words in GOAL_WORDS[goal]]
    target = other if own.targets == COLOURS else rf'{_article()}(_{_any(places)})'
    arm = rf'{_article()}(_{"|".join(ARMS)})'
    slots = {'object': thing, 'target': target, 'arm': arm, 'other': arm}
    return tuple(_pattern(text, slots) for text in (*TRAINED[family], *HELDOUT[family]))


def _pattern(template: str, slots: dict[str, str]) -> re.Pattern[str]:
    """Return the pattern of a template; each slot is a group of its name, where it comes first."""
    text = _spelled(template)
    for name, slot in slots.items():
        text = text.replace(f'{{{name}}}', slot.replace('(_', f'(?P<{name}>'), 1)
        again = re.sub(r'\(_[^)]*\)', f'(?P={name})', slot)  # the same is meant
        text = text.replace(f'{{{name}}}', again)
    return re.compile(text)


@cache
def _opening() -> re.Pattern[str]:
    return re.compile(rf'(?:{_around(PREFIXES)}) ')


@cache
def _closing() -> re.Pattern[str]:
    return re.compile(rf' (?:{_around(SUFFIXES)})$')


def _around(templates: Iterable[str]) -> str:
    return '|'.join(_spelled(text) for text in sorted(set(templates), key=len)[::-1] if text)


def _spelled(template: str) -> str:
    """Return a template without its signs, with its choices and spaces as a pattern has them."""
    text = re.sub(r"[,.:;']", '', template).replace('(', '(?:')
    return text.replace(' ', ' *')


def _article() -> str:
    return rf'(?:(?:{_any(DETERMINERS)}) )?'


def _any(words: Iterable[str]) -> str:
    return '|'.join(sorted(set(words), key=len, reverse=True))
