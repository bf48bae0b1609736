"""Aligner: the newest images and the robot state nearest to them, as one Observation."""

from bisect import bisect_left
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from vla_ros.config import require
from vla_ros.data import SECOND, Image, Observation, Pose, RobotState
from vla_ros.geometry import quat_from_matrix
from vla_ros.observe.image import resize_area
from vla_ros.observe.joints import Joints
from vla_ros.observe.watch import CameraWatch
from vla_ros.robots.model import RobotModel
from vla_ros.robots.spec import RobotSpec


_KEPT = 400  # samples, 2 s of joint_states at 200 Hz


@dataclass(frozen=True)
class AlignConfig:
    """How far apart in time the parts of an observation may be."""

    image_skew: float = 0.02  # s between the newest and the oldest image of one observation
    state_skew: float = 0.05  # s between the newest image and the state
    silent_after: float = 0.5  # s without an image after which a camera is called silent
    frozen_motion: float = 0.1  # rad that a joint may move while a picture stays the same

    def __post_init__(self) -> None:
        for name in ('image_skew', 'state_skew', 'silent_after', 'frozen_motion'):
            require(getattr(self, name) > 0, f'{name}: expected a positive number')


class Aligner:
    """Collects what arrives and gives out observations. One caller at a time.

    Times called `now` are of the stamps' clock, ns.
    """

    def __init__(
        self,
        spec: RobotSpec,
        cameras: Sequence[str],
        image_size: int,
        config: AlignConfig | None = None,
    ) -> None:
        """Align `cameras` of a robot into square images of `image_size` px."""
        self.config = config or AlignConfig()
        self._size = image_size
        self._model = RobotModel(spec)
        self._watches = {
            name: CameraWatch(
                spec.camera(name), self.config.silent_after, self.config.frozen_motion
            )
            for name in cameras
        }
        self._images: dict[str, tuple[int, Image]] = {}
        self._complete: dict[str, tuple[int, Image]] = {}
        self._joints: deque[Joints] = deque(maxlen=_KEPT)
        self._commands: deque[tuple[int, Pose, float]] = deque(maxlen=_KEPT)
        self._last: Observation | None = None

    def offer_image(self, name: str, stamp: int, image: Image, now: int) -> str:
        """Take an image; return why it is refused, or ''."""
        position = self._joints[-1].position if self._joints else None
        cause = self._watches[name].offer(stamp, image, now, position)
        if not cause:
            self._images[name] = (stamp, resize_area(image, self._size, self._size))
            # Kept whole: between the arrivals of one camera and the next, the newest images are
            # of different moments.
            if len(self._images) == len(self._watches) and self._skew() <= self.config.image_skew:
                self._complete = dict(self._images)
        return cause

    def offer_joints(self, joints: Joints) -> str:
        """Take a sample of the arm; return why it is refused, or ''."""
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

    @property
    def fresh(self) -> bool:
        """Whether there are images newer than those of the last observation given out."""
        return _newest(self._complete) > (0 if self._last is None else self._last.stamp)

    def problem(self, now: int) -> str:
        """Return in words what keeps observations from being made at `now`, or ''."""
        for watch in self._watches.values():
            if words := watch.problem(now):
                return words
        stamp = _newest(self._complete)
        behind = (_newest(self._images) - stamp) / SECOND
        if not self._complete or behind > self.config.silent_after:
            return f'cameras: images are {self._skew():.3f} s apart, expected less'
        return self._state_problem(stamp)

    def observation(self, instruction: str, now: int) -> Observation | None:
        """Return the newest observation, or None; `problem` says why."""
        if self.problem(now):
            return None
        stamp = _newest(self._complete)
        last = self._last
        if last is None or last.stamp != stamp or last.instruction != instruction:
            images = {name: image for name, (_, image) in self._complete.items()}
            self._last = Observation(stamp, images, self._state(stamp), instruction)
        return self._last

    def _skew(self) -> float:
        """Return the time between the newest and the oldest of the newest images, s."""
        stamps = [stamp for stamp, _ in self._images.values()]
        return (max(stamps) - min(stamps)) / SECOND

    def _state_problem(self, stamp: int) -> str:
        for what, times in (
            ('joint_states', [j.stamp for j in self._joints]),
            ('commanded_state', [c[0] for c in self._commands]),
        ):
            if not times:
                return f'{what}: nothing received yet'
            skew = abs(times[_nearest(times, stamp)] - stamp) / SECOND
            if skew > self.config.state_skew:
                return f'{what}: nearest sample is {skew:.3f} s away from the newest image'
        return ''

    def _state(self, stamp: int) -> RobotState:
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


def _newest(images: dict[str, tuple[int, Image]]) -> int:
    return max((stamp for stamp, _ in images.values()), default=0)


def _nearest(times: list[int], stamp: int) -> int:
    """Return the index of the time nearest to `stamp`; times ascend."""
    i = bisect_left(times, stamp)
    if i == 0:
        return 0
    if i == len(times):
        return i - 1
    return i if times[i] - stamp < stamp - times[i - 1] else i - 1
