"""Aligner: the newest images and the robot state nearest to them, as one Observation."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from vla_ros.core.config import require
from vla_ros.core.data import SECOND, Array, BodyState, Image, Observation, RobotState
from vla_ros.core.events import CommandedState
from vla_ros.observe.history import ArmHistory, make_history
from vla_ros.observe.image import ImageError, ImageShape, fit_image
from vla_ros.observe.joints import Joints
from vla_ros.observe.past import NOW, kept, past
from vla_ros.observe.stamped import Stamped
from vla_ros.observe.watch import CameraWatch
from vla_ros.robots.mount import carriers
from vla_ros.robots.robot import Robot
from vla_ros.robots.spec import CameraSpec


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
        spec: Robot,
        images: Sequence[ImageShape],
        config: AlignConfig | None = None,
        history: Sequence[float] = NOW,
    ) -> None:
        """Align cameras of a robot into images as a policy wants them.

        `history` are the times that it looks at, s before an observation.

        Raises:
            ValueError: no image is wanted: observations are stamped by pictures.
        """
        require(bool(images), 'images: expected one or more, for pictures stamp observations')
        self.config = config or AlignConfig()
        self._wanted = {image.camera: image for image in images}
        self._history, long = tuple(history), kept(history)
        self._limbs = tuple(make_history(limb, long) for limb in spec.limbs)
        self._pictures: dict[str, Stamped[Image]] = {
            image.camera: Stamped(f'camera {image.camera}', long)
            for image in images
            if image.history and len(self._history) > 1
        }
        self._watches = {
            name: CameraWatch(
                spec.camera(name), self.config.silent_after, self.config.frozen_motion
            )
            for name in self._wanted
        }
        self._shows = {name: _shows(spec, spec.camera(name)) for name in self._wanted}
        self._images: dict[str, tuple[int, Image]] = {}
        self._complete: dict[str, tuple[int, Image]] = {}
        self._last: Observation | None = None
        self._last_since = 0  # ns

    def offer_image(self, name: str, stamp: int, image: Image, now: int) -> str:
        """Take an image; return why it is refused, or ''."""
        cause = self._watches[name].offer(stamp, image, now, self._shown(name))
        if not cause:
            try:
                fitted = fit_image(image, self._wanted[name])
            except ImageError as error:
                return f'camera {name}: {error}'
            self._images[name] = (stamp, fitted)
            if name in self._pictures:
                self._pictures[name].offer(stamp, fitted)
            # Kept whole: between the arrivals of one camera and the next, the newest images are
            # of different moments.
            if len(self._images) == len(self._watches) and self._skew() <= self.config.image_skew:
                self._complete = dict(self._images)
        return cause

    def offer_joints(self, joints: Joints, limb: int = 0) -> str:
        """Take a sample of an arm or a joint group; return why it is refused, or ''."""
        return self._limbs[limb].measured.offer(joints.stamp, joints)

    def offer_command(self, command: CommandedState, limb: int = 0) -> str:
        """Take what an arm is commanded; return why it is refused, or ''."""
        return self._limbs[limb].commanded.offer(command.stamp, command)

    def offer_wrench(self, stamp: int, wrench: Array, limb: int = 0) -> str:
        """Take the wrench (6,) N, Nm on an arm's tcp, base axes; return a cause or ''."""
        own = self._limbs[limb]
        assert isinstance(own, ArmHistory)  # it is heard of with arms only
        return own.wrench.offer(stamp, wrench)

    def offer_odom(self, stamp: int, pose: Array, twist: Array, limb: int) -> str:
        """Take a base's pose and twist (3,), as in MobileBaseState; return a cause or ''."""
        return self._limbs[limb].measured.offer(stamp, (pose, twist))

    def offer_numbers(self, stamp: int, commanded: Array, limb: int) -> str:
        """Take what a joint group or a base is commanded, (width,); return why it is refused."""
        return self._limbs[limb].commanded.offer(stamp, commanded)

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

    def observation(self, instruction: str, now: int, since: int = 0) -> Observation | None:
        """Return the newest observation, or None; `problem` says why.

        `since` is when the episode began, ns: its past is of it alone.
        """
        if self.problem(now):
            return None
        stamp = _newest(self._complete)
        last = self._last
        known = (stamp, instruction, since)
        if last is None or (last.stamp, last.instruction, self._last_since) != known:
            images = {name: image for name, (_, image) in self._complete.items()}
            before = past(
                self._history, stamp, since, lambda then: self._state(then, since), self._pictures
            )
            self._last = Observation(stamp, images, self._state(stamp), instruction, before)
            self._last_since = since
        return self._last

    def _shown(self, name: str) -> Array | None:
        """Return the joints whose motion a camera must show (n,), rad; None while not known."""
        parts = [(self._limbs[limb].position, own) for limb, own in self._shows[name].items()]
        known = [position[own] for position, own in parts if position is not None]
        return np.concatenate(known) if len(known) == len(parts) else None

    def _skew(self) -> float:
        """Return the time between the newest and the oldest of the newest images, s."""
        stamps = [stamp for stamp, _ in self._images.values()]
        return (max(stamps) - min(stamps)) / SECOND

    def _state_problem(self, stamp: int) -> str:
        for limb in self._limbs:
            if cause := limb.problem(stamp, self.config.state_skew):
                return cause if len(self._limbs) == 1 else f'{limb.name}: {cause}'
        return ''

    def _state(self, stamp: int, since: int = 0) -> RobotState | BodyState:
        states = tuple(limb.state(stamp, since) for limb in self._limbs)
        if len(states) == 1 and isinstance(states[0], RobotState):
            return states[0]
        return BodyState(stamp, states)


def _shows(robot: Robot, camera: CameraSpec) -> dict[int, list[int]]:
    """Return the limbs whose motion changes a camera's picture, each with its joints that do.

    Those that carry it; of a camera that none carries, the arms. A base is none of them: over a
    plain floor every picture is like the one before.
    """
    carrying = carriers(robot, camera.frame)
    joints = {i: own for i, own in carrying.items() if robot.limbs[i].kind != 'mobile_base'}
    return joints or {i: list(range(arm.n)) for i, arm in enumerate(robot.arms)}


def _newest(images: dict[str, tuple[int, Image]]) -> int:
    return max((stamp for stamp, _ in images.values()), default=0)
