"""Byte-pair encoding of integers: the commonest pair of neighbours becomes a symbol, and again.

Gage, "A new algorithm for data compression" (1994); Sennrich et al., "Neural machine translation
of rare words with subword units" (2016).
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


Symbols = NDArray[np.int64]
_END = -1  # between sequences: no pair reaches over it


def fit_merges(
    sequences: Sequence[Symbols], alphabet: int, size: int, least: int = 2
) -> tuple[tuple[int, int], ...]:
    """Return the pairs that become symbols alphabet, alphabet + 1, ... up to `size` symbols.

    Args:
        sequences: of symbols below `alphabet`.
        alphabet: number of symbols at first.
        size: number of symbols at the end, at most.
        least: how often a pair must come to be worth a symbol.
    """
    parts = [part for sequence in sequences for part in (sequence, [_END])]
    text = np.concatenate(parts).astype(np.int64) if parts else np.zeros(0, np.int64)
    merges: list[tuple[int, int]] = []
    for symbol in range(alphabet, size):
        first, second = text[:-1], text[1:]
        inside = (first != _END) & (second != _END)
        counts = np.bincount(first[inside] * size + second[inside], minlength=1)
        if counts.max() < least:
            break
        pair = divmod(int(counts.argmax()), size)
        text = _merged(text, pair, symbol)
        merges.append(pair)
    return tuple(merges)


def encode(symbols: Symbols, merges: Sequence[tuple[int, int]], alphabet: int) -> Symbols:
    """Return symbols below `alphabet` with every pair merged, in the order of the merges."""
    for number, pair in enumerate(merges):
        if len(symbols) < 2:
            break
        symbols = _merged(symbols, pair, alphabet + number)
    return symbols


def expand(tokens: Sequence[int], merges: Sequence[tuple[int, int]], alphabet: int) -> list[int]:
    """Return the symbols below `alphabet` that tokens stand for.

    Raises:
        ValueError: a token that does not exist.
    """
    result: list[int] = []
    stack = list(reversed(tokens))
    while stack:
        token = int(stack.pop())
        if not 0 <= token < alphabet + len(merges):
            raise ValueError(f'token: expected 0..{alphabet + len(merges) - 1}, got {token}')
        if token < alphabet:
            result.append(token)
        else:
            stack += reversed(merges[token - alphabet])
    return result


def _merged(text: Symbols, pair: tuple[int, int], symbol: int) -> Symbols:
    """Return the text with every occurrence of the pair replaced, from the left."""
    found = np.flatnonzero((text[:-1] == pair[0]) & (text[1:] == pair[1]))
    if pair[0] == pair[1] and len(found) > 1:
        found = _apart(found)
    if not len(found):
        return text
    result = text.copy()
    result[found] = symbol
    return np.delete(result, found + 1)


def _apart(places: Symbols) -> Symbols:
    """Return the places without those right after one that stays: of a run, every other."""
    kept, last = [], -2
    for place in places.tolist():
        if place > last + 1:
            kept.append(place)
            last = place
    return np.array(kept, np.int64)
