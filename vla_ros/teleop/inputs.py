"""What devices send: samples, and for how long the newest of an input can be believed."""

from dataclasses import dataclass
import math
from typing import Generic, TypeVar

from vla_ros.core.data import SECOND


@dataclass(frozen=True)
class Motion:
    """Deflections of a six-axis device, geometry_msgs/Twist; it carries no stamp of its own."""

    stamp: int  # ns, of its arrival
    values: tuple[float, ...]  # (6,) x, y, z, roll, pitch, yaw


@dataclass(frozen=True)
class Joy:
    """Axes and buttons, sensor_msgs/Joy."""

    stamp: int  # ns
    axes: tuple[float, ...]  # -1..1
    buttons: tuple[int, ...]  # 1: pressed

    def pressed(self, button: int) -> bool:
        """Whether a button is down; one that is not configured (-1) or not there is not."""
        return 0 <= button < len(self.buttons) and self.buttons[button] == 1


@dataclass(frozen=True)
class JointPositions:
    """Joint positions by name, sensor_msgs/JointState."""

    stamp: int  # ns
    names: tuple[str, ...]
    positions: tuple[float, ...]  # rad


@dataclass(frozen=True)
class Keys:
    """Keys hit on a terminal since the last reading, as keys.split names them."""

    stamp: int  # ns, of the reading
    names: tuple[str, ...]


Sample = Motion | Joy | JointPositions | Keys
S = TypeVar('S', Motion, Joy, JointPositions)


class Latest(Generic[S]):
    """The newest sample of one input.

    A sample that cannot be believed makes the input unknown at once: the one before it is what the
    person wanted then, not now.
    """

    def __init__(self, name: str, stale_after: float) -> None:
        """Forget samples `stale_after` s after their stamps; `name` is for people."""
        self._name = name
        self._limit = int(stale_after * SECOND)
        self._sample: S | None = None
        self._problem = f'{name}: nothing has come yet'

    def take(self, sample: S, problem: str = '') -> None:
        """Keep a sample, or why it cannot be believed."""
        self._sample = None if problem else sample
        self._problem = f'{self._name}: {problem}' if problem else ''

    def get(self, now: int) -> tuple[S | None, str]:
        """Return the sample, or None and why there is none at `now` (ns)."""
        sample = self._sample
        if sample is None:
            return None, self._problem
        age = now - sample.stamp
        if -self._limit <= age <= self._limit:
            return sample, ''
        if age > 0:
            return None, f'{self._name}: nothing for {age / SECOND:.1f} s'
        ahead = f'{-age / SECOND:.1f} s ahead'
        return None, f'{self._name}: stamped {ahead}; do the clocks of the machines agree?'


def joy_problem(joy: Joy, axes: int, buttons: int) -> str:
    """Return why a sample cannot be believed that must have so many axes and buttons, or ''."""
    if len(joy.axes) < axes or len(joy.buttons) < buttons:
        return (
            f'expected {axes} axes and {buttons} buttons or more, '
            f'got {len(joy.axes)} and {len(joy.buttons)}'
        )
    return '' if finite(joy.axes) else f'expected finite numbers, got axes {joy.axes}'


def finite(values: tuple[float, ...]) -> bool:
    """Whether every number is finite."""
    return all(map(math.isfinite, values))
