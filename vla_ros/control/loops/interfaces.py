"""What the control loop stands between: hardware on one side, a source of targets on the other."""

from typing import Protocol

from vla_ros.core.data import Array


class JointSample(Protocol):
    """What the hardware measured; may be overwritten by the next read."""

    stamp: int  # ns
    position: Array  # (n,) rad
    velocity: Array  # (n,) rad/s
    gripper: float  # opening, m
    wrench: Array | None  # (6,) N and Nm in the force sensor's frame; None without a sensor
    effort: Array | None  # (n,) Nm; None where the robot does not say


class Hardware(Protocol):
    """A robot or its simulation."""

    def read(self) -> JointSample:
        """Return the newest measurement."""

    def write(self, torque: Array, gripper: float) -> None:
        """Send joint torques (n,) Nm and the gripper's opening, m."""

    def move(self, position: Array, velocity: Array, gripper: float) -> None:
        """Send joint positions (n,) rad to be held by the robot's own servo, and the opening, m.

        The velocity (n,) rad/s is that at which the positions are passed. `write` and `move` may
        alternate: the robot obeys the last of either.
        """


class JointGroupSample(Protocol):
    """What a joint group's hardware measured; may be overwritten by the next read."""

    stamp: int  # ns
    position: Array  # (n,) rad
    velocity: Array  # (n,) rad/s
    effort: Array | None  # (n,) Nm; None where the robot does not say


class JointGroupHardware(Protocol):
    """A joint group or its simulation."""

    def read(self) -> JointGroupSample:
        """Return the newest measurement."""

    def move(self, position: Array, velocity: Array) -> None:
        """Send joint positions (n,) rad to be held, passed at the velocity (n,) rad/s."""


class MobileBaseSample(Protocol):
    """What a mobile base's hardware measured; may be overwritten by the next read."""

    stamp: int  # ns
    pose: Array  # (3,) x and y m, yaw rad, in odom
    twist: Array  # (3,) vx, vy m/s, wz rad/s, axes of the moving frame


class MobileBaseHardware(Protocol):
    """A mobile base or its simulation."""

    def read(self) -> MobileBaseSample:
        """Return the newest measurement."""

    def drive(self, twist: Array) -> None:
        """Send the twist (3,) m/s, m/s, rad/s, axes of the moving frame, to be kept up."""


LimbHardware = Hardware | JointGroupHardware | MobileBaseHardware


class TargetSource(Protocol):
    """Says what is wanted of a limb: the chunk queue.

    The numbers of a limb are those of its channel groups, see robots/channels.py. An arm's are a
    pose and an opening (8,), then its joints (n,); those of the others are all of one kind.
    """

    def clear(self, now: int, values: Array) -> None:
        """Forget what was wanted; from `now` (ns) on the limb stands at `values`."""

    def sample(self, now: int, out: Array) -> str:
        """Write what is wanted at `now` (ns) into out; return the kind of group that moves.

        That is 'pose', 'joint' or 'twist'; 'gripper' where that alone moves, and '' where nothing
        is wanted: the limb then comes to rest. On entry out holds what is commanded; what does not
        move is not written.
        """

    @property
    def dry(self) -> bool:
        """Whether it has run out of motion."""
