"""The whole-body action tokenizer: a chunk of any robot as a few integers, and back.

Every channel is scaled by its kind, transformed along time (orthonormal DCT-II), rounded, and the
numbers, slowest frequency first, are compressed by byte pairs: smooth motion is a few tokens. The
idea is that of FAST (Pertsch et al., "FAST: Efficient action tokenization for vision-language-
action models", 2025); kinds of channels in place of the statistics of one data set make it one
tokenizer for all robots.
"""

from collections.abc import Sequence
from dataclasses import dataclass
import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from vla_ros.core import config
from vla_ros.core.config import require
from vla_ros.core.data import Array
from vla_ros.policies import byte_pairs as pairs


# What one unit of a scaled channel is, by kind; a policy's actions are relative (see policy/).
UNITS = {
    'position': 0.1,  # m, from the commanded position
    'rotation': 0.2,  # rad, of the rotation vector from the commanded rotation
    'gripper': 1.0,  # share of the opening
    'joint': 0.2,  # rad, from the commanded joint position
    'twist': 0.5,  # m/s or rad/s, of a mobile base
}
_GREATEST = 255  # of a rounded coefficient that is one symbol, either way
_UP, _DOWN = 2 * _GREATEST + 1, 2 * _GREATEST + 2  # symbols: the next is so much more, or less
_CARRIES = 16  # of a number, at most


class TokenError(ValueError):
    """Tokens, or a chunk, that this tokenizer cannot read."""


@dataclass(frozen=True)
class TokenizerSpec:
    """What a tokenizer was fitted to be; saved as JSON."""

    quantum: float  # of a scaled coefficient; half of it, at most, is lost of each
    merges: tuple[tuple[int, int], ...]  # pairs of symbols that became symbols
    robots: tuple[str, ...]  # that it was fitted on

    def __post_init__(self) -> None:
        require(0.001 <= self.quantum <= 1, 'quantum: expected 0.001..1')
        for i, pair in enumerate(self.merges):
            known = all(0 <= symbol < ALPHABET + i for symbol in pair)
            require(known, f'merges[{i}]: {pair} has a symbol that does not exist by then')


ALPHABET = _DOWN + 1


class ActionTokenizer:
    """Encodes and decodes relative chunks (horizon, channels)."""

    def __init__(self, spec: TokenizerSpec) -> None:
        """Use what was fitted."""
        self.spec = spec

    @property
    def size(self) -> int:
        """Number of different tokens."""
        return ALPHABET + len(self.spec.merges)

    def encode(self, actions: Array, kinds: Sequence[str]) -> NDArray[np.int64]:
        """Return the tokens of actions (horizon, channels), channels of `kinds`.

        Raises:
            TokenError: another number of channels than kinds, an unknown kind, or a number that
                is not finite, or absurd.
        """
        return pairs.encode(symbols(actions, kinds, self.spec.quantum), self.spec.merges, ALPHABET)

    def decode(self, tokens: Sequence[int], kinds: Sequence[str], horizon: int) -> Array:
        """Return the actions (horizon, channels) that tokens stand for.

        Raises:
            TokenError: a token that does not exist, more numbers than the chunk has, or one that
                is absurd, or not whole.
        """
        try:
            found = _numbers(pairs.expand(tokens, self.spec.merges, ALPHABET))
        except ValueError as error:
            raise TokenError(str(error)) from error
        scale = _scale(kinds)
        if len(found) > horizon * len(scale):
            raise TokenError(f'tokens: expected at most {horizon * len(scale)} numbers, '
                             f'got {len(found)}')  # fmt: skip
        coefficients = np.zeros(horizon * len(scale))
        coefficients[: len(found)] = found
        wave = self.spec.quantum * coefficients.reshape(horizon, len(scale))
        actions: Array = fft.idct(wave, axis=0, norm='ortho') * scale
        return actions


def symbols(actions: Array, kinds: Sequence[str], quantum: float) -> NDArray[np.int64]:
    """Return the rounded coefficients (k,), slowest first, without the zeros at the end."""
    actions = np.asarray(actions, np.float64)
    scale = _scale(kinds)
    if actions.ndim != 2 or actions.shape[1] != len(scale):
        raise TokenError(f'actions: expected (horizon, {len(scale)}), got {actions.shape}')
    if not np.isfinite(actions).all():
        raise TokenError('actions: expected finite numbers')
    wave = fft.dct(actions / scale, axis=0, norm='ortho') / quantum
    flat = np.rint(wave).ravel()
    there = np.flatnonzero(flat)
    return _written(flat[: there[-1] + 1 if len(there) else 0])


def _written(numbers: Array) -> NDArray[np.int64]:
    """Return whole numbers as symbols; those beyond the greatest take several."""
    carries = np.trunc(numbers / _GREATEST)
    if np.abs(carries).max(initial=0.0) > _CARRIES:
        raise TokenError(
            f'actions: more than {_CARRIES * _GREATEST} quanta from what is commanded'
        )
    counts = np.abs(carries).astype(np.int64) + 1
    result = np.repeat(np.where(carries > 0, _UP, _DOWN), counts)
    result[np.cumsum(counts) - 1] = numbers - carries * _GREATEST + _GREATEST
    return result


def _numbers(symbols: Sequence[int]) -> list[int]:
    """Return what `_written` was given; raises TokenError for what it never writes."""
    result, carried = [], 0
    for symbol in symbols:
        if symbol in (_UP, _DOWN):
            carried += _GREATEST if symbol == _UP else -_GREATEST
            if abs(carried) > _CARRIES * _GREATEST:
                raise TokenError(f'tokens: a number of more than {_CARRIES * _GREATEST} quanta')
        else:
            result.append(symbol - _GREATEST + carried)
            carried = 0
    if carried:
        raise TokenError('tokens: they end within a number')
    return result


def fit(
    chunks: Sequence[tuple[Array, Sequence[str]]],
    robots: Sequence[str],
    quantum: float = 0.04,
    size: int = 2048,
) -> ActionTokenizer:
    """Return a tokenizer fitted to chunks (horizon, channels) with the kinds of their channels.

    Args:
        chunks: of every robot.
        robots: names, for the record.
        quantum: of a scaled coefficient.
        size: number of tokens, at most.
    """
    sequences = [symbols(actions, kinds, quantum) for actions, kinds in chunks]
    merges = pairs.fit_merges(sequences, ALPHABET, size)
    return ActionTokenizer(TokenizerSpec(quantum, merges, tuple(robots)))


def save(path: Path, tokenizer: ActionTokenizer) -> None:
    """Write a tokenizer as JSON."""
    text = json.dumps(config.to_tree(tokenizer.spec), separators=(',', ':'))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text + '\n', encoding='utf-8')


def load(path: Path) -> ActionTokenizer:
    """Read what `save` wrote.

    Raises:
        TokenError: not such a file; the message names it.
    """
    try:
        tree = json.loads(path.read_text(encoding='utf-8'))
        return ActionTokenizer(config.build(TokenizerSpec, tree, where=str(path)))
    except (OSError, ValueError) as error:
        raise TokenError(f'{path}: not an action tokenizer: {error}') from error


def _scale(kinds: Sequence[str]) -> Array:
    unknown = [kind for kind in kinds if kind not in UNITS]
    if unknown:
        raise TokenError(f'kind {unknown[0]!r} is not one of {sorted(UNITS)}')
    return np.array([UNITS[kind] for kind in kinds])
