"""What an instruction asks for, guessed from its words: only to judge success in simulation.

The policy never sees this guess. An instruction that cannot be guessed is carried out all the
same, and is then not judged.
"""

from collections.abc import Collection
from functools import cache
import re

from vla_ros.tabletop.language.families import ARMS, COLOURS, FAMILIES
from vla_ros.tabletop.language.grammar import (
    BOWL_WORDS,
    COLOUR_WORDS,
    DETERMINERS,
    NOUNS,
    ZONE_WORDS,
    Request,
)
from vla_ros.tabletop.language.heldout import TEMPLATES as HELDOUT
from vla_ros.tabletop.language.vocabulary import split_words
from vla_ros.tabletop.language.wording import TEMPLATES as TRAINED


_COLOUR_OF = {word: colour for colour, words in COLOUR_WORDS.items() for word in words}
_BOWL = {phrase.split()[-1] for phrase in BOWL_WORDS}
_ZONE = {phrase.split()[-1] for phrase in ZONE_WORDS}
_CRATE = set(NOUNS['crate']) - set(NOUNS['cube'])
# Not every 'right' is an arm's: right away, right on.
_ARM = re.compile(rf'\b({"|".join(ARMS)}) (?:arm|hand|gripper|one)\b')


def guess_request(instruction: str, families: Collection[str], hint: str = '') -> Request | None:
    """Return the request behind an instruction, or None.

    Args:
        instruction: any text.
        families: what the robot does.
        hint: `Request.text` of the scene's own request, preferred when the words allow.
    """
    request = _guess(instruction, hint, families)
    return request if request is not None and request.family in families else None


def _guess(instruction: str, hint: str, families: Collection[str]) -> Request | None:
    words = split_words(instruction.lower().replace('the goal is to', ''))
    colours = list(dict.fromkeys(_COLOUR_OF[word] for word in words if word in _COLOUR_OF))
    if not colours:
        return None
    if len(colours) > 1:
        return _stack(' '.join(words), hint)
    for family in ('press', 'wipe', 'lift'):  # the only ones for what they act on
        if set(NOUNS[FAMILIES[family].kind]) & set(words):
            return Request(family, colours[0])
    if 'hoist' in families and _is_hoist(words, families):
        return Request('hoist', colours[0])
    if arm := _named_arm(' '.join(words), families):
        if _BOWL & set(words):
            return Request('place', colours[0], 'bowl', arm)
        return Request('reach' if 'reach' in families else 'handover', colours[0], '', arm)
    if _BOWL & set(words):
        return Request('put', colours[0], 'bowl')
    if _ZONE & set(words):
        return Request('push', colours[0], 'zone')
    return Request('fetch' if 'fetch' in families else 'pick', colours[0])


def _is_hoist(words: list[str], families: Collection[str]) -> bool:
    """Whether a crate is meant; a box may be a cube, too."""
    if set(words) & _CRATE:
        return True
    text = ' '.join(words)
    spans = {family: _span(text, family) for family in families}
    return spans['hoist'] > max(span for family, span in spans.items() if family != 'hoist')


def _span(text: str, family: str) -> int:
    """Return how much of a text the known wordings of a family explain, in characters."""
    matches = (pattern.search(text) for pattern in _patterns(family))
    return max((match.end() - match.start() for match in matches if match), default=0)


def _named_arm(text: str, families: Collection[str]) -> str:
    """Return the arm that is to do it; '' where none is named."""
    named = _ARM.search(text)
    if not named:
        return ''
    if all(re.search(rf'\b{arm}\b', text) for arm in ARMS):
        for family in (name for name in families if FAMILIES[name].arms != ('',)):
            for pattern in _patterns(family):
                if match := pattern.search(text):
                    return match.group('arm')
    return named.group(1)


def _stack(text: str, hint: str) -> Request | None:
    for pattern in _patterns('stack'):
        match = pattern.search(text)
        if not match:
            continue
        top, base = (_COLOUR_OF.get(word, '') for word in match.group('object', 'target'))
        if top and base and top != base:
            return Request('stack', top, base)
    return Request.parse(hint) if hint.startswith('stack ') else None


@cache
def _patterns(family: str) -> tuple[re.Pattern[str], ...]:
    """Return the known wordings of a family, the longest first."""
    nouns = '|'.join(NOUNS[FAMILIES[family].kind])
    # The group that begins with _ is what is looked for.
    thing = rf'(?:(?:{"|".join(DETERMINERS)}) )?(_\w+) (?:{nouns})'
    target = thing if FAMILIES[family].targets == COLOURS else r'(_\w+(?: \w+){0,3})'
    arm = rf'(?:(?:{"|".join(DETERMINERS)}) )?(_{"|".join(ARMS)})'
    slots = {'object': thing, 'target': target, 'arm': arm, 'other': arm}
    result = []
    for template in sorted(TRAINED[family] + HELDOUT[family], key=len, reverse=True):
        text = re.sub(r'[,.:]', '', template).replace('(', '(?:').replace(' ', ' *')
        for name, slot in slots.items():
            text = text.replace(f'{{{name}}}', slot.replace('(_', f'(?P<{name}>'), 1)
            text = text.replace(f'{{{name}}}', slot.replace('(_', '(?:'))
        result.append(re.compile(text))
    return tuple(result)
