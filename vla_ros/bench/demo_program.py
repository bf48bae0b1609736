"""What a demo does: a program of instructions, each in a fresh scene."""

from dataclasses import dataclass

from vla_ros.tabletop.language.families import check_families
from vla_ros.tabletop.language.grammar import Split


@dataclass(frozen=True)
class Step:
    """One instruction in a fresh scene."""

    family: str  # of the scene
    seed: int  # of the scene
    instruction: str = ''  # empty: the scene's own request
    wording: Split = 'plain'  # of the scene's own request

    def __post_init__(self) -> None:
        check_families([self.family], 'family')


@dataclass(frozen=True)
class Program:
    """What a demo does, config/demo/<robot>.yaml."""

    timeout: float  # s for each instruction
    steps: tuple[Step, ...]


@dataclass(frozen=True)
class Result:
    """What came of one instruction."""

    instruction: str
    success: bool
    reason: str
    seconds: float
