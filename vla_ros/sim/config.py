"""SimConfig: what the simulated world is made of; one YAML per world in config/sim/."""

from dataclasses import dataclass

from vla_ros import config
from vla_ros.config import require
from vla_ros.paths import config_file


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

    def __post_init__(self) -> None:
        for name in ('x', 'y'):
            lower, upper = getattr(self, name)
            require(lower < upper, f'{name}: lower bound must be below the upper one')
        fewest, most = self.cubes
        require(1 <= fewest <= most <= 6, 'cubes: expected 1 <= fewest <= most <= 6')
        require(0 < self.gap < 0.2, 'gap: expected 0..0.2 m')


@dataclass(frozen=True)
class AppearanceConfig:
    """Colours, and how much they vary from scene to scene."""

    cubes: dict[str, tuple[float, float, float]]  # colour name -> RGB 0..1
    table: tuple[float, float, float]  # RGB 0..1
    bowl: tuple[float, float, float]  # RGB 0..1
    zone: tuple[float, float, float]  # RGB 0..1, of the patch
    zone_border: tuple[float, float, float]  # RGB 0..1
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

    def __post_init__(self) -> None:
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
