"""The buttons of a device that has some: dead-man switch, giving back, gripper."""

from dataclasses import dataclass

from vla_ros.core.config import require
from vla_ros.teleop.grip import Grip
from vla_ros.teleop.inputs import Joy


@dataclass(frozen=True)
class Buttons:
    """Indices of buttons; -1: none."""

    deadman: int  # held to move
    release: int = -1  # gives the arm back
    open: int = -1
    close: int = -1
    toggle: int = -1  # opens or closes, in turn

    def __post_init__(self) -> None:
        require(self.deadman >= 0, 'deadman: expected the index of a button, 0 or more')

    @property
    def count(self) -> int:
        """How many buttons a device must have for it."""
        return 1 + max(self.deadman, self.release, self.open, self.close, self.toggle)

    @property
    def help(self) -> str:
        """How the device is used, for people."""
        back = f', button {self.release} gives the arm back' if self.release >= 0 else ''
        return f'hold button {self.deadman} to move{back}'

    def read(self, joy: Joy, grip: Grip) -> tuple[bool, bool, float | None]:
        """Return whether dead-man switch and release button are down, and the wanted opening."""
        deadman = joy.pressed(self.deadman)
        opens, closes, toggles = map(joy.pressed, (self.open, self.close, self.toggle))
        return deadman, joy.pressed(self.release), grip.press(opens, closes, toggles, deadman)
