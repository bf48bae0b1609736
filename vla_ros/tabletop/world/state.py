"""What only the simulation knows: where everything really is."""

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from vla_ros.core.data import Array, Pose
from vla_ros.core.rotations import matrix_from_quat
from vla_ros.tabletop.language import COLOURS
from vla_ros.tabletop.world.contacts import Touch
from vla_ros.tabletop.world.object_config import BarConfig, CrateConfig
from vla_ros.tabletop.world.torso import Torso


def absent(*shape: int) -> Array:
    """Return NaN for every colour, (6, *shape)."""
    return np.full((len(COLOURS), *shape), np.nan)


@dataclass(frozen=True)
class ArmSnapshot:
    """One hand of the robot."""

    ee: Pose  # measured tcp pose
    gripper: float  # measured opening, m
    commanded: Pose  # what the controller tracks
    gripper_command: float  # m
    side: float = 1.0  # on which it works: 1 left (y > 0), -1 right


@dataclass(frozen=True)
class WorldState:
    """The privileged state at one instant, for scripted experts, success tests and labels.

    Everything is in the frame of the scene, whose z = 0 is the table's top: the base frame of the
    arms where nothing carries them; `local` gives places in that frame where a trunk does. What
    has a colour is in the colour order of `language`, and NaN where it is absent.
    """

    time: float  # s since the scene was reset
    hands: tuple[ArmSnapshot, ...]  # of each limb
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
    bar_grip: float = BarConfig.grip  # m, from their ends, where hands take hold
    crates: Array = field(default_factory=lambda: absent(4, 3))  # (6, 4, 3) m, of the rims
    crate_height: float = CrateConfig.height  # m
    trunk: Torso | None = None  # what carries the arms, where anything does
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

        Of cubes, bars and crates the centre, of buttons that of the top, of lines the beginning of
        what is left.
        """
        result = np.where(np.isfinite(self.cubes), self.cubes, self.buttons)
        result = np.where(np.isfinite(result), result, self.bars.mean(axis=1))
        result = np.where(np.isfinite(result), result, self._crate_centres())
        for i, colour in enumerate(COLOURS):
            left = self.left(colour)
            if len(left):
                result[i] = (*left[0], 0.0)
        return result

    def _crate_centres(self) -> Array:
        """Return the centres (6, 3) m of the crates, which are below those of their rims."""
        first, beside, _, behind = self.crates.transpose(1, 0, 2)
        up = np.cross(first - behind, first - beside)
        up /= np.linalg.norm(up, axis=-1, keepdims=True)
        result: Array = self.crates.mean(axis=1) - 0.5 * self.crate_height * up
        return result

    @property
    def grips(self) -> Array:
        """Where each hand would take hold of what has a colour (hands, 6, 3) m; NaN = absent.

        Of a bar that is near the end on the hand's side, of a crate the middle of the rim there,
        of all else where the thing is.
        """
        sides = []
        for hand in self.hands:
            own = bar_grips(self.bars, self.bar_grip, hand.side)
            own = np.where(np.isfinite(own), own, rim_grips(self.crates, hand.side))
            sides.append(np.where(np.isfinite(own), own, self.things))
        return np.stack(sides)


def bar_grips(ends: Array, inset: float, side: float) -> Array:
    """Return where a hand takes hold of bars (..., 3) m, `inset` m from the end on its side.

    Args:
        ends: (..., 2, 3) m, of the bars; NaN = absent.
        inset: m.
        side: of the hand, 1 left (y > 0), -1 right.
    """
    first, last = ends[..., 0, :], ends[..., 1, :]
    swapped = ((first - last)[..., 1] * side < 0)[..., None]
    own, other = np.where(swapped, last, first), np.where(swapped, first, last)
    way = other - own
    result: Array = own + inset * way / np.linalg.norm(way, axis=-1, keepdims=True)
    return result


def rim_grips(corners: Array, side: float) -> Array:
    """Return where a hand takes hold of crates (..., 3) m: the middle of the rim on its side.

    Args:
        corners: (..., 4, 3) m, of the rims, as `Crates.read` gives them; NaN = absent.
        side: of the hand, 1 left (y > 0), -1 right.
    """
    own = [0, 3] if side > 0 else [1, 2]
    result: Array = corners[..., own, :].mean(axis=-2)
    return result
