"""From deflections to a twist: per-axis map, dead zone, expo, scale."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
import math

from vla_ros.core.config import require
from vla_ros.robots.spec import ArmSpec
from vla_ros.teleop.operator import Twist


@dataclass(frozen=True)
class Term:
    """One axis or one button that acts on a component of the twist."""

    axis: int = -1  # index; -1: none
    button: int = -1  # index; -1: none
    scale: float = 1.0  # -1..1; negative turns it round

    def __post_init__(self) -> None:
        require(
            (self.axis >= 0) != (self.button >= 0),
            'expected either an axis or a button, 0 or more',
        )
        require(-1 <= self.scale <= 1 and self.scale != 0, 'scale: expected -1..1 and not 0')


@dataclass(frozen=True)
class AxisMap:
    """What acts on each component of the twist; the terms of a component are added."""

    x: tuple[Term, ...] = ()
    y: tuple[Term, ...] = ()
    z: tuple[Term, ...] = ()
    roll: tuple[Term, ...] = ()
    pitch: tuple[Term, ...] = ()
    yaw: tuple[Term, ...] = ()

    @property
    def axes(self) -> int:
        """How many axes a device must have for it."""
        return 1 + max((term.axis for terms in self._all() for term in terms), default=-1)

    @property
    def buttons(self) -> int:
        """How many buttons a device must have for it."""
        return 1 + max((term.button for terms in self._all() for term in terms), default=-1)

    def read(self, axes: Sequence[float], buttons: Sequence[int], dead_zone: float) -> Twist:
        """Return the deflections (6,), -1..1 each, dead zone taken out of every axis."""
        x, y, z, roll, pitch, yaw = (
            clip(sum(_value(term, axes, buttons, dead_zone) for term in terms))
            for terms in self._all()
        )
        return x, y, z, roll, pitch, yaw

    def _all(self) -> list[tuple[Term, ...]]:
        return [getattr(self, field.name) for field in fields(self)]


@dataclass(frozen=True)
class Speeds:
    """How fast full deflection is."""

    linear: float  # m/s, greatest norm
    angular: float  # rad/s, greatest norm
    expo: float = 0.0  # 0: proportional .. 1: cubic, finer about the middle

    def __post_init__(self) -> None:
        require(self.linear > 0, f'linear: expected more than 0 m/s, got {self.linear}')
        require(self.angular > 0, f'angular: expected more than 0 rad/s, got {self.angular}')
        require(0 <= self.expo <= 1, f'expo: expected 0..1, got {self.expo}')

    def check(self, spec: ArmSpec) -> None:
        """Raise ValueError when the robot is not that fast: the limits would bend every motion."""
        for name, limit, unit in (
            ('linear', spec.cartesian.velocity, 'm/s'),
            ('angular', spec.cartesian.angular_velocity, 'rad/s'),
        ):
            given = getattr(self, name)
            require(given <= limit, f'{name}: {given} {unit} is above the {limit} of {spec.name}')

    def twist(self, deflections: Twist, part: float = 1.0) -> Twist:
        """Return the twist of deflections (6,); `part` in 0..1 slows all of it.

        The norms are bounded, not the components: a diagonal is no faster than an axis.
        """
        u, v, w, a, b, c = (self._curve(clip(value)) for value in deflections)
        k = part * self.linear / max(1.0, math.sqrt(u * u + v * v + w * w))
        m = part * self.angular / max(1.0, math.sqrt(a * a + b * b + c * c))
        return k * u, k * v, k * w, m * a, m * b, m * c

    def _curve(self, value: float) -> float:
        return value * (1 - self.expo + self.expo * value * value)


def without_dead_zone(value: float, width: float) -> float:
    """Return a deflection in -1..1 that is 0 within +-width, and continuous."""
    size = (min(abs(value), 1.0) - width) / (1 - width)
    return math.copysign(size, value) if size > 0 else 0.0


def clip(value: float) -> float:
    """Return a deflection within -1..1."""
    return min(max(value, -1.0), 1.0)


def _value(term: Term, axes: Sequence[float], buttons: Sequence[int], dead_zone: float) -> float:
    if term.axis >= 0:
        return term.scale * without_dead_zone(axes[term.axis], dead_zone)
    return term.scale * (buttons[term.button] == 1)
