"""Words to ids: lower case, letters only, fixed length, one id for everything unknown."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
import json
from pathlib import Path
import re

import numpy as np
from numpy.typing import NDArray

from vla_ros.core.config import require
from vla_ros.tabletop.language import grammar, wording
from vla_ros.tabletop.language.families import FAMILIES, check_families, goals, kinds


UNKNOWN = 1  # id; 0 is the padding
_WORD = re.compile(r"[a-z0-9']+")


@dataclass(frozen=True)
class Vocabulary:
    """The words a policy knows; `words[i]` has id `i + 2`."""

    words: tuple[str, ...]
    length: int  # tokens per instruction, padded with 0

    def __post_init__(self) -> None:
        require(len(set(self.words)) == len(self.words), 'vocabulary: a word is given twice')
        require(1 <= self.length <= 256, f'vocabulary: length {self.length} is not in 1..256')

    @cached_property
    def ids(self) -> dict[str, int]:
        """Word -> id."""
        return {word: index + 2 for index, word in enumerate(self.words)}

    @property
    def size(self) -> int:
        """Number of ids, padding and unknown included."""
        return len(self.words) + 2

    def encode(self, text: str) -> NDArray[np.int64]:
        """Return the ids (length,) of the first `length` words."""
        return self.encode_words(split_words(text))

    def encode_words(self, words: list[str]) -> NDArray[np.int64]:
        """Return the ids (length,) of words that are already split."""
        result = np.zeros(self.length, np.int64)
        known = [self.ids.get(word, UNKNOWN) for word in words[: self.length]]
        result[: len(known)] = known
        return result

    def unknown(self, text: str) -> list[str]:
        """Return the words of the text that are not known, in order."""
        return [word for word in split_words(text) if word not in self.ids]

    def save(self, path: Path) -> None:
        """Write as JSON."""
        tree = {'length': self.length, 'words': list(self.words)}
        path.write_text(json.dumps(tree, indent=0) + '\n', encoding='utf-8')

    @classmethod
    def load(cls, path: Path) -> 'Vocabulary':
        """Read what `save` wrote.

        Raises:
            ValueError: not such a file; the message names it.
        """
        try:
            tree = json.loads(path.read_text(encoding='utf-8'))
            return cls(tuple(map(str, tree['words'])), int(tree['length']))
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise ValueError(f'{path}: not a vocabulary: {error!r}') from error


def split_words(text: str) -> list[str]:
    """Return the lower-case words of a text, without punctuation."""
    return [word.replace("'", '') for word in _WORD.findall(text.lower()) if word != "'"]


def training_vocabulary(families: Sequence[str], length: int = 32) -> Vocabulary:
    """Return every word of the families' training wordings and names, sorted; no held-out word.

    Raises:
        ValueError: an unknown family; the message lists the valid ones.
    """
    check_families(families, 'vocabulary')
    texts = [*wording.PREFIXES, *wording.SUFFIXES, *wording.NEGATIONS]
    texts += [text for family in families for text in wording.TEMPLATES[family]]
    texts += [word for group in grammar.COLOUR_WORDS.values() for word in group]
    texts += [noun for kind in kinds(families) for noun in grammar.NOUNS[kind]]
    texts += [phrase for goal in goals(families) for phrase in grammar.GOAL_WORDS[goal]]
    texts += [arm for family in families for arm in FAMILIES[family].arms]
    words = {word for text in texts for word in split_words(re.sub(r'\{\w+\}', ' ', text))}
    words |= grammar.DETERMINERS | {'that', 'is', 'one'}
    return Vocabulary(tuple(sorted(words)), length)
