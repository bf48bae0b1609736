"""Joint positions that follow any wanted ones within position, velocity, acceleration and jerk.

Why what comes out keeps the bounds of each joint, whatever goes in (N points of a tick dt):

1. An inner point x with velocity v changes v by at most h = A dt a tick, keeps |v| <= V, and can
   always stop between the position limits. A tick at v >= 0 and full braking after it lead
   s(v) = dt (v + (v - h) + (v - 2 h) + ...) far, as long as the terms are positive. That is the
   greatest of dt ((n + 1) v - h n (n + 1) / 2) over n, convex and rising, so the greatest v with
   s(v) <= g is the one at which the piece n = floor((sqrt(1 + 8 g / (h dt)) - 1) / 2) reaches g.
   The new velocity is the wanted one, cut to V and to this, and then put within h of the last one.
   The latter spoils nothing. If it cuts an increase, s only falls. If it cuts a decrease, it
   leaves v - h > 0, and s(v - h) = s(v) - v dt, at most the gap that the last tick, at v, left.
2. What is given out is the mean of the last N inner points: within the position limits, its
   velocity and acceleration means of bounded ones, its jerk (a[k] - a[k-N]) / (N dt), at most
   2 A / (N dt), and N is chosen so that this is at most J.
3. A joint that starts outside its limits may stay there or come in, but not go further out: its
   gap is none.

V, A and J are taken a millionth smaller than the spec's and the position limits a nanoradian
narrower, so that all this holds for the finite differences in double precision, too.

How it follows: the inner point aims at w + L w', where L = (N - 1) dt / 2 is the lag of the mean,
and takes the rate of this goal as feed-forward. Smooth wanted positions within the bounds are so
met in the same tick, but for w'' ((L^2 + L dt) / 2 - (N^2 - 1) dt^2 / 24) to second order: for the
Franka, 1.25e-6 s^2 w''. Steps of the wanted position are smoothed to approaches of 1 / GAIN.
"""

import math

import numpy as np

from vla_ros.control.limits.tracker import share
from vla_ros.core.data import Array
from vla_ros.robots.limb import Limb
from vla_ros.robots.limits import JointSpec


# Part of the acceleration that the approach to a goal plans with; the rest absorbs moving goals.
_PLANNED = 0.8
# 1/s: how fast a small distance to the goal closes, beside the goal's own motion.
_GAIN = 25.0
_ROUNDING = 1e-6  # share of the limits
_INSET = 1e-9  # rad
# rad by which a joint that holds may be away from where it was sent. Simulated arms give way by
# 0.018 at most under the 40 N at which a contact holds them, and weaker servos may sag by twice
# that without creeping. A step of less, should it be a hand's work, is 5 cm at arm's length.
_YIELDS = 0.05


class JointTracker:
    """Follows wanted joint positions; see the module for the bounds and their proof.

    The attributes are arrays that the next step overwrites.

    Attributes:
        position: (n,) rad, what is given out.
        velocity: (n,) rad/s, its backward difference.
        acceleration: (n,) rad/s^2, the backward difference of the velocity.
    """

    def __init__(self, spec: Limb, dt: float) -> None:
        """Take the joint limits of `spec` for ticks of `dt` s; starts at the home posture."""
        self._joints = [_Joint(joint, dt) for joint in spec.joints]
        self.position, self.velocity, self.acceleration = np.zeros((3, spec.n))
        self.reset(spec.home)

    def reset(self, position: Array) -> None:
        """Stand still at `position` (n,) rad.

        Raises:
            ValueError: a number that is not finite, or too many or few.
        """
        if np.shape(position) != self.position.shape or not np.isfinite(position).all():
            raise ValueError(
                f'position: expected {len(self._joints)} finite numbers, got {position}'
            )
        for joint, value in zip(self._joints, position.tolist(), strict=True):
            joint.reset(value)
        self._followed = False
        self._write()

    def step(self, wanted: Array | None, scale: float = 1.0) -> Array:
        """Advance one tick towards `wanted` (n,) rad; return `position`.

        The wanted speed is multiplied by `scale`, 0..1. Brakes every joint to rest for None and
        for what is not finite.
        """
        goals = None if wanted is None else wanted.tolist()
        if goals is None or not all(map(math.isfinite, goals)):
            self._followed = False
            for joint in self._joints:
                joint.move(0.0)
        else:
            k = share(scale)
            for joint, goal in zip(self._joints, goals, strict=True):
                joint.move(k * joint.towards(goal, self._followed))
            self._followed = True
        return self._write()

    def _write(self) -> Array:
        """Put the joints' state into the attributes; return the position."""
        self.position[:] = [joint.position for joint in self._joints]
        self.velocity[:] = [joint.velocity for joint in self._joints]
        self.acceleration[:] = [joint.acceleration for joint in self._joints]
        return self.position


