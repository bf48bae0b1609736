"""LimbHistory: what one arm measured and was commanded in the last seconds."""

from bisect import bisect_left
from collections import deque

from vla_ros.data import SECOND, Array, Pose, RobotState
from vla_ros.geometry import quat_from_matrix
from vla_ros.observe.joints import Joints
from vla_ros.robots.model import RobotModel
from vla_ros.robots.spec import RobotSpec


_KEPT = 400  # samples, 2 s of joint_states at 200 Hz


class LimbHistory:
    """The state of an arm at any recent stamp.

    Attributes:
        name: of the arm.
    """

    def __init__(self, spec: RobotSpec) -> None:
        """Begin with nothing known of the arm."""
        self.name = spec.name
        self._model = RobotModel(spec)
        self._joints: deque[Joints] = deque(maxlen=_KEPT)
        self._commands: deque[tuple[int, Pose, float]] = deque(maxlen=_KEPT)

    @property
    def position(self) -> Array | None:
        """Newest joint positions (n,), rad; None before the first."""
        return self._joints[-1].position if self._joints else None

    def offer_joints(self, joints: Joints) -> str:
        """Take a sample of the joints; return why it is refused, or ''."""
        if self._joints:
            last = self._joints[-1]
            if joints.stamp <= last.stamp:
                if last.stamp - joints.stamp < SECOND:
                    return 'joint_states: stamp repeated or older than the last'
                self._joints.clear()  # the clock was set back
        self._joints.append(joints)
        return ''

    def offer_command(self, stamp: int, pose: Pose, gripper: float) -> str:
        """Take the commanded pose and opening (m); return why it is refused, or ''."""
        if self._commands and stamp <= self._commands[-1][0]:
            if self._commands[-1][0] - stamp < SECOND:
                return 'commanded_state: stamp repeated or older than the last'
            self._commands.clear()
        self._commands.append((stamp, pose, gripper))
        return ''

    def problem(self, stamp: int, skew: float) -> str:
        """Return why the state at `stamp` is not known to `skew` s, or ''."""
        for what, times in (
            ('joint_states', [joints.stamp for joints in self._joints]),
            ('commanded_state', [command[0] for command in self._commands]),
        ):
            if not times:
                return f'{what}: nothing received yet'
            away = abs(times[_nearest(times, stamp)] - stamp) / SECOND
            if away > skew:
                return f'{what}: nearest sample is {away:.3f} s away from the newest image'
        return ''

    def state(self, stamp: int) -> RobotState:
        """Return the state nearest to `stamp`; there must be one."""
        joints = self._joints[_nearest([j.stamp for j in self._joints], stamp)]
        _, commanded, opening = self._commands[_nearest([c[0] for c in self._commands], stamp)]
        model = self._model
        model.update(joints.position, joints.velocity)
        return RobotState(
            stamp=joints.stamp,
            position=joints.position,
            velocity=joints.velocity,
            ee=Pose(model.position.copy(), quat_from_matrix(model.rotation)),
            gripper=joints.gripper,
            commanded=commanded,
            commanded_gripper=opening,
        )


def _nearest(times: list[int], stamp: int) -> int:
    """Return the index of the time nearest to `stamp`; times ascend."""
    i = bisect_left(times, stamp)
    if i == 0:
        return 0
    if i == len(times):
        return i - 1
    return i if times[i] - stamp < stamp - times[i - 1] else i - 1
