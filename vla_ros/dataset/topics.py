"""What is recorded, into which folder, and what became of it."""

from dataclasses import dataclass, replace
from pathlib import Path
import re
import shutil

import yaml

from vla_ros.dataset.jpeg import COMPRESSED_TYPE
from vla_ros.dataset.schema import SchemaError, definition


@dataclass(frozen=True)
class Topic:
    """A topic to record; the definition of its type is looked up when not given."""

    name: str  # as it shall stand in the bag, e.g. '/camera/front/image_raw'
    type: str  # e.g. 'sensor_msgs/msg/Image'
    jpeg: bool = False  # store an Image as '<name>/compressed'
    qos: str = ''  # offered QoS as rosbag2's YAML list; '' = players choose
    definition: str = ''  # ros2msg text with dependencies


@dataclass(frozen=True)
class Stats:
    """What became of the messages."""

    received: int = 0  # by write()
    written: int = 0  # in complete chunks on disk
    dropped: int = 0  # queue full, recording stopped, or not convertible
    bytes: int = 0  # of the file's data section


def check_space(folder: Path, least: int) -> None:
    """Refuse a nearly full disk.

    Raises:
        OSError: fewer than `least` bytes are free; the message says how many.
    """
    free = shutil.disk_usage(folder).free
    if free < least:
        raise OSError(
            f'{free / 1e6:.0f} MB free on the disk of {folder}, {least / 1e6:.0f} MB needed'
        )


def offered_qos(depth: int, reliable: bool, latched: bool) -> str:
    """Return `Topic.qos` for a publisher's profile, so that a player offers the same."""
    time = {'sec': 0, 'nsec': 0}  # unlimited, as rosbag2 writes it
    profile = {
        'history': 'keep_last',
        'depth': depth,
        'reliability': 'reliable' if reliable else 'best_effort',
        'durability': 'transient_local' if latched else 'volatile',
        'deadline': dict(time),
        'lifespan': dict(time),
        'liveliness': 'automatic',
        'liveliness_lease_duration': dict(time),
        'avoid_ros_namespace_conventions': False,
    }
    return yaml.safe_dump([profile], sort_keys=False)


def episode_folder(root: Path, episode_id: str) -> Path:
    """Return the next free `episode_<number>_<id>` under `root`."""
    taken = [re.match(r'episode_(\d+)_', path.name) for path in root.glob('episode_*')]
    number = max((int(match[1]) for match in taken if match), default=-1) + 1
    safe = re.sub(r'[^A-Za-z0-9.-]+', '-', episode_id).strip('-.')[:60] or 'unnamed'
    return root / f'episode_{number:04d}_{safe}'


def completed(topic: Topic) -> Topic:
    """Return the topic with the definition of what will be stored."""
    if topic.jpeg and topic.type != 'sensor_msgs/msg/Image':
        raise SchemaError(f'{topic.name}: only sensor_msgs/msg/Image can become JPEG')
    stored = COMPRESSED_TYPE if topic.jpeg else topic.type
    text = topic.definition or definition(stored)
    return replace(topic, definition=text)


def has_header(topic: Topic) -> bool:
    """Whether the type's first field is a std_msgs/Header."""
    for line in topic.definition.splitlines():
        kind, _, rest = line.partition('#')[0].strip().partition(' ')
        if kind and '=' not in rest:  # constants are not on the wire
            return kind in ('std_msgs/Header', 'std_msgs/msg/Header')
    return False
