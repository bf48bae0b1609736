"""What only the simulation knows: where everything really is."""

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from vla_ros.data import Array, Pose
from vla_ros.geometry import matrix_from_quat
from vla_ros.language import COLOURS
from vla_ros.sim.contacts import Touch
from vla_ros.sim.trunk import Trunk


def absent(*shape: int) -> Array:
    """Return NaN for every colour, (6, *shape)."""
    return np.full((len(COLOURS), *shape), np.nan)


@dataclass(frozen=True)
class HandState:
    """One hand of the robot."""

    ee: Pose  # measured tcp pose
    gripper: float  # measured opening, m
    commanded: Pose  # what the controller tracks
    gripper_command: float  # m


@dataclass(frozen=True)
class WorldState:
    """The privileged state at one instant, for scripted experts, success tests and labels.

    Everything is in the frame of the scene, whose z = 0 is the table's top: the base frame of the
    arms where nothing carries them; `local` gives places in that frame where a trunk does. What
    has a colour is in the colour order of `language`, and NaN where it is absent.
    """

    time: float  # s since the scene was reset
    hands: tuple[HandState, ...]  # of each limb
    cubes: Array  # (6, 3) m, centres
    bowl: Array  # (3,) m, centre of its foot; NaN = absent
    zone: Array  # (3,) m, centre; NaN = absent
    buttons: Array = field(default_factory=lambda: absent(3))  # (6, 3) m, centres of the tops
    travel: Array = field(default_factory=absent)  # (6,) m, of the buttons' caps
    lines: Array = field(default_factory=lambda: absent(1, 2))  # (6, n, 2) m, of the segments
    wiped: NDArray[np.bool_] = field(  # (6, n), of the segments
        default_factory=lambda: np.zeros((len(COLOURS), 1), bool)
    )
    bars: Array = field(default_factory=lambda: absent(2, 3))  # (6, 2, 3) m, of both ends
    crates: Array = field(default_factory=lambda: absent(4, 3))  # (6, 4, 3) m, of the rims
    trunk: Trunk | None = None  # what carries the arms, where anything does
    touch: Touch = Touch()  # followed only in scenes with buttons or lines

    @property
    def ee(self) -> Pose:
        """Measured tcp pose of the hand that acts."""
        return self.hands[0].ee

    @property
    def gripper(self) -> float:
        """Measured opening of the hand that acts, m."""
        return self.hands[0].gripper

    @property
    def commanded(self) -> Pose:
        """Commanded pose of the hand that acts."""
        return self.hands[0].commanded

    @property
    def gripper_command(self) -> float:
        """Commanded opening of the hand that acts, m."""
        return self.hands[0].gripper_command

    def of(self, hand: int) -> 'WorldState':
        """Return the same with another hand, by its number, as the one that acts."""
        if not hand:
            return self
        others = self.hands[:hand] + self.hands[hand + 1 :]
        return replace(self, hands=(self.hands[hand], *others))

    def cube(self, colour: str) -> Array:
        """Return the centre (3,) m of a cube; NaN when it is absent."""
        centre: Array = self.cubes[COLOURS.index(colour)]
        return centre

    def button(self, colour: str) -> Array:
        """Return the centre (3,) m of a button's top; NaN when it is absent."""
        top: Array = self.buttons[COLOURS.index(colour)]
        return top

    def bar(self, colour: str) -> Array:
        """Return the centres (2, 3) m of a bar's end faces; NaN when it is absent."""
        ends: Array = self.bars[COLOURS.index(colour)]
        return ends

    def crate(self, colour: str) -> Array:
        """Return the corners (4, 3) m of a crate's rim; NaN when it is absent."""
        corners: Array = self.crates[COLOURS.index(colour)]
        return corners

    def local(self, places: Array) -> Array:
        """Return places (..., 3) m in the base frame of the arms."""
        if self.trunk is None:
            return places
        frame = self.trunk.frame
        result: Array = (places - frame.position) @ matrix_from_quat(frame.quaternion)
        return result

    def left(self, colour: str) -> Array:
        """Return the centres (k, 2) m of what is left of a line, from its start on."""
        index = COLOURS.index(colour)
        there = np.isfinite(self.lines[index, :, 0]) & ~self.wiped[index]
        result: Array = self.lines[index][there]
        return result

    @property
    def done(self) -> Array:
        """Share (6,) of each line that is wiped; NaN = absent."""
        there = np.isfinite(self.lines[..., 0])
        count = there.sum(1)
        gone = (self.wiped & there).sum(1)
        return np.where(count > 0, gone / np.maximum(count, 1), np.nan)

    @property
    def things(self) -> Array:
        """Where what has a colour is (6, 3) m; NaN = absent.

        Of cubes and bars the centre, of crates that of the rim, of buttons that of the top, of
        lines the beginning of what is left.
        """
        result = np.where(np.isfinite(self.cubes), self.cubes, self.buttons)
        result = np.where(np.isfinite(result), result, self.bars.mean(axis=1))
        result = np.where(np.isfinite(result), result, self.crates.mean(axis=1))
        for i, colour in enumerate(COLOURS):
            left = self.left(colour)
            if len(left):
                result[i] = (*left[0], 0.0)
        return result
