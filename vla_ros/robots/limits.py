"""What a robot may do: limits of its joints and of its tool, each checked on construction."""

from dataclasses import dataclass

import numpy as np

from vla_ros.core.config import require


@dataclass(frozen=True)
class JointSpec:
    """One actuated arm joint, as named in the URDF and in joint_states."""

    name: str
    lower: float  # rad
    upper: float  # rad
    velocity: float  # rad/s
    acceleration: float  # rad/s^2
    jerk: float  # rad/s^3
    torque: float  # Nm
    torque_rate: float  # Nm/s
    home: float  # rad
    armature: float = 0.0  # kg m^2, the motor's inertia seen at the joint; not in the URDF
    # Friction that the robot does not compensate itself: laws and observers do, so rather too
    # little than too much.
    damping: float = 0.0  # Nms/rad, viscous
    friction: float = 0.0  # Nm, dry

    def __post_init__(self) -> None:
        for name in ('armature', 'damping', 'friction'):
            require(getattr(self, name) >= 0, f'{self.name}.{name} must not be negative')
        require(self.lower < self.upper, f'{self.name}: lower must be below upper')
        require(self.lower <= self.home <= self.upper, f'{self.name}: home outside its limits')
        require(abs(self.lower) < 10 and abs(self.upper) < 10, f'{self.name}: limits are in rad')
        for name in ('velocity', 'acceleration', 'jerk', 'torque', 'torque_rate'):
            require(getattr(self, name) > 0, f'{self.name}.{name} must be positive')


@dataclass(frozen=True)
class KeepOut:
    """A box that the commanded tcp never enters; it knows nothing of the hand around the tcp."""

    name: str
    lower: tuple[float, float, float]  # m, base frame
    upper: tuple[float, float, float]  # m, base frame

    def __post_init__(self) -> None:
        ordered = all(lo < up for lo, up in zip(self.lower, self.upper, strict=True))
        require(
            ordered, f'keep_out {self.name!r}: every lower bound must be below its upper bound'
        )


@dataclass(frozen=True)
class CartesianLimits:
    """Bounds on the commanded end-effector pose."""

    lower: tuple[float, float, float]  # m, base frame
    upper: tuple[float, float, float]  # m, base frame
    velocity: float  # m/s
    acceleration: float  # m/s^2
    jerk: float  # m/s^3
    angular_velocity: float  # rad/s
    angular_acceleration: float  # rad/s^2
    angular_jerk: float  # rad/s^3
    tilt: float  # rad, greatest rotation away from the home orientation
    keep_out: tuple[KeepOut, ...] = ()
    contact_force: float = 60.0  # N on the tcp, from which the arm stops and yields
    contact_torque: float = 20.0  # Nm about the tcp, likewise

    def __post_init__(self) -> None:
        ordered = all(lo < up for lo, up in zip(self.lower, self.upper, strict=True))
        require(ordered, 'workspace: every lower bound must be below its upper bound')
        for name in ('velocity', 'acceleration', 'jerk'):
            for bound in (name, f'angular_{name}'):
                require(getattr(self, bound) > 0, f'cartesian.{bound} must be positive')
        require(0 < self.tilt <= 3, f'cartesian.tilt: expected 0..3 rad, got {self.tilt}')
        names = [box.name for box in self.keep_out]
        require(len(set(names)) == len(names), f'keep_out: a name is given twice in {names}')
        for box in self.keep_out:
            covered = np.less_equal(box.lower, self.lower) & np.less_equal(self.upper, box.upper)
            require(not covered.all(), f'keep_out {box.name!r} leaves nothing of the workspace')
        for name in ('contact_force', 'contact_torque'):
            require(getattr(self, name) > 0, f'{name} must be positive')

    @property
    def side(self) -> float:
        """On which side the workspace is: 1 left (y > 0), -1 right."""
        return 1.0 if self.lower[1] + self.upper[1] >= 0 else -1.0


@dataclass(frozen=True)
class InterArmSpec:
    """How near links of different arms of a robot may come to each other, m.

    Motion that leads nearer is slowed down, and stops; as SlowdownSpec has it for one arm. Hands,
    which are what the last joint moves, may come nearer, and fingers may touch fingers: hands give
    things to each other.
    """

    slow_distance: float = 0.1
    stop_distance: float = 0.03
    slow_hands: float = 0.025
    stop_hands: float = 0.008

    def __post_init__(self) -> None:
        for name in ('distance', 'hands'):
            slow, stop = getattr(self, f'slow_{name}'), getattr(self, f'stop_{name}')
            require(
                0 < stop < slow <= 1,
                f'inter_arm_clearance: expected 0 < stop_{name} < slow_{name} <= 1 m',
            )


@dataclass(frozen=True)
class SlowdownSpec:
    """Where motion that leads further in is slowed down, and where it stops.

    The condition numbers are those of the tcp's Jacobian in m and rad; the defaults are those of
    MoveIt Servo.
    """

    slow_condition: float = 17.0  # near a singularity
    stop_condition: float = 30.0
    slow_distance: float = 0.05  # m between links of the arm
    stop_distance: float = 0.01  # m

    def __post_init__(self) -> None:
        require(
            1 < self.slow_condition < self.stop_condition,
            'slowdown: expected 1 < slow_condition < stop_condition',
        )
        require(
            0 < self.stop_distance < self.slow_distance <= 1,
            'slowdown: expected 0 < stop_distance < slow_distance <= 1 m',
        )
