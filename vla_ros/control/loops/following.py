"""FollowingMonitor: whether a limb does what it is sent."""

from collections.abc import Sequence
import math

from vla_ros.core.data import Array
from vla_ros.robots.following import BaseFollowing, JointFollowing


class FollowingMonitor:
    """Compares what was measured with what was commanded, number by number.

    A robot follows late, and nobody knows how late exactly. So whatever lies between the command
    and the same command behind a first-order lag counts as followed; the following error is the
    distance from that range. The longer and the further it is out of bounds, the surer: it counts
    as disobedience once the time beyond the bound, each moment times how many bounds away it is,
    exceeds `after`. A command that runs away fast is so stopped sooner.

    Attributes:
        beyond: whether a number was out of its bounds in the newest measurement.
    """

    def __init__(
        self,
        names: Sequence[str],
        units: Sequence[str],
        bounds: Sequence[float],
        following: JointFollowing | BaseFollowing,
        rate: float,
    ) -> None:
        """Begin with nothing known.

        Args:
            names: of the numbers, for people.
            units: likewise.
            bounds: greatest following error of each, in its unit.
            following: the lag and the time that are allowed for.
            rate: measurements per second, Hz.
        """
        self._names, self._units, self._bounds = tuple(names), tuple(units), tuple(bounds)
        self._share = 1 / (1 + following.lag * rate)
        self._dt, self._after = 1 / rate, following.after
        self._late: list[float] = []
        self._over = [0.0] * len(self._names)
        self.beyond = False

    def reset(self) -> None:
        """Begin anew: the limb was taken up where it is."""
        self._late = []
        self._over = [0.0] * len(self._names)
        self.beyond = False

    def judge(self, commanded: Array, measured: Array) -> str:
        """Return '' or in which number (n,) the limb does not follow, with the figures."""
        sent, seen = commanded.tolist(), measured.tolist()
        self.beyond = False
        if not math.isfinite(sum(sent)):
            return ''  # nothing was commanded
        late, over, share = self._late or sent.copy(), self._over, self._share
        self._late = late
        worst = -1
        for i, bound in enumerate(self._bounds):
            now, here = sent[i], seen[i]
            then = late[i] = late[i] + share * (now - late[i])
            low, high = (now, then) if now < then else (then, now)
            error = low - here if here < low else here - high
            if error <= bound:
                over[i] = 0.0
                continue
            self.beyond = True
            over[i] += self._dt * error / bound
            if over[i] >= self._after:
                worst = i
        return '' if worst < 0 else self._words(worst, sent[worst], seen[worst])

    def _words(self, i: int, sent: float, seen: float) -> str:
        unit = self._units[i]
        return (
            f'{self._names[i]} does not follow: commanded {sent:.3f} {unit}, measured '
            f'{seen:.3f} {unit}, expected within {self._bounds[i]:g} {unit}; '
            'is the robot stopped, paused, slowed down, or its controller inactive?'
        )


def joint_monitor(
    names: Sequence[str], following: JointFollowing, rate: float
) -> FollowingMonitor:
    """Return the monitor of joint positions (n,) rad."""
    count = len(names)
    return FollowingMonitor(names, ['rad'] * count, [following.error] * count, following, rate)


def pose_monitor(limb: str, following: JointFollowing, rate: float) -> FollowingMonitor:
    """Return the monitor of a tcp: (6,) its position, m, and by how much it is turned, rad."""
    names = [f'{limb}: {axis} of the tcp' for axis in 'xyz']
    names += [f'{limb}: turn of the tcp about {axis}' for axis in 'xyz']
    bounds = [following.position] * 3 + [following.rotation] * 3
    return FollowingMonitor(names, ['m'] * 3 + ['rad'] * 3, bounds, following, rate)


def base_monitor(limb: str, following: BaseFollowing, rate: float) -> FollowingMonitor:
    """Return the monitor of a twist (3,) m/s, m/s, rad/s."""
    names = [f'{limb}: {axis}' for axis in ('vx', 'vy', 'wz')]
    bounds = [following.linear, following.linear, following.angular]
    return FollowingMonitor(names, ['m/s', 'm/s', 'rad/s'], bounds, following, rate)
