"""Feed: every topic that observations are made of, and what each message does to an Aligner.

Nodes subscribe to the topics, the reader of bags plays them back: both give the same messages to
the same functions, so a frame from a bag is the frame that a policy saw.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from vla_ros.core.data import Image, Observation
from vla_ros.core.message_codec import ConvertError
from vla_ros.core.messages import commanded_state_from_msg, event_from_msg
from vla_ros.observe.align import AlignConfig, Aligner
from vla_ros.observe.image import ImageShape
from vla_ros.observe.joint_reader import JointReader
from vla_ros.observe.joints import JointMap
from vla_ros.observe.messages import (
    commanded_joints_from_msg,
    commanded_twist_from_msg,
    image_from_msg,
    odometry_from_msg,
    wrench_from_msg,
)
from vla_ros.observe.past import NOW
from vla_ros.robots.joint_group import JointGroupSpec
from vla_ros.robots.loading import named_limbs
from vla_ros.robots.mobile_base import MobileBaseSpec
from vla_ros.robots.robot import LimbSpec, Robot
from vla_ros.robots.spec import ArmSpec


EPISODE = 'episode'  # the topic of EpisodeEvents

ReadImage = Callable[[Any], tuple[int, Image]]


@dataclass(frozen=True)
class Source:
    """A topic, and what is done with its messages."""

    topic: str  # relative name, as the robot's file has it
    # joint_states, odom, commanded_state, commanded_joints, commanded_twist, external_wrench or
    # image.
    kind: str
    offer: Callable[[Any, int], str]  # message, now (ns) -> why it is refused, or ''

    def take(self, message: Any, now: int) -> str:
        """Take a message that came at `now` (ns); return why it is refused, or ''."""
        try:
            return self.offer(message, now)
        except ConvertError as error:
            return str(error)


def limb_sources(
    aligner: Aligner, index: int, name: str, spec: LimbSpec, wrench: bool = False
) -> Iterator[Source]:
    """Yield what is heard of limb number `index`, called `name` in topics ('': an only one).

    `wrench`: also that on the tcp, of an arm that feels it.
    """
    prefix = f'{name}/' if name else ''
    if isinstance(spec, MobileBaseSpec):
        yield from _base_sources(aligner, index, prefix, spec)
        return
    yield from _joint_sources(aligner, index, spec)
    if isinstance(spec, JointGroupSpec):
        own = JointMap(spec)
        yield Source(
            f'{prefix}commanded_joints',
            'commanded_joints',
            lambda m, now: aligner.offer_numbers(*commanded_joints_from_msg(m, own), index),
        )
    else:
        yield from _arm_sources(aligner, index, prefix, spec, wrench)


def _arm_sources(
    aligner: Aligner, index: int, prefix: str, spec: ArmSpec, wrench: bool
) -> Iterator[Source]:
    def commanded(message: Any, now: int) -> str:
        command = commanded_state_from_msg(message)
        if (count := len(command.joint_position)) not in (0, spec.n):
            return f'commanded_state.joint_position: expected {spec.n} numbers, got {count}'
        return aligner.offer_command(command, index)

    yield Source(f'{prefix}commanded_state', 'commanded_state', commanded)
    if wrench and spec.feels:
        yield Source(
            f'{prefix}external_wrench',
            'external_wrench',
            lambda m, now: aligner.offer_wrench(*wrench_from_msg(m, spec), index),
        )


def _base_sources(
    aligner: Aligner, index: int, prefix: str, spec: MobileBaseSpec
) -> Iterator[Source]:
    yield Source(
        spec.driver.odom,
        'odom',
        lambda m, now: aligner.offer_odom(*odometry_from_msg(m, spec), index),
    )
    yield Source(
        f'{prefix}commanded_twist',
        'commanded_twist',
        lambda m, now: aligner.offer_numbers(*commanded_twist_from_msg(m, spec), index),
    )


def _joint_sources(
    aligner: Aligner, index: int, spec: ArmSpec | JointGroupSpec
) -> Iterator[Source]:
    reader = JointReader(spec)

    def joints(message: Any, now: int) -> str:
        sample, old = reader.joints(message)
        return old or aligner.offer_joints(sample, index)

    def fingers(message: Any, now: int) -> str:
        reader.fingers(message)
        return ''

    yield Source(spec.driver.joint_states, 'joint_states', joints)
    if isinstance(spec, ArmSpec) and spec.driver.gripper_separate:
        yield Source(spec.driver.gripper_states, 'joint_states', fingers)


def image_source(
    aligner: Aligner, name: str, topic: str, read: ReadImage = image_from_msg
) -> Source:
    """Return what is heard of a camera, whose messages `read` makes a stamp and an image of."""

    def offer(message: Any, now: int) -> str:
        try:
            stamp, image = read(message)
        except ConvertError as error:
            return f'camera {name}: {error}'
        return aligner.offer_image(name, stamp, image, now)

    return Source(topic, 'image', offer)


class Feed:
    """An Aligner behind its topics, and the episode that is going on.

    Attributes:
        sources: the topics of cameras and limbs; `episode` is heard of by `take_event`.
        episode_id, instruction: of the episode; both '' when there is none.
        begun: when it began, or the last one ended, ns.
    """

    def __init__(
        self,
        spec: Robot,
        images: Sequence[ImageShape],
        config: AlignConfig | None = None,
        read: ReadImage = image_from_msg,
        history: Sequence[float] = NOW,
        wrench: bool = False,
    ) -> None:
        """Begin with nothing heard of; the arguments are those of `Aligner` and `limb_sources`."""
        self.episode_id = self.instruction = ''
        self.begun = 0
        self._aligner = aligner = Aligner(spec, images, config, history)
        names = [image.camera for image in images]
        cameras = [image_source(aligner, name, spec.camera(name).topic, read) for name in names]
        limbs = [
            source
            for i, (name, limb) in enumerate(named_limbs(spec))
            for source in limb_sources(aligner, i, name, limb, wrench)
        ]
        self.sources = (*cameras, *limbs)

    @property
    def fresh(self) -> bool:
        """Whether there are images newer than those of the last observation given out."""
        return self._aligner.fresh

    def take_event(self, message: Any) -> None:
        """Take an EpisodeEvent of the topic `episode`."""
        event = event_from_msg(message)
        begins = event.event == 'start'
        self.episode_id = event.episode_id if begins else ''
        self.instruction = event.instruction if begins else ''
        self.begun = event.stamp

    def observation(self, now: int) -> Observation | None:
        """Return the newest observation at `now` (ns), or None; `problem` says why."""
        observation = self._aligner.observation(self.instruction, now, self.begun)
        # A picture from before the episode may show another scene; its chunk would be refused.
        return observation if observation and observation.stamp >= self.begun else None

    def problem(self, now: int) -> str:
        """Return in words what keeps observations from being made at `now` (ns), or ''."""
        return self._aligner.problem(now)
