"""What was sent, held against every limit of the robot."""

from dataclasses import dataclass, field
import math

import numpy as np

from vla_ros.core.data import Array
from vla_ros.robots.spec import ArmSpec


_ROUNDING = 5e-15  # m or rad, of a position; a difference of order k divides it by dt^k


@dataclass
class Verdict:
    """How far the limits were used, as a share of each; above 1 is a violation."""

    ticks: int = 0
    shares: dict[str, float] = field(default_factory=dict)

    @property
    def violations(self) -> list[str]:
        """The limits that were exceeded."""
        return [name for name, share in self.shares.items() if not share <= 1.0]

    def note(self, name: str, used: Array, limit: Array | float, slack: float = 0.0) -> None:
        """Hold what was used against a limit; `slack` is the rounding of the comparison."""
        if not used.size:
            return
        share = float(np.max((np.abs(used) - slack) / limit))
        if not math.isfinite(share):
            share = math.inf
        self.shares[name] = max(self.shares.get(name, 0.0), share)


def check_pose(spec: ArmSpec, verdict: Verdict, position: Array, turn: Array) -> None:
    """Note what a stretch of commanded poses, (T, 3) m and (T, 4) xyzw, used of the limits."""
    limits, rate = spec.cartesian, spec.control_rate
    middle = np.add(limits.lower, limits.upper) / 2
    half = np.subtract(limits.upper, limits.lower) / 2
    # A stop may leave the arm outside; from there it may not go further out.
    reach = np.maximum(half, np.abs(position[0] - middle))
    verdict.note('workspace', position - middle, reach, 1e-12)
    # What the mean of a path that keeps clear may differ from it, see control/tracker.py.
    margin = limits.acceleration * (2 * limits.acceleration / limits.jerk + 1 / rate) ** 2 / 24
    for box in limits.keep_out:
        depth = np.minimum(position - box.lower, np.subtract(box.upper, position)).min(axis=1)
        # A stop may leave the arm inside or within the margin; from there it gets no deeper than
        # by the margin. From anywhere else it never gets in.
        allowed = 0.0 if depth[0] < -margin else max(depth[0], 0.0) + margin
        verdict.note('keep-out', np.maximum(depth - allowed, 0.0) + 1.0, 1.0, 1e-9)
    bounds = (limits.velocity, limits.acceleration, limits.jerk)
    for order, (name, bound) in enumerate(
        zip(('velocity', 'acceleration', 'jerk'), bounds, strict=True), 1
    ):
        change = np.diff(position, n=order, axis=0) * rate**order
        speed = np.linalg.norm(change, axis=1)
        verdict.note(f'cartesian {name}', speed, bound, _ROUNDING * rate**order)
    cosine = np.abs(np.sum(turn[1:] * turn[:-1], axis=1))
    spin = 2 * np.arccos(np.minimum(cosine, 1.0)) * rate
    verdict.note('angular velocity', spin, limits.angular_velocity, 1e-3)


def check_torque(spec: ArmSpec, verdict: Verdict, torque: Array) -> None:
    """Note what torques (T, n) Nm used of the limits; rows of NaN were not sent."""
    sent = np.flatnonzero(np.isfinite(torque).all(axis=1))
    verdict.note('torque', torque[sent], spec.joint_array('torque'))
    rates = np.diff(torque, axis=0) * spec.control_rate
    rates = rates[np.isfinite(rates).all(axis=1)]
    verdict.note('torque rate', rates, spec.joint_array('torque_rate'), 1e-9)


def check_motion(spec: ArmSpec, verdict: Verdict, position: Array) -> None:
    """Note what a stretch of joint positions (T, n) rad used of the limits; of NaN: not sent."""
    sent = position[np.isfinite(position).all(axis=1)]
    lower, upper = spec.joint_array('lower'), spec.joint_array('upper')
    away = np.abs(sent - (lower + upper) / 2)
    # A hand may have put a joint outside; from there it may not go further out.
    reach = np.maximum((upper - lower) / 2, away[:1])
    verdict.note('joint position', away, reach, 1e-12)
    for order, name in enumerate(('velocity', 'acceleration', 'jerk'), 1):
        change = np.diff(position, n=order, axis=0) * spec.control_rate**order
        change = change[np.isfinite(change).all(axis=1)]
        slack = 2 * _ROUNDING * spec.control_rate**order
        verdict.note(f'joint {name}', change, spec.joint_array(name), slack)
