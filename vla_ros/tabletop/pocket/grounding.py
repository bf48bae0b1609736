"""Whether an instruction is about something here; if not, why, in words."""

from collections.abc import Sequence

import numpy as np

from vla_ros.tabletop.language import COLOURS, FAMILIES, Vocabulary, render, requests
from vla_ros.tabletop.language.families import ARMS, GOALS, KINDS, armed, goals, kinds
from vla_ros.tabletop.language.grammar import COLOUR_WORDS, DETERMINERS, NOUNS
from vla_ros.tabletop.language.vocabulary import split_words


MAX_CHARACTERS = 400
_NOUNS = {kind: frozenset([*NOUNS[kind], 'one', *GOALS]) for kind in KINDS}
_HANDS = frozenset(['arm', 'hand', 'gripper'])
_COLOUR_OF = {word: colour for colour, words in COLOUR_WORDS.items() for word in words}


def check_text(instruction: str, vocabulary: Vocabulary, families: Sequence[str]) -> str:
    """Return why the text cannot be an instruction, before any net sees it; '' if it can."""
    if not instruction.strip():
        return f'the instruction is empty; {_example(families)}'
    if len(instruction) > MAX_CHARACTERS:
        found = len(instruction)
        return f'the instruction has {found} characters; expected at most {MAX_CHARACTERS}'
    letters = [c for c in instruction if c.isalpha()]
    foreign = [c for c in letters if not c.isascii()]
    if 5 * len(foreign) > len(letters):
        return f'the instruction is in a script the policy cannot read; {_example(families)}'
    words = split_words(instruction)
    if not words or not letters:
        return f'the instruction has no words; {_example(families)}'
    if len(words) > vocabulary.length:
        return f'the instruction has {len(words)} words; expected at most {vocabulary.length}'
    return ''


def explain(instruction: str, vocabulary: Vocabulary, families: Sequence[str]) -> str:
    """Return why an instruction was not understood or its object not seen."""
    known = kinds(families)
    words = split_words(instruction)
    colours = [_COLOUR_OF[word] for word in words if word in _COLOUR_OF]
    suspect = _suspect(words, vocabulary, frozenset().union(*(_NOUNS[kind] for kind in known)))
    kind = next((kind for kind in known if set(NOUNS[kind]) & set(words)), known[0])
    arms = _expected_arms(words, kind, families)
    if suspect:
        of_arm = set(words[words.index(suspect) + 1 :][:1]) & _HANDS
        return f'unknown word {suspect!r}; {arms if arms and of_arm else expected(families)}'
    if not colours:
        return f'no object is named; {expected(families)}'
    if arms:
        return f'no arm is named; {arms}'
    names = ' or '.join(f'{colour} {kind}' for colour in dict.fromkeys(colours))
    return f'no {names} is seen, or it is not clear what to do with it'


def expected(families: Sequence[str]) -> str:
    """Return what can be named."""
    things = ' or '.join(f'a {kind}' for kind in kinds(families))
    names = {'bowl': 'the bowl', 'zone': 'the goal zone'}
    places = ' or '.join(names[goal] for goal in goals(families))
    return f'expected {things} ({", ".join(COLOURS)})' + (f', {places}' if places else '')


def _expected_arms(words: list[str], kind: str, families: Sequence[str]) -> str:
    """Return which arms can be named; '' if one is, or if some task with a kind needs none."""
    own = [name for name in families if FAMILIES[name].kind == kind]
    following = [*words[1:], '']
    named = any(w in ARMS and after != 'away' for w, after in zip(words, following, strict=True))
    if named or armed(own) != tuple(own):
        return ''
    arms = (arm for arm in ARMS if any(arm in FAMILIES[name].arms for name in own))
    return 'expected one of: ' + ', '.join(f'{arm} arm' for arm in arms)


def _example(families: Sequence[str]) -> str:
    """Return an instruction as a policy for `families` likes it, one with a target if possible."""
    aiming = [name for name in families if FAMILIES[name].targets != ('',)]
    request = requests((aiming or list(families))[0])[0]
    return f'expected one such as "{render(request, np.random.default_rng(0), "plain")}"'


def _suspect(words: list[str], vocabulary: Vocabulary, nouns: frozenset[str]) -> str:
    """Return the unknown word that stands where a thing is named, '' if there is none."""
    for i, word in enumerate(words):
        if word in vocabulary.ids:
            continue
        before = words[i - 1] if i else ''
        following = words[i + 1] if i + 1 < len(words) else ''
        names_colour = following in nouns and before not in _COLOUR_OF
        names_thing = before in _COLOUR_OF and following not in nouns
        if names_colour or names_thing or before in DETERMINERS:
            # "the small red cube": something known is still named behind it.
            if not names_thing and following in _COLOUR_OF:
                continue
            return word
    unknown = [word for word in words if word not in vocabulary.ids]
    return unknown[0] if unknown and not any(word in _COLOUR_OF for word in words) else ''
