"""Rollouts on disk: the chunks of one episode in one safetensors file, no pickle.

Tensors: `stamp` i64 (N,) ns, `seq` and `latent_seq` i64 (N,), `latent_age` f64 (N,) s, `inference`
i64 (N, 2) ns, `actions` f64 (N, horizon, channels), `feature` f32 (N, F). Metadata: JSON strings.
"""

from collections.abc import Sequence
from dataclasses import dataclass
import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from vla_ros.core.data import ActionChunk


_COMMON = ('robot', 'model', 'channels', 'kinds', 'dt', 'valid_for')


class RolloutError(ValueError):
    """A rollout file is damaged or lacks something; the message names the file."""


@dataclass(frozen=True)
class Rollout:
    """One episode as the detector sees it."""

    episode_id: str
    task: str  # key of the calibration, e.g. the family 'put'
    success: bool
    chunks: tuple[ActionChunk, ...]
    instruction: str = ''
    seed: int = 0

    @property
    def duration(self) -> float:
        """Seconds from the first to the last observation."""
        return (self.chunks[-1].stamp - self.chunks[0].stamp) / 1e9 if self.chunks else 0.0

    @property
    def policy(self) -> str:
        """Weights hash of the policy that acted."""
        return self.chunks[0].model.rpartition(':')[2] if self.chunks else ''


def save_rollout(path: str | Path, rollout: Rollout) -> None:
    """Write one rollout.

    Raises:
        ValueError: no chunks, or chunks of different robots, policies or shapes.
    """
    chunks = rollout.chunks
    if not chunks:
        raise ValueError(f'rollout {rollout.episode_id}: it has no chunks')
    common = {name: getattr(chunks[0], name) for name in _COMMON}
    for chunk in chunks:
        if any(getattr(chunk, name) != value for name, value in common.items()):
            raise ValueError(f'rollout {rollout.episode_id}: chunk {chunk.seq} is of another kind')
    tensors: dict[str, NDArray] = {
        'stamp': np.array([c.stamp for c in chunks], np.int64),
        'seq': np.array([c.seq for c in chunks], np.int64),
        'latent_seq': np.array([c.latent_seq for c in chunks], np.int64),
        'latent_age': np.array([c.latent_age for c in chunks], np.float64),
        'inference': np.array([(c.inference_start, c.inference_end) for c in chunks], np.int64),
        'actions': np.stack([c.actions for c in chunks]),
        'feature': np.stack([c.feature for c in chunks]),
    }
    own = {
        'episode_id': rollout.episode_id,
        'task': rollout.task,
        'success': rollout.success,
        'instruction': rollout.instruction,
        'seed': rollout.seed,
    }
    metadata = {name: json.dumps(value) for name, value in {**common, **own}.items()}
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    save_file(tensors, path, metadata)


def load_rollout(path: str | Path) -> Rollout:
    """Read one rollout.

    Raises:
        RolloutError: the file cannot be read or lacks a field.
    """
    try:
        with safe_open(path, framework='np') as file:
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
            metadata = {k: json.loads(v) for k, v in (file.metadata() or {}).items()}
        return Rollout(
            episode_id=metadata['episode_id'],
            task=metadata['task'],
            success=bool(metadata['success']),
            chunks=_chunks(tensors, metadata),
            instruction=metadata['instruction'],
            seed=int(metadata['seed']),
        )
    except (OSError, SafetensorError, json.JSONDecodeError, KeyError, IndexError) as error:
        raise RolloutError(f'{path}: not a rollout file: {error!r}') from error


def load_rollouts(folder: str | Path) -> list[Rollout]:
    """Read every `*.safetensors` of a folder, in order of name."""
    return [load_rollout(path) for path in sorted(Path(folder).glob('*.safetensors'))]


def _chunks(tensors: dict[str, Any], metadata: dict[str, Any]) -> tuple[ActionChunk, ...]:
    common = {name: metadata[name] for name in _COMMON}
    common['channels'] = tuple(common['channels'])
    return tuple(
        ActionChunk(
            stamp=int(tensors['stamp'][i]),
            seq=int(tensors['seq'][i]),
            latent_seq=int(tensors['latent_seq'][i]),
            latent_age=float(tensors['latent_age'][i]),
            inference_start=int(tensors['inference'][i, 0]),
            inference_end=int(tensors['inference'][i, 1]),
            actions=tensors['actions'][i],
            feature=tensors['feature'][i],
            **common,
        )
        for i in range(len(tensors['stamp']))
    )


def successes(rollouts: Sequence[Rollout]) -> list[Rollout]:
    """Return the successful ones."""
    return [rollout for rollout in rollouts if rollout.success]
