"""Whether an instruction is about something here; if not, why, in words."""

from vla_ros.language import COLOURS, Vocabulary
from vla_ros.language.grammar import COLOUR_WORDS, CUBE_WORDS, DETERMINERS
from vla_ros.language.vocabulary import split_words


MAX_CHARACTERS = 400
EXAMPLE = 'expected one such as "put the red cube in the bowl"'
_NOUNS = frozenset([*CUBE_WORDS, 'one', 'bowl', 'zone'])
_COLOUR_OF = {word: colour for colour, words in COLOUR_WORDS.items() for word in words}


def check_text(instruction: str, vocabulary: Vocabulary) -> str:
    """Return why the text cannot be an instruction, before any net sees it; '' if it can."""
    if not instruction.strip():
        return f'the instruction is empty; {EXAMPLE}'
    if len(instruction) > MAX_CHARACTERS:
        found = len(instruction)
        return f'the instruction has {found} characters; expected at most {MAX_CHARACTERS}'
    letters = [c for c in instruction if c.isalpha()]
    foreign = [c for c in letters if not c.isascii()]
    if 5 * len(foreign) > len(letters):
        return f'the instruction is in a script the policy cannot read; {EXAMPLE}'
    words = split_words(instruction)
    if not words or not letters:
        return f'the instruction has no words; {EXAMPLE}'
    if len(words) > vocabulary.length:
        return f'the instruction has {len(words)} words; expected at most {vocabulary.length}'
    return ''


def explain(instruction: str, vocabulary: Vocabulary) -> str:
    """Return why an instruction was not understood or its object not seen."""
    words = split_words(instruction)
    colours = [_COLOUR_OF[word] for word in words if word in _COLOUR_OF]
    suspect = _suspect(words, vocabulary)
    if suspect:
        return f'unknown word {suspect!r}; {expected()}'
    if not colours:
        return f'no object is named; {expected()}'
    names = ' or '.join(f'{colour} cube' for colour in dict.fromkeys(colours))
    return f'no {names} is seen, or it is not clear what to do with it'


def expected() -> str:
    """Return what can be named."""
    return f'expected a cube ({", ".join(COLOURS)}), the bowl or the goal zone'


def _suspect(words: list[str], vocabulary: Vocabulary) -> str:
    """Return the unknown word that stands where a thing is named, '' if there is none."""
    for i, word in enumerate(words):
        if word in vocabulary.ids:
            continue
        before = words[i - 1] if i else ''
        following = words[i + 1] if i + 1 < len(words) else ''
        names_colour = following in _NOUNS and before not in _COLOUR_OF
        names_thing = before in _COLOUR_OF and following not in _NOUNS
        if names_colour or names_thing or before in DETERMINERS:
            # "the small red cube": something known is still named behind it.
            if not names_thing and following in _COLOUR_OF:
                continue
            return word
    unknown = [word for word in words if word not in vocabulary.ids]
    return unknown[0] if unknown and not any(word in _COLOUR_OF for word in words) else ''
