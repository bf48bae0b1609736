"""What only the simulation knows: where everything really is."""

from dataclasses import dataclass

from vla_ros.data import Array, Pose
from vla_ros.language.grammar import COLOURS


@dataclass(frozen=True)
class WorldState:
    """The privileged state at one instant, for scripted experts, success tests and labels."""

    time: float  # s since the scene was reset
    ee: Pose  # measured tcp pose, base frame
    gripper: float  # measured opening, m
    commanded: Pose  # what the controller tracks
    gripper_command: float  # m
    cubes: Array  # (6, 3) m, centres, colour order of `language`; NaN = absent
    bowl: Array  # (3,) m, centre of its foot
    zone: Array  # (3,) m, centre

    def cube(self, colour: str) -> Array:
        """Return the centre (3,) m of a cube; NaN when it is absent."""
        centre: Array = self.cubes[COLOURS.index(colour)]
        return centre
