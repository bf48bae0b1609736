"""What an instruction asks for, guessed from its words: only to judge success in simulation.

The policy never sees this guess. An instruction that cannot be guessed is carried out all the
same, and is then not judged.
"""

from functools import cache
import re

from vla_ros.language.families import ARMS, FAMILIES
from vla_ros.language.grammar import BOWL_WORDS, COLOUR_WORDS, NOUNS, ZONE_WORDS, Request
from vla_ros.language.heldout import TEMPLATES as HELDOUT
from vla_ros.language.vocabulary import split_words
from vla_ros.language.wording import TEMPLATES as TRAINED


_COLOUR_OF = {word: colour for colour, words in COLOUR_WORDS.items() for word in words}
_BOWL = {phrase.split()[-1] for phrase in BOWL_WORDS}
_ZONE = {phrase.split()[-1] for phrase in ZONE_WORDS}
_CUBE = rf'(?:(?:the|a|an|that|this|my) )?(\w+) (?:{"|".join(NOUNS["cube"])})'

# Not every 'right' is an arm's: right away, right on.
_ARM = re.compile(rf'\b({"|".join(ARMS)}) (?:arm|hand|gripper|one)\b')


def guess_request(instruction: str, hint: str = '') -> Request | None:
    """Return the request behind an instruction, or None.

    Args:
        instruction: any text.
        hint: `Request.text` of the scene's own request, preferred when the words allow.
    """
    words = split_words(instruction.lower().replace('the goal is to', ''))
    colours = list(dict.fromkeys(_COLOUR_OF[word] for word in words if word in _COLOUR_OF))
    if not colours:
        return None
    if len(colours) > 1:
        return _stack(' '.join(words), hint)
    for family in ('press', 'wipe', 'lift'):  # the only ones for what they act on
        if set(NOUNS[FAMILIES[family].kind]) & set(words):
            return Request(family, colours[0])
    if named := _ARM.search(' '.join(words)):
        arm = named.group(1)
        if _BOWL & set(words):
            return Request('place', colours[0], 'bowl', arm)
        return Request('handover', colours[0], '', arm)
    if _BOWL & set(words):
        return Request('put', colours[0], 'bowl')
    if _ZONE & set(words):
        return Request('push', colours[0], 'zone')
    return Request('pick', colours[0])


def _stack(text: str, hint: str) -> Request | None:
    for pattern in _stack_patterns():
        match = pattern.search(text)
        if not match:
            continue
        top, base = (_COLOUR_OF.get(word, '') for word in match.group('object', 'target'))
        if top and base and top != base:
            return Request('stack', top, base)
    return Request.parse(hint) if hint.startswith('stack ') else None


@cache
def _stack_patterns() -> tuple[re.Pattern[str], ...]:
    """Return the known wordings of stacking, the longest first."""
    result = []
    for template in sorted(TRAINED['stack'] + HELDOUT['stack'], key=len, reverse=True):
        text = re.sub(r'[,.:]', '', template).replace('(', '(?:')
        for name in ('object', 'target'):
            captured = _CUBE.replace(r'(\w+)', rf'(?P<{name}>\w+)')
            again = _CUBE.replace(r'(\w+)', r'\w+')
            text = text.replace(f'{{{name}}}', captured, 1).replace(f'{{{name}}}', again)
        result.append(re.compile(text))
    return tuple(result)
