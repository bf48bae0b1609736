"""calibration.json: what the detector needs, bound to one policy, verifiable and without pickle.

A JSON object with the fields of `Artefact`; arrays are base64 of little-endian float32. `hash`
is the SHA-256 of the rest in canonical form (sorted keys, no spaces), so a damaged or edited
file is noticed.
"""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
import hashlib
import json
import math
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from vla_ros.core import config
from vla_ros.core.config import ConfigError, require
from vla_ros.detect.scores import SCORES
from vla_ros.detect.series import ScaledScore
from vla_ros.detect.settings import MonitorConfig


# Shorter prefixes of a policy hash could belong to two policies.
_SHORTEST_HASH = 8


class ArtefactError(ValueError):
    """The calibration cannot be used; the message says what is wrong with it."""


@dataclass(frozen=True)
class PackedArray:
    """An array in JSON."""

    shape: tuple[int, ...]
    dtype: Literal['float32']
    base64: str

    def unpack(self) -> NDArray[np.float32]:
        """Return the array; ValueError when the bytes do not fill the shape."""
        try:
            raw = base64.b64decode(self.base64, validate=True)
        except binascii.Error as error:
            raise ValueError(f'array is not base64: {error}') from error
        require(all(n >= 0 for n in self.shape), f'array shape {self.shape} is negative')
        require(len(raw) == 4 * math.prod(self.shape), 'array: bytes do not fill the shape')
        array = np.frombuffer(raw, dtype='<f4').reshape(self.shape)
        require(bool(np.all(np.isfinite(array))), 'array holds a non-finite number')
        return array


def pack(array: NDArray) -> PackedArray:
    """Return `array` as float32 for JSON."""
    raw = np.ascontiguousarray(array, dtype='<f4').tobytes()
    return PackedArray(tuple(array.shape), 'float32', base64.b64encode(raw).decode('ascii'))


@dataclass(frozen=True)
class ScoreRecord:
    """One fitted score; standardised as (s - mean) / std."""

    name: str
    mean: float
    std: float
    parameters: dict[str, PackedArray]

    def __post_init__(self) -> None:
        require(self.name in SCORES, f'score {self.name!r} is not one of {sorted(SCORES)}')
        require(self.std > 0, f'score {self.name}: std must be positive')


@dataclass(frozen=True)
class Artefact:
    """A calibration of the detector for one policy."""

    format: Literal['vla_ros calibration 1']
    policy: str  # weights hash of the policy that made the rollouts
    robot: str
    alpha: float  # level it was made for; another may be asked of it at run time
    monitor: MonitorConfig
    scores: tuple[ScoreRecord, ...]
    maxima: dict[str, tuple[float, ...]]  # task -> D_i of its calibration successes
    created: dict[str, Any]  # provenance: time, version, seed, counts of the splits
    hash: str = ''  # sha256 of everything above

    def __post_init__(self) -> None:
        require(len(self.policy) >= _SHORTEST_HASH, 'policy: expected a weights hash')
        require(0 < self.alpha < 1, 'alpha: expected a share between 0 and 1')
        names = tuple(record.name for record in self.scores)
        require(names == self.monitor.scores, f'scores {names} are not {self.monitor.scores}')

    def build_scores(self) -> tuple[ScaledScore, ...]:
        """Return fresh scores with their parameters.

        Raises:
            ArtefactError: parameters are missing, or not of the shape the score needs.
        """
        result = []
        for record in self.scores:
            try:
                unpacked = {name: p.unpack() for name, p in record.parameters.items()}
                score = SCORES[record.name].load(unpacked, self.monitor)
            except ValueError as error:
                raise ArtefactError(f'calibration, score {record.name}: {error}') from error
            result.append(ScaledScore(score, record.mean, record.std))
        return tuple(result)

    def check_policy(self, policy: str) -> None:
        """Refuse a policy other than the calibrated one; prefixes of 8 or more digits match.

        Raises:
            ArtefactError: the message names both hashes.
        """
        if not same_policy(self.policy, policy):
            raise ArtefactError(
                f'the calibration was made with policy {self.policy}, but the running policy is '
                f'{policy}: run `vla_ros calibrate` for it'
            )


def same_policy(a: str, b: str) -> bool:
    """Whether two policy hashes are equal, or one a prefix (8 digits or more) of the other."""
    shortest = min(len(a), len(b))
    return shortest >= _SHORTEST_HASH and a[:shortest] == b[:shortest]


def digest(artefact: Artefact) -> str:
    """Return the SHA-256 that `artefact.hash` must have."""
    tree = config.to_tree(artefact)
    del tree['hash']
    return hashlib.sha256(_canonical(tree)).hexdigest()


def _canonical(tree: Mapping[str, Any]) -> bytes:
    return json.dumps(tree, sort_keys=True, separators=(',', ':'), allow_nan=False).encode()


def save_artefact(path: str | Path, artefact: Artefact) -> Artefact:
    """Write calibration.json atomically; returns the artefact with its hash."""
    tree = config.to_tree(artefact)
    tree['hash'] = digest(artefact)
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(path.name + '.part')
    text = json.dumps(tree, indent=1, sort_keys=True, allow_nan=False)
    temporary.write_text(text + '\n', encoding='utf-8')
    temporary.replace(path)
    return config.build(Artefact, tree, where=str(path))


def load_artefact(path: str | Path) -> Artefact:
    """Read and verify calibration.json.

    Raises:
        ArtefactError: missing, damaged, edited, of another format, or with unknown keys.
    """
    try:
        tree = json.loads(Path(path).read_text(encoding='utf-8'))
        artefact = config.build(Artefact, tree, where=str(path))
    except (OSError, UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        raise ArtefactError(f'{path}: cannot be read as JSON: {error}') from error
    except ConfigError as error:
        raise ArtefactError(str(error)) from error
    if artefact.hash != digest(artefact):
        raise ArtefactError(
            f'{path}: its contents do not match its hash {artefact.hash[:12] or "(none)"}: '
            'the file is damaged or was edited; run `vla_ros calibrate` again'
        )
    artefact.build_scores()
    return artefact
