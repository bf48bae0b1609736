"""JumpDetector: steps from one measurement to the next that no limb can make."""

from collections.abc import Sequence
import math

from vla_ros.core.data import SECOND


# In every cause of a jump: the ROS side then looks for a second publisher.
JUMPED = 'jumped'
# Times the velocity limit that a joint may have moved at from one measurement to the next: more
# than the 1.2 from which the arm holds for its speed, so that a collision is told from a jump.
_FASTER = 1.5
_NOISE = 0.02  # rad or m, of encoders and of joints with play
# s by which a stamp may be off the moment that was measured, on top of the time between stamps.
_JITTER = 0.02
# s by which stamps may be further apart than arrivals: a message that came late, the next in time.
_DELAY = 0.1
# s for which measurements must follow from each other, and how many, until they are believed
# elsewhere: longer than a stream of two publishers, each at 10 Hz or more, follows from itself.
STEADY = 0.5
_SAMPLES = 5


class JumpDetector:
    """Judges whether positions follow from those believed before.

    What does not is not believed. A measurement that follows from the last believed one, and not
    from what came between, is the limb's again: another publisher spoke in between. Where all
    that comes has followed from itself for `STEADY` s, the limb is there: its encoder was set, or
    others have moved it; `settled` tells that it must be taken up there.

    Attributes:
        settled: whether the newest position is the first to be believed after a jump, elsewhere.
    """

    def __init__(
        self, names: Sequence[str], units: Sequence[str], speeds: Sequence[float]
    ) -> None:
        """Judge positions called `names`, of `units`, that move at `speeds` at most, per s."""
        self._names, self._units = tuple(names), tuple(units)
        self._speeds = [_FASTER * speed for speed in speeds]
        self.settled = False
        self._cause = ''
        self._since, self._count = 0, 0  # ns, and number of measurements that follow each other
        self._believed: list[float] | None = None
        self._newest: list[float] = []
        self._believed_stamp = self._believed_came = self._stamp = self._came = 0  # ns

    def forget(self) -> None:
        """Believe the next position wherever it is: the limb is known to be put elsewhere."""
        self._believed = None

    def problem(self, position: list[float], stamp: int, now: int) -> str:
        """Return why `position`, measured at `stamp`, cannot be believed at `now` (ns), or ''.

        The list is kept.
        """
        self.settled = False
        if self._believed is None or now < self._came:  # the time has gone back
            return self._believe(position, stamp, now)
        if stamp == self._stamp and position == self._newest:
            return self._cause
        follows = self._follows(self._newest, position, stamp - self._stamp, now - self._came)
        if not self._cause:
            if follows:
                return self._believe(position, stamp, now)
            self._cause = self._said(position, now)
            self._begin(now)
        elif not follows and self._returns(position, stamp, now):
            return self._believe(position, stamp, now)
        elif not follows:
            self._begin(now)
        else:
            self._count += 1
            if now - self._since >= STEADY * SECOND and self._count >= _SAMPLES:
                self.settled = True
                return self._believe(position, stamp, now)
        self._newest, self._stamp, self._came = position, stamp, now
        return self._cause

    def _believe(self, position: list[float], stamp: int, now: int) -> str:
        self._believed = self._newest = position
        self._believed_stamp = self._stamp = stamp
        self._believed_came = self._came = now
        self._cause = ''
        return ''

    def _begin(self, now: int) -> None:
        """Begin to count measurements that follow each other."""
        self._since, self._count = now, 1

    def _returns(self, position: list[float], stamp: int, now: int) -> bool:
        """Whether the position follows from the last that was believed."""
        assert self._believed is not None
        apart = stamp - self._believed_stamp, now - self._believed_came
        return self._follows(self._believed, position, *apart)

    def _follows(self, last: list[float], position: list[float], apart: int, came: int) -> bool:
        """Whether a limb can have gone from `last` to `position`.

        Args:
            last: the position before.
            position: the position after.
            apart: ns between their stamps, which are not believed if that is longer than
            came: ns between their arrivals, by more than a delay on the way.
        """
        if math.dist(last, position) <= _NOISE:
            return True  # nearly always: one call in C instead of a loop
        seconds = max(came, min(apart, came + int(_DELAY * SECOND))) / SECOND + _JITTER
        for before, after, speed in zip(last, position, self._speeds, strict=True):
            reach = _NOISE + speed * seconds
            if not -reach <= after - before <= reach:
                return False
        return True

    def _said(self, position: list[float], now: int) -> str:
        """Return the cause, by the joint that went furthest for its speed."""
        pairs = zip(self._newest, position, self._speeds, strict=True)
        shares = [abs(after - before) / speed for before, after, speed in pairs]
        i = shares.index(max(shares))
        before, after, unit = self._newest[i], position[i], self._units[i]
        return (
            f'hardware: {self._names[i]} {JUMPED} from {before:.3f} to {after:.3f} {unit} in '
            f'{(now - self._came) / SECOND:.2g} s, its limit is {self._speeds[i] / _FASTER:.3g} '
            f'{unit}/s'
        )
