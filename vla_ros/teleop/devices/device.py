"""What every device is."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Literal

from vla_ros.teleop.inputs import Sample
from vla_ros.teleop.operator import Follower, Operator


class Device(ABC):
    """Turns samples into an Operator's intent.

    Whatever the samples are, the intent is finite and bounded, and no motion without the dead-man
    switch.

    Attributes:
        output: whether the intent moves the tool ('twist') or the joints ('joints').
        frame: what the twist's axes are: those of the robot's base or of its tool.
        topics: the topics it listens to, relative, and what comes on each.
        reads_keys: whether it needs a terminal.
        gives_back: whether it has a button or key that gives the arm back.
        help: how it is used, for people.
    """

    output: Literal['twist', 'joints'] = 'twist'
    frame: Literal['base', 'tool'] = 'base'
    topics: Mapping[str, type[Sample]] = {}
    reads_keys = False
    gives_back = True
    help = ''

    @abstractmethod
    def take(self, sample: Sample) -> None:
        """Take a sample of one of the inputs over."""

    @abstractmethod
    def read(self, now: int) -> Operator:
        """Return what the person wants at `now`, ns."""

    def refusal(self, now: int, follower: Follower) -> str:
        """Return why the person cannot have the arm at `now` (ns) where it is, or ''."""
        return ''

    @abstractmethod
    def begin(self, follower: Follower) -> None:
        """Begin where the arm is: the person has it now."""
