"""SimConfig: what the simulated world is made of; one YAML per world in config/sim/."""

from dataclasses import dataclass

from vla_ros.core import config
from vla_ros.core.config import require
from vla_ros.core.paths import config_file


@dataclass(frozen=True)
class PhysicsConfig:
    """Integration, contacts and what the URDF does not say about the gripper."""

    timestep: float = 0.001  # s
    finger_armature: float = 0.3  # kg, reflected inertia of the gripper's motor
    finger_stiffness: float = 4000.0  # N/m, of the gripper's position servo
    impratio: float = 1.0  # stiffness of friction over that of the normal force
    table_friction: float = 0.5  # sliding, against cubes
    # Sliding, of the finger pads. A cube at yaw a turns into the closing hand while this is below
    # tan(45 deg - a); more jams it between its corners.
    pad_friction: float = 0.5
    pad_softness: float = 0.008  # s, time constant of a contact with a pad

    def __post_init__(self) -> None:
        require(0 < self.timestep <= 0.005, 'timestep: expected 0..0.005 s')
        for name in ('finger_armature', 'finger_stiffness'):
            require(getattr(self, name) >= 0, f'{name}: expected 0 or more')


@dataclass(frozen=True)
class ServoConfig:
    """The robot's own servo, for commands that are joint positions."""

    bandwidth: float = 40.0  # Hz, undamped natural frequency of a joint; the damping is critical

    def __post_init__(self) -> None:
        require(1 <= self.bandwidth <= 500, 'bandwidth: expected 1..500 Hz')


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
class PlacementConfig:
    """Where objects may lie, centres, base frame."""

    x: tuple[float, float] = (0.36, 0.62)  # m
    y: tuple[float, float] = (-0.24, 0.24)  # m
    yaw: float = 0.35  # rad, greatest rotation of a cube
    gap: float = 0.095  # m, between the centres of cubes: open fingers need 0.056 + 0.028
    rim_gap: float = 0.07  # m, between the centres of cubes and the rims of bowl and zone
    cubes: tuple[int, int] = (3, 5)  # fewest and most in a scene
    goals: bool = True  # whether bowl and zone are there where there are cubes
    # Corners of the box in which hands are in still pictures, and of the rectangle above which
    # demonstrations may begin, m.
    hand: tuple[tuple[float, float, float], tuple[float, float, float]] = (
        *((0.34, -0.28, 0.08), (0.66, 0.28, 0.32)),
    )
    start: tuple[tuple[float, float], tuple[float, float]] = ((0.36, -0.24), (0.64, 0.24))

    def __post_init__(self) -> None:
        for name in ('x', 'y'):
            lower, upper = getattr(self, name)
            require(lower < upper, f'{name}: lower bound must be below the upper one')
        for name in ('hand', 'start'):
            lower, upper = getattr(self, name)
            ordered = all(lo < up for lo, up in zip(lower, upper, strict=True))
            require(ordered, f'{name}: every lower bound must be below its upper bound')
        fewest, most = self.cubes
        require(1 <= fewest <= most <= 6, 'cubes: expected 1 <= fewest <= most <= 6')
        require(0 < self.gap < 0.2, 'gap: expected 0..0.2 m')


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


@dataclass(frozen=True)
class BodyConfig:
    """How a robot with a torso, a head and a base begins, and how its experts move them.

    Joints are in the order of their limb; the places are seen from the base, x ahead, y left.
    """

    # Where the head may begin when it is turned away, rad, for a thing at the right. What lies at
    # the left mirrors the joint that pans, number `pan`.
    away: tuple[tuple[float, float], ...] = ((-0.2, 0.3), (1.3, 1.8))
    pan: int = 1
    turned: float = 0.5  # share of scenes that begin so
    # The head searches along an ellipse of its first two joints, rad.
    search: tuple[float, float] = (0.0, 0.0)  # its centre
    swing: tuple[float, float] = (0.25, 0.5)  # its half axes
    # Torso joints from home: rad for each rad by which a thing is beside where the hand likes it,
    # and for each m by which it is further away than `near`.
    bearing: tuple[float, ...] = (1.0, 0.0, 0.0)
    lean: tuple[float, ...] = (0.0, 0.0, 1.8)
    beside: float = 0.5  # rad, left of the left hand's, right of the right hand's straight ahead
    near: float = 0.30  # m
    far: float = 0.60  # m, from which on the body does not lean towards things
    aside: tuple[float, float, float] = (-0.06, 0.08, 0.03)  # m, from home to where arms wait
    # Where driving begins: m back, m to either side, rad of turn; and where it leads a thing to.
    back: tuple[float, float] = (0.3, 0.6)
    sideways: float = 0.2
    turn: float = 0.3
    stand: tuple[float, float] = (0.40, 0.14)  # m ahead, m to the side of the nearer hand

    def __post_init__(self) -> None:
        require(0 <= self.turned <= 1, 'turned: expected a share, 0..1')
        require(self.pan < len(self.away), f'pan: expected less than {len(self.away)}')
        require(len(self.bearing) == len(self.lean), 'bearing and lean: one number per joint')
        require(0 < self.near < self.far, 'expected 0 < near < far')
        require(0 <= self.back[0] <= self.back[1], 'back: expected least <= greatest')


@dataclass(frozen=True)
class AppearanceConfig:
    """Colours, and how much they vary from scene to scene."""

    # Colour name -> RGB 0..1, of buttons and lines too.
    cubes: dict[str, tuple[float, float, float]]
    table: tuple[float, float, float]  # RGB 0..1
    bowl: tuple[float, float, float]  # RGB 0..1
    zone: tuple[float, float, float]  # RGB 0..1, of the patch
    zone_border: tuple[float, float, float]  # RGB 0..1
    housing: tuple[float, float, float] = (0.20, 0.21, 0.23)  # RGB 0..1, of buttons
    sponge: tuple[float, float, float] = (0.72, 0.84, 0.88)  # RGB 0..1
    light: float = 0.12  # greatest relative change of the light
    tint: float = 0.04  # greatest change of a colour's channels
    samples: int = 4  # per pixel, against jagged edges; 0 renders a third faster


@dataclass(frozen=True)
class SimConfig:
    """A simulated world around a robot."""

    appearance: AppearanceConfig
    physics: PhysicsConfig = PhysicsConfig()
    servo: ServoConfig = ServoConfig()
    objects: ObjectConfig = ObjectConfig()
    placement: PlacementConfig = PlacementConfig()
    buttons: ButtonConfig = ButtonConfig()
    lines: LineConfig = LineConfig()
    bars: BarConfig = BarConfig()
    crates: CrateConfig = CrateConfig()
    body: BodyConfig = BodyConfig()
    # m, of the table's top above the origin of the robot's description. The scene's z = 0 is
    # always the top; at 0 it goes on for ever, else the table ends and stands on a floor.
    table_top: float = 0.0

    def __post_init__(self) -> None:
        require(0 <= self.table_top <= 2, 'table_top: expected 0..2 m')
        # The servo is explicit in time: it becomes unstable at 0.13 steps a period.
        steps = self.servo.bandwidth * self.physics.timestep
        require(steps <= 0.1, f'servo.bandwidth: expected at most 0.1 / timestep, got {steps:.2g}')


def load_sim(name: str = 'tabletop') -> SimConfig:
    """Load config/sim/<name>.yaml (or a path to one).

    Raises:
        FileNotFoundError: no such world; the message lists the valid names.
        ConfigError: the file is not a valid world; the message names the field.
    """
    return config.load(SimConfig, config_file('sim', name))
