"""What a person wants of the arm at one instant, whatever the device."""

from dataclasses import dataclass

from vla_ros.core.data import Array


Twist = tuple[float, float, float, float, float, float]  # m/s along, rad/s about x, y, z
STILL: Twist = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0)


@dataclass(frozen=True)
class Operator:
    """An intent. Without the dead-man switch it is no motion.

    `cause` says why a device's inputs cannot be believed: it is then unknown, not up.
    """

    stamp: int  # ns, of the input it is made of; of the reading when there is no motion
    deadman: bool = False  # whether the dead-man switch is pressed
    twist: Twist = STILL  # in the device's frame
    joints: Array | None = None  # (n,) rad, wanted joint positions; of a leader only
    gripper: float | None = None  # wanted opening, 0 closed to 1 open; None: as it is
    release: bool = False  # whether the arm is to be given back
    cause: str = ''


@dataclass(frozen=True)
class Follower:
    """Where the arm is that is commanded."""

    joints: Array | None  # (n,) rad, measured; None while it is not known
    gripper: float  # commanded opening, 0 closed to 1 open
