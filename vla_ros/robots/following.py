"""How far a limb may be from what it was sent before the robot is held; see docs/control.md."""

from dataclasses import dataclass

from vla_ros.core.config import require


@dataclass(frozen=True)
class JointFollowing:
    """How far an arm or a joint group may be from what it was sent before the robot is held.

    Not judged under efforts: an arm there is drawn by a spring, whose force has bounds.
    """

    lag: float = 0.1  # s by which the robot may follow late, its servo and the way there and back
    error: float = 0.1  # rad of each joint, beyond that lag
    position: float = 0.1  # m of the tcp in place of the joints, where poses are sent
    rotation: float = 0.5  # rad, likewise
    after: float = 0.2  # s beyond a bound; less in the proportion in which it is exceeded

    def __post_init__(self) -> None:
        _check_following(self.lag, self.after)
        # Above what an arm that holds may give way by without being re-synchronised.
        require(0.05 < self.error <= 3, 'following.error: expected 0.05..3 rad')
        require(0.01 <= self.position <= 1, 'following.position: expected 0.01..1 m')
        require(0.05 <= self.rotation <= 3, 'following.rotation: expected 0.05..3 rad')


@dataclass(frozen=True)
class BaseFollowing:
    """How far the twist of a mobile base may be from the one it was sent, likewise."""

    lag: float = 0.3  # s by which the base may follow late
    linear: float = 0.1  # m/s, beyond that lag
    angular: float = 0.25  # rad/s, likewise
    after: float = 0.5  # s beyond a bound; less in the proportion in which it is exceeded

    def __post_init__(self) -> None:
        _check_following(self.lag, self.after)
        require(0.01 <= self.linear <= 5, 'following.linear: expected 0.01..5 m/s')
        require(0.01 <= self.angular <= 5, 'following.angular: expected 0.01..5 rad/s')


def _check_following(lag: float, after: float) -> None:
    """Raise ValueError for times that would never or always tell a robot that does not follow."""
    require(0 <= lag <= 2, f'following.lag: expected 0..2 s, got {lag}')
    require(0 < after <= 5, f'following.after: expected 0..5 s, got {after}')
