"""How the scripted experts move: smooth steps of the commanded pose, heights that form a funnel.

Everything is a function of the present state, continuous but for opening and closing the hand.
"""

from dataclasses import dataclass
import math

import numpy as np

from vla_ros.core.data import Array, Pose
from vla_ros.robots.spec import ArmSpec


@dataclass(frozen=True)
class MotionConfig:
    """Speeds and heights, m; the height of the hand is that of the tcp above the table."""

    step: float = 0.024  # greatest move in one control step of 0.1 s
    gain: float = 0.6  # share of a short remaining way that is done in one step
    hover: float = 0.10  # height at which the empty hand travels
    carry: float = 0.14  # height at which it travels with a cube
    retreat: float = 0.20  # height to which it leaves
    slope: float = 4.0  # of the funnel, height per horizontal distance
    tolerance: float = 0.005  # horizontal distance at which the funnel ends
    closing: float = 0.009  # horizontal distance, along either axis, at which the hand closes
    slip: float = 0.019  # the same while it closes: an oblique cube slides as it turns
    clearance: float = 0.066  # height at which open or closed fingers clear a cube on the table


@dataclass(frozen=True)
class ArmInfo:
    """What an expert has to know about the robot."""

    home: Pose  # tcp at the home posture; its rotation is kept
    open: float  # m
    closed: float  # m
    reach: tuple[tuple[float, ...], tuple[float, ...]]  # m, lower and upper corner of commands
    name: str = ''  # of the limb
    side: float = 1.0  # on which it works: 1 left (y > 0), -1 right

    def reaches(self, place: Array, inset: float) -> bool:
        """Whether a place (2,) m is within reach, `inset` m from its edges."""
        lower, upper = (np.array(corner[:2]) for corner in self.reach)
        return bool((lower + inset <= place).all() and (place <= upper - inset).all())


def make_arm_info(spec: ArmSpec, home: Pose) -> ArmInfo:
    """Return the hand of a robot whose tcp is at `home` in the home posture."""
    limits = spec.cartesian
    reach = (limits.lower, limits.upper)
    return ArmInfo(home, spec.gripper.open, spec.gripper.closed, reach, spec.name, limits.side)


def funnel(config: MotionConfig, distance: float, low: float, high: float) -> float:
    """Return the height for a horizontal distance to go: `low` at the end, `high` far away."""
    return min(high, low + config.slope * max(0.0, distance - config.tolerance))


def step_towards(
    config: MotionConfig, start: Array, goal: Array, height: float, speed: float = 1.0
) -> Array:
    """Return the position (3,) one step from `start` towards `goal` (2,) at `height`, m.

    Sideways motion waits while the hand is below the height it should have, so that it rises
    before it travels.
    """
    limit = config.step * speed
    up = height - start[2]
    freedom = min(1.0, max(0.0, 1.0 - (up - 0.01) / 0.02))
    aside = np.asarray(goal[:2]) - start[:2]
    move = config.gain * np.array([aside[0] * freedom, aside[1] * freedom, up])
    length = math.sqrt(float(move @ move))
    if length > limit:
        move *= limit / length
    return np.asarray(start + move)
