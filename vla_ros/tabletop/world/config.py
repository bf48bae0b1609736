"""SimConfig: what the simulated world is made of; one YAML per world in config/sim/."""

from dataclasses import dataclass

from vla_ros.core import config
from vla_ros.core.config import require
from vla_ros.core.paths import config_file
from vla_ros.tabletop.world.object_config import (
    BarConfig,
    ButtonConfig,
    CrateConfig,
    LineConfig,
    ObjectConfig,
)


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
class PlacementConfig:
    """Where objects may lie, centres, base frame."""

    x: tuple[float, float] = (0.36, 0.62)  # m
    y: tuple[float, float] = (-0.24, 0.24)  # m
    yaw: float = 0.35  # rad, greatest rotation of a cube
    gap: float = 0.095  # m, between the centres of cubes: open fingers need 0.056 + 0.028
    rim_gap: float = 0.07  # m, between the centres of cubes and the rims of bowl and zone
    cubes: tuple[int, int] = (3, 5)  # fewest and most in a scene
    goals: bool = True  # whether bowl and zone are there if there are cubes
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