def deviates(sent: Array, measured: Array) -> bool:
    """Whether joints (n,) rad are not where they were sent, by more than they yield holding."""
    return not float(np.abs(sent - measured).max()) <= _YIELDS


class _Joint:
    """One joint. Plain floats, because a few of them are quicker than numpy's calls."""

    def __init__(self, spec: JointSpec, dt: float) -> None:
        self._dt = dt
        self._lower, self._upper = spec.lower + _INSET, spec.upper - _INSET
        self._top = (1 - _ROUNDING) * spec.velocity
        # A speed V is gathered in V / A and the 2 A / J of the mean, and soonest at the root: more
        # acceleration would only mean more lag.
        acceleration = min(spec.acceleration, math.sqrt(spec.velocity * spec.jerk / 2))
        self._acceleration = (1 - _ROUNDING) * acceleration
        self._step = self._acceleration * dt
        self._length = max(1, math.ceil(2 * self._acceleration / (spec.jerk * dt)))
        self._lead = (self._length - 1) / 2 * dt
        self._twice = 2 * _PLANNED * self._acceleration
        # The knee of the approach. At rates so low that a tick is long, the gain is lower too.
        self._knee = self._twice / 2 / min(_GAIN, 0.5 / dt)

    def reset(self, position: float) -> None:
        """Stand still at `position`, rad."""
        self._x = self._seen = self._goal = self.position = position
        self._v = self.velocity = self.acceleration = self._rest = 0.0
        self._ring = [(position, 0.0)] * self._length
        self._next = 0

    def towards(self, wanted: float, followed: bool) -> float:
        """Return the velocity that meets `wanted`, of which the last is known if `followed`.

        Relative to the goal it is sqrt(2 p e + c^2) - c at the distance e, with c = p / GAIN: from
        it the planned deceleration p stops there, ever more softly.
        """
        # Conditions instead of min and max, whose calls would be half of the time.
        dt, top, lower, upper = self._dt, self._top, self._lower, self._upper
        wanted = lower if wanted < lower else upper if wanted > upper else wanted
        goal, rate = wanted, 0.0
        if followed:
            rate = (wanted - self._seen) / dt
            rate = -top if rate < -top else top if rate > top else rate
            goal += self._lead * rate
            goal = lower if goal < lower else upper if goal > upper else goal
            rate = (goal - self._goal) / dt
            rate = -top if rate < -top else top if rate > top else rate
        self._seen, self._goal = wanted, goal
        error, knee = goal - self._x - rate * dt, self._knee
        speed = math.sqrt(self._twice * abs(error) + knee * knee) - knee
        wish = rate + speed if error > 0 else rate - speed
        return -top if wish < -top else top if wish > top else wish

    def move(self, wanted: float) -> None:
        """Move one tick at the velocity `wanted` (within V), as far as the bounds allow."""
        x, v = self._x, self._v
        if wanted > 0:
            wanted = self._stoppable(wanted, self._upper - x)
        elif wanted < 0:
            wanted = -self._stoppable(-wanted, x - self._lower)
        low, high = v - self._step, v + self._step
        v = low if wanted < low else high if wanted > high else wanted
        self._v, self._x = v, x + v * self._dt
        self._average()

    def _stoppable(self, speed: float, gap: float) -> float:
        """Return `speed`, or the greatest from which the joint stops within `gap`, rad."""
        # More than s(speed), by half a piece at most: mostly the limits are far.
        if speed * (speed / (2 * self._acceleration) + self._dt) <= gap:
            return speed
        if gap <= 0:
            return 0.0
        dt, h = self._dt, self._step
        n = math.floor((math.sqrt(1 + 8 * gap / (h * dt)) - 1) / 2)
        return min(speed, (gap / dt + h * n * (n + 1) / 2) / (n + 1))

    def _average(self) -> None:
        """Put the newest inner point into the ring; update what is given out."""
        n, k = self._length, self._next
        (x, v), self._ring[k] = self._ring[k], (self._x, self._v)
        self._next = k + 1 if k + 1 < n else 0
        if self._next == 0:
            # The exact mean once a round, so that rounding does not pile up over days.
            self.position, self._rest = math.fsum(p for p, _ in self._ring) / n, 0.0
        else:
            # What the addition drops is kept (Kahan), or a long round ends in a jump.
            change = (self._x - x) / n + self._rest
            before, self.position = self.position, self.position + change
            self._rest = change - (self.position - before)
        self.velocity = (self._x - x) / (n * self._dt)
        self.acceleration = (self._v - v) / (n * self._dt)
