"""PolicySpec: what `policy.yaml` says about a policy, and a directory checked against it."""

from dataclasses import dataclass
from functools import cached_property
import hashlib
from pathlib import Path

from vla_ros.core import config
from vla_ros.core.config import require
from vla_ros.core.paths import share_dir
from vla_ros.policies.channels import Part, parts_of


class PolicyError(ValueError):
    """A policy directory is not what its `policy.yaml` promises; the message names the file."""


@dataclass(frozen=True)
class PolicySpec:
    """One trained policy: for which robot, at which rates, with which files."""

    name: str
    robot: str
    representation: str  # 'ee_pose'
    channels: tuple[str, ...]  # of the absolute chunk, as in the ArmSpec
    cameras: tuple[str, ...]  # in the order of the nets' inputs
    families: tuple[str, ...]  # of tasks that it was trained for, in the order of its classes
    image_size: int  # px, square
    dt: float  # s between the steps of a chunk
    horizon: int  # steps
    latent_tokens: int
    latent_width: int
    feature_width: int
    p_grounded_min: float  # below it the instruction is refused
    latent_valid_for: float  # s after the latent's stamp
    chunk_valid_for: float  # s after the chunk's stamp
    reasoner_rate: float  # Hz
    expert_rate: float  # Hz
    gripper_open: float  # m, opening at fraction 1
    files: dict[str, str]  # file name -> sha256
    # s that the robot may look around for what it is asked for before it refuses; 0: it cannot.
    search_time: float = 0.0

    def __post_init__(self) -> None:
        require(self.representation == 'ee_pose', 'representation: the valid choice is ee_pose')
        for name in ('dt', 'latent_valid_for', 'chunk_valid_for', 'reasoner_rate', 'expert_rate'):
            require(getattr(self, name) > 0, f'{name} must be positive')
        require(0 < self.dt <= 1, f'dt: expected seconds in 0..1, got {self.dt}')
        require(0 < self.gripper_open < 1, 'gripper_open: expected metres in 0..1')
        require(0 <= self.p_grounded_min <= 1, 'p_grounded_min must lie in 0..1')
        require(0 <= self.search_time <= 60, 'search_time: expected 0..60 s')
        require(self.image_size > 0 and self.horizon > 0, 'image_size and horizon: positive')
        require(bool(self.families), 'families: expected one or more')
        twice = len(set(self.families)) != len(self.families)
        require(not twice, f'families: one is given twice in {self.families}')
        missing = [n for n in ('reasoner.onnx', 'expert.onnx') if n not in self.files]
        require(not missing, f'files: {missing} missing')
        require(bool(self.parts), 'channels: expected one or more')

    @cached_property
    def parts(self) -> tuple[Part, ...]:
        """The limbs that it moves, with their channels."""
        return parts_of(self.channels)

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
