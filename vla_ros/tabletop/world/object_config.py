"""Sizes and properties of the things in a simulated world, one dataclass a kind of thing."""

from dataclasses import dataclass

from vla_ros.core.config import require


@dataclass(frozen=True)
class ObjectConfig:
    """Sizes of what lies on the table; its top is at z = 0 of the base frame."""

    cube: float = 0.04  # m, edge
    cube_mass: float = 0.06  # kg
    bowl_radius: float = 0.06  # m, inner
    bowl_height: float = 0.032  # m, of the wall
    bowl_wall: float = 0.006  # m, thickness
    zone: float = 0.12  # m, edge of the goal zone
    table: tuple[float, float] = (0.5, 0.9)  # m, visible extent in x and y
    table_centre: tuple[float, float] = (0.5, 0.0)  # m

    def __post_init__(self) -> None:
        require(0.02 <= self.cube <= 0.06, 'cube: expected 0.02..0.06 m')
        require(self.bowl_radius > self.cube, 'bowl_radius: must exceed the edge of a cube')
        require(self.zone > self.cube, 'zone: must exceed the edge of a cube')


@dataclass(frozen=True)
class ButtonConfig:
    """Spring-loaded push buttons that stand on the table."""

    count: tuple[int, int] = (2, 4)  # fewest and most in a scene
    gap: float = 0.11  # m, between their centres
    housing: float = 0.032  # m, radius
    height: float = 0.018  # m, of the housing
    cap: float = 0.021  # m, radius
    rise: float = 0.012  # m, of the cap's top above the housing
    travel: float = 0.007  # m
    preload: float = 1.5  # N, below which the cap does not move
    full: float = 5.0  # N, that holds it all the way down
    damping: float = 8.0  # Ns/m

    def __post_init__(self) -> None:
        fewest, most = self.count
        require(1 <= fewest <= most <= 6, 'count: expected 1 <= fewest <= most <= 6')
        require(0 < self.travel < self.rise, 'travel: expected less than rise, in metres')
        require(0 < self.preload < self.full, 'preload: expected 0 < preload < full, in newtons')
        require(self.cap < self.housing < self.gap / 2, 'expected cap < housing < gap / 2')


@dataclass(frozen=True)
class LineConfig:
    """Lines on the table, drawn with something that a sponge takes off, and that sponge."""

    count: tuple[int, int] = (1, 3)  # fewest and most in a scene
    gap: float = 0.07  # m, between lines
    length: tuple[float, float] = (0.12, 0.16)  # m
    width: float = 0.016  # m
    segment: float = 0.01  # m, of a line that vanishes at once
    slant: float = 0.9  # rad, greatest angle to the y axis
    sponge: float = 0.022  # m, radius
    reach: float = 0.032  # m, from the tcp to its lower side
    thickness: float = 0.03  # m
    stiffness: float = 1500.0  # N/m, of the sponge
    damping: float = 15.0  # Ns/m
    give: float = 0.014  # m, by which it can be compressed
    friction: float = 0.25  # sliding, wet
    wipes: float = 3.0  # N, from which it takes off what it covers
    band: tuple[float, float] = (5.0, 10.0)  # N, with which it should be pressed

    def __post_init__(self) -> None:
        fewest, most = self.count
        require(1 <= fewest <= most <= 6, 'count: expected 1 <= fewest <= most <= 6')
        shortest, longest = self.length
        require(0 < self.segment <= shortest <= longest, 'length: expected shortest <= longest')
        require(longest / self.segment <= 32, 'segment: expected at most 32 in a line')
        require(0 <= self.slant <= 1.2, 'slant: expected 0..1.2 rad')
        require(0 <= self.wipes <= self.band[0] < self.band[1], 'expected wipes <= band, in N')


@dataclass(frozen=True)
class BarConfig:
    """Long light bars that lie across the middle of the table, for two hands."""

    count: tuple[int, int] = (1, 2)  # fewest and most in a scene
    gap: float = 0.12  # m, between their centres, along x
    length: float = 0.34  # m
    width: float = 0.03  # m, and height
    mass: float = 0.15  # kg
    slant: float = 0.25  # rad, greatest angle to the y axis
    offset: float = 0.03  # m, of the centre from the middle
    grip: float = 0.045  # m, from their ends, where hands take hold

    def __post_init__(self) -> None:
        fewest, most = self.count
        require(1 <= fewest <= most <= 6, 'count: expected 1 <= fewest <= most <= 6')
        require(0 < self.width < self.length <= 1, 'expected width < length <= 1 m')
        require(0 <= self.grip < self.length / 2, 'grip: expected less than half of the length')
        require(0 <= self.slant <= 0.7, 'slant: expected 0..0.7 rad')


@dataclass(frozen=True)
class CrateConfig:
    """Open boxes in front of the robot, for two hands: each takes the rim of one side."""

    count: tuple[int, int] = (1, 2)  # fewest and most in a scene
    distance: tuple[float, float] = (0.34, 0.44)  # m, from the robot's axis
    bearing: float = 0.55  # rad, greatest to either side
    gap: float = 0.85  # rad, between the bearings of two of them
    length: float = 0.24  # m, along y at yaw 0
    width: float = 0.16  # m
    height: float = 0.09  # m
    wall: float = 0.01  # m, thickness
    mass: float = 0.3  # kg
    slant: float = 0.12  # rad, greatest yaw against the bearing

    def __post_init__(self) -> None:
        fewest, most = self.count
        require(1 <= fewest <= most <= 6, 'count: expected 1 <= fewest <= most <= 6')
        smallest = min(self.length, self.width, self.height)
        require(0 < 4 * self.wall < smallest <= 1, 'wall: expected 0..a quarter of every edge')
        require(0 < self.distance[0] < self.distance[1], 'distance: expected least < greatest')
        room = 2 * self.bearing - self.gap * (most - 1)
        require(self.gap > 0 and room > 0, f'gap: no room for {most} crates within the bearings')
        require(0 <= self.slant <= 0.7, 'slant: expected 0..0.7 rad')
