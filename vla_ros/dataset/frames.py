"""Frames: the observations that a policy had, made again of a bag.

The messages of the bag go, in the order in which they came, through the very functions that take
them in a node (`observe.feed`), so a frame is what a node made of the same messages: stamps and
states exactly, images but for their JPEG compression. No ROS is needed.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from vla_ros.core.data import Image, Observation
from vla_ros.core.message_codec import ConvertError, from_time
from vla_ros.dataset.bag_reader import bag_file, read_messages
from vla_ros.dataset.jpeg import decode
from vla_ros.observe.align import AlignConfig
from vla_ros.observe.feed import EPISODE, Feed, Source
from vla_ros.observe.image import ImageShape
from vla_ros.observe.messages import image_from_msg
from vla_ros.observe.past import NOW
from vla_ros.robots.robot import Robot


def read_frames(
    path: str | Path,
    robot: Robot,
    images: Sequence[ImageShape],
    config: AlignConfig | None = None,
    history: Sequence[float] = NOW,
    wrench: bool = True,
) -> Iterator[Observation]:
    """Yield one observation for each moment of which every camera has an image.

    Args:
        path: a bag's folder or its .mcap file.
        robot: that was recorded, with its cameras.
        images: which cameras, and what a policy wants of each; `Features.images` has them.
        config: of the alignment; that of the nodes when None.
        history: the times that a policy looks at, s before an observation; `Features.history`.
        wrench: whether states have the wrenches that were recorded; a node hears of them where
            `Features.feels`.

    Raises:
        ReadError: no bag there, or a damaged one (`recover_folder` repairs those).
        ConfigError: the robot has no such camera.
    """
    feed = Feed(robot, images, config, image_of, history, wrench)
    sources: dict[str, list[Source]] = {}
    for source in feed.sources:
        sources.setdefault(source.topic, []).append(source)
    for said in read_messages(bag_file(path)):
        if said.topic == EPISODE:
            feed.take_event(said.message)
        for source in sources.get(said.topic, ()):
            refused = source.take(said.message, said.time)
            if source.kind != 'image' or refused or not feed.fresh:
                continue
            observation = feed.observation(said.time)
            if observation is not None:
                yield observation


def image_of(message: Any) -> tuple[int, Image]:
    """Return stamp (ns) and RGB image (H, W, 3) of an Image or a CompressedImage.

    Raises:
        ConvertError: it cannot be decoded, or is of an encoding that is no picture.
    """
    if not hasattr(message, 'format'):
        return image_from_msg(message)
    try:
        return from_time(message.header.stamp), decode(bytes(message.data))
    except ValueError as error:
        raise ConvertError(f'image.data: cannot be decoded: {error}') from error
