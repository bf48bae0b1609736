"""Fits the action tokenizer to demonstrations, and measures what it loses."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from vla_ros.core.config import require
from vla_ros.core.data import Array
from vla_ros.policies import ActionSpace
from vla_ros.policies.tokenizer import ActionTokenizer, fit
from vla_ros.robots import Robot, load_robot
from vla_ros.tabletop.demos.demonstration import (
    Demonstration,
    find_episodes,
    read_demonstration,
    read_info,
)


HORIZON = 16  # steps, of the pocket policy's chunks
_HELD_OUT = 5  # every so manyth episode is not fitted on
_EVERY = 4  # frames between the chunks that are taken of an episode


@dataclass(frozen=True)
class Chunks:
    """The relative chunks of one robot's demonstrations."""

    robot: str
    kinds: tuple[str, ...]  # of the channels
    fitted: Array  # (n, HORIZON, channels)
    held_out: Array  # (m, HORIZON, channels), of other episodes


def collect(folder: Path) -> Chunks:
    """Read the demonstrations of one robot under a folder.

    Raises:
        FileNotFoundError: there are none.
        ValueError: there are too few, or of several robots.
    """
    paths = find_episodes(folder)
    robots = sorted({read_info(path).robot for path in paths})
    require(len(robots) == 1, f'{folder}: expected the demonstrations of one robot, got {robots}')
    spec = load_robot(robots[0])
    # One at a time, for pictures: all of them are gigabytes.
    moving = [chunks for path in paths if len(chunks := _chunks(read_demonstration(path), spec))]
    require(len(moving) >= _HELD_OUT, f'{folder}: expected {_HELD_OUT} demonstrations or more')
    parts: tuple[list[Array], list[Array]] = ([], [])
    for number, chunks in enumerate(moving):
        parts[number % _HELD_OUT == 0].append(chunks)
    fitted, held_out = (np.concatenate(part) for part in parts)
    return Chunks(spec.name, _space(spec).units, fitted, held_out)


def _chunks(episode: Demonstration, spec: Robot) -> Array:
    """Return the relative chunks (n, HORIZON, channels) of a demonstration; stills have none."""
    moves = episode.info.success and episode.valid.any()
    frames = np.arange(0, len(episode) if moves else 0, _EVERY)
    steps = np.minimum(frames[:, None] + np.arange(HORIZON), len(episode) - 1)
    return _space(spec).relative(episode.action[steps], episode.state[frames][:, None, :])


def _space(spec: Robot) -> ActionSpace:
    return ActionSpace.commanded(spec, spec.arms[0].gripper.open)


def fit_tokenizer(data: Sequence[Chunks], quantum: float, size: int) -> ActionTokenizer:
    """Return one tokenizer for all robots, each with the same share of what it is fitted to."""
    least = min(len(chunks.fitted) for chunks in data)
    return fit(list(_even(data, least)), [chunks.robot for chunks in data], quantum, size)


def _even(data: Sequence[Chunks], count: int) -> Iterator[tuple[Array, tuple[str, ...]]]:
    rng = np.random.default_rng(0)
    for chunks in data:
        for i in rng.permutation(len(chunks.fitted))[:count]:
            yield chunks.fitted[i], chunks.kinds


def measure(tokenizer: ActionTokenizer, chunks: Chunks) -> dict[str, Any]:
    """Return how many tokens held-out chunks take, and what comes back differs by.

    `numbers`: of a chunk; `tokens`, `tokens_p99`; per kind `<kind>.mean`, `<kind>.p99` and
    `<kind>.max` of the absolute error, in m, rad, rad/s or a share of the opening.
    """
    kinds, count = np.array(chunks.kinds), len(chunks.held_out)
    lengths, errors = np.zeros(count), np.zeros_like(chunks.held_out)
    for i, chunk in enumerate(chunks.held_out):
        tokens = tokenizer.encode(chunk, chunks.kinds)
        lengths[i] = len(tokens)
        errors[i] = np.abs(tokenizer.decode(tokens.tolist(), chunks.kinds, HORIZON) - chunk)
    figures: dict[str, Any] = {
        'chunks': count,
        'numbers': HORIZON * len(kinds),
        'tokens': float(lengths.mean()),
        'tokens_p99': float(np.percentile(lengths, 99)),
    }
    for kind in dict.fromkeys(chunks.kinds):
        own = errors[..., kinds == kind]
        figures[kind] = {
            'mean': float(own.mean()),
            'p99': float(np.percentile(own, 99)),
            'max': float(own.max()),
        }
    return figures
