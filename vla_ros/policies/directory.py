"""PolicySpec: what `policy.yaml` says about a policy, and a directory checked against it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass
import hashlib
from pathlib import Path
from typing import Any, Literal, TypeVar

import yaml

from vla_ros.core import config
from vla_ros.core.config import require
from vla_ros.core.paths import share_dir
from vla_ros.policies.action_space import ActionSpace
from vla_ros.policies.features import Features


T = TypeVar('T')


_NAMING = ('kind', 'name')  # keys of a part that say whose options the others are


class PolicyError(ValueError):
    """A policy directory is not what its `policy.yaml` promises; the message names the file."""


@dataclass(frozen=True)
class Rates:
    """How often the parts of a policy are asked, and for how long their answers count."""

    expert: float = 30.0  # Hz, at least; every new picture is acted on as well
    reasoner: float = 5.0  # Hz, at most
    chunk_valid_for: float = 1.6  # s after the chunk's stamp
    latent_valid_for: float = 8.0  # s after the latent's stamp

    def __post_init__(self) -> None:
        for name in ('expert', 'reasoner', 'chunk_valid_for', 'latent_valid_for'):
            require(getattr(self, name) > 0, f'{name} must be positive')


@dataclass(frozen=True)
class PolicySpec:
    """One policy: for which robot, of which kinds, what it sees and says, with which files.

    `expert`, `reasoner` and `decoder` name their kind and then its own options, which the kind
    checks when it is built.
    """

    name: str
    robot: str  # that it was made for
    expert: dict[str, Any]  # kind, and its options
    actions: ActionSpace  # what its numbers mean
    dt: float  # s between the steps of a chunk
    features: Features = Features()  # what expert and reasoner look at
    reasoner: Literal['none'] | dict[str, Any] = 'none'  # kind, and its options
    # Name, and its options; `samples` is how many predictions the expert is asked for.
    decoder: dict[str, Any] = field(default_factory=dict)
    rates: Rates = Rates()
    tasks: tuple[str, ...] = ()  # opaque labels, for calibration tables and reports
    files: dict[str, str] = field(default_factory=dict)  # file name -> sha256

    def __post_init__(self) -> None:
        require(bool(self.name), 'name: expected one')
        require(0 < self.dt <= 1, f'dt: expected seconds in 0..1, got {self.dt}')
        for name in ('expert', 'reasoner'):
            backend = getattr(self, name)
            named = backend == 'none' or isinstance(backend.get('kind'), str)
            require(named, f"{name}: missing key 'kind', got {backend}")
        named = not self.decoder or isinstance(self.decoder.get('name'), str)
        require(named, f"decoder: missing key 'name', got {self.decoder}")
        samples = self.decoder.get('samples', 1)
        counted = isinstance(samples, int) and samples >= 1
        require(counted, f'decoder.samples: expected 1 or more, got {samples!r}')
        require(len(set(self.tasks)) == len(self.tasks), f'tasks: one is twice in {self.tasks}')

    @property
    def reasons(self) -> bool:
        """Whether it has a reasoner."""
        return self.reasoner != 'none'

    @property
    def hash(self) -> str:
        """Return 12 hex digits that change with any file of the policy."""
        text = '\n'.join(f'{name} {self.files[name]}' for name in sorted(self.files))
        return hashlib.sha256(text.encode()).hexdigest()[:12]

    @property
    def model(self) -> str:
        """Return '<policy name>:<weights hash>', as latents and chunks carry it."""
        return f'{self.name}:{self.hash}'


@dataclass(frozen=True)
class Policy:
    """A checked policy directory."""

    path: Path
    spec: PolicySpec

    def file(self, name: str) -> Path:
        """Return the path of one of its files."""
        return self.path / name

    def options(self, part: Literal['expert', 'reasoner', 'decoder'], cls: type[T]) -> T:
        """Return a part's options as the dataclass that its kind declares for them.

        Raises:
            ConfigError: an unknown or missing option, or a wrong one; the message names it.
        """
        tree = getattr(self.spec, part)
        own = {} if tree == 'none' else {k: v for k, v in tree.items() if k not in _NAMING}
        return config.build(cls, own, where=f'{self.path / "policy.yaml"}: {part}')


def load_policy(path: str | Path) -> Policy:
    """Read a policy directory and check every file against its sha256.

    A relative path that does not exist here is looked up in the share folder.

    Raises:
        PolicyError: no such directory, or a file is missing, truncated or changed.
        ConfigError: policy.yaml is not valid; the message names the field.
    """
    folder = Path(path)
    if not folder.is_dir() and not folder.is_absolute():
        folder = share_dir() / folder
    if not (folder / 'policy.yaml').is_file():
        robot = folder.parent.name if folder.parent.parent.name == 'policies' else '<robot>'
        raise PolicyError(
            f'{folder}: no policy here (policy.yaml is missing); '
            f'`vla_ros train --collect --robot {robot} --policy {path}` makes one'
        )
    spec = config.load(PolicySpec, folder / 'policy.yaml')
    for name, expected in spec.files.items():
        check_file(folder / name, expected)
    return Policy(folder, spec)


def save_spec(folder: Path, spec: PolicySpec) -> None:
    """Write policy.yaml, without what goes without saying."""
    text = yaml.safe_dump(_told(spec), sort_keys=False)
    (folder / 'policy.yaml').write_text(text, encoding='utf-8')


def _told(value: Any) -> Any:
    """Return a tree without the fields that have their default."""
    if isinstance(value, Mapping):
        return {key: _told(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [_told(item) for item in value]
    if not is_dataclass(value):
        return value
    own = [(f, getattr(value, f.name)) for f in fields(value)]
    return {f.name: _told(item) for f, item in own if item != f.default}


def check_file(path: Path, expected: str) -> None:
    """Raise PolicyError unless the file's sha256 is the expected one."""
    if not path.is_file():
        raise PolicyError(f'{path}: missing; expected a file with sha256 {expected}')
    found = sha256(path)
    if found != expected:
        size = path.stat().st_size
        raise PolicyError(
            f'{path}: truncated or changed: expected sha256 {expected}, '
            f'found {found} ({size} bytes)'
        )


def sha256(path: Path) -> str:
    """Return the sha256 of a file as hex digits."""
    return hashlib.sha256(path.read_bytes()).hexdigest()
