"""The speeds from which a joint still stops before its limits, and the torque that sees to it."""

from dataclasses import dataclass
import math


@dataclass(frozen=True, slots=True)
class JointEnvelope:
    """The speeds from which a joint still stops before its limits.

    The speed allowed towards a limit at a gap g is sqrt(2 deceleration g), at most the velocity
    limit. Plain floats, because seven joints of them are quicker than numpy's calls.
    """

    lower: float  # rad, less the margin
    upper: float  # rad, less the margin
    velocity: float  # rad/s
    twice: float  # rad/s^2, twice the deceleration
    gain: float  # Nms/rad

    def holds(self, q: float, dq: float) -> bool:
        """Whether no braking is called for."""
        gap = self.upper - q if dq > 0 else q - self.lower
        inside = self.lower <= q <= self.upper
        return inside and dq * dq <= self.twice * gap and -self.velocity <= dq <= self.velocity

    def defend(self, q: float, dq: float, torque: float) -> float:
        """Return the torque Nm beside gravity's that may be sent instead of `torque`.

        Speed beyond the allowed is braked; behind a limit that drives the joint back. Whatever
        pushes on towards the limit is left out, or it would only be balanced by the brake.
        """
        high, low = self._allowed(self.upper - q), -self._allowed(q - self.lower)
        if dq > high:
            return min(torque, 0.0) + self.gain * (max(high, -self.velocity) - dq)
        if dq < low:
            return max(torque, 0.0) + self.gain * (min(low, self.velocity) - dq)
        return torque

    def _allowed(self, gap: float) -> float:
        speed = min(math.sqrt(self.twice * abs(gap)), self.velocity)
        return speed if gap > 0 else -speed
