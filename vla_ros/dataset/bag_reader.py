"""The messages of a bag, decoded, with topics as the stack names them: relative to its namespace.

Decoded messages have the attributes of ROS messages, so what reads those reads these.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from mcap.exceptions import McapError
from mcap.reader import McapReader, make_reader
from mcap_ros2.decoder import DecoderFactory

from vla_ros.dataset.jpeg import COMPRESSED_TYPE


# Types of topics that have one place in the stack: the namespace is what they are under.
_ANCHORS = tuple(f'vla_ros_msgs/msg/{name}' for name in ('EpisodeEvent', 'ExecutionStatus'))
_COMPRESSED = '/compressed'


class ReadError(ValueError):
    """The bag cannot be read; the message names the file."""


class Said(NamedTuple):
    """One message."""

    topic: str  # relative to the namespace, without the '/compressed' of an image
    name: str  # as it stands in the bag
    type: str
    message: Any
    time: int  # ns, when it came to the recorder


def bag_file(path: str | Path) -> Path:
    """Return the .mcap file of a bag: its folder or the file itself; raises ReadError."""
    path = Path(path)
    if path.is_file():
        return path
    files = sorted(path.glob('*.mcap'))
    if len(files) != 1:
        raise ReadError(f'{path}: expected one .mcap file, found {len(files)}')
    return files[0]


def read_metadata(file: Path) -> dict[str, str]:
    """Return what the recorder noted of the episode; raises ReadError."""
    try:
        with file.open('rb') as stream:
            metadata = make_reader(stream).iter_metadata()
            return {k: v for record in metadata for k, v in record.metadata.items()}
    except (OSError, McapError, ValueError) as error:
        raise ReadError(f'{file}: cannot be read: {error}') from error


def read_messages(file: Path) -> Iterator[Said]:
    """Yield every message in the order in which they came.

    Raises:
        ReadError: the file is damaged (`recover_folder` repairs those).
    """
    try:
        with file.open('rb') as stream:
            reader = make_reader(stream, decoder_factories=[DecoderFactory()])
            space = _namespace(reader)
            for schema, channel, record, message in reader.iter_decoded_messages():
                kind = schema.name if schema else ''
                topic = _relative(channel.topic, space)
                if kind == COMPRESSED_TYPE:
                    topic = topic.removesuffix(_COMPRESSED)
                yield Said(topic, channel.topic, kind, message, record.log_time)
    except (OSError, McapError, ValueError) as error:
        raise ReadError(f'{file}: cannot be read: {error}') from error


def limb_of(topic: str) -> str:
    """Return the limb in a relative topic, e.g. 'left' of 'left/commanded_state'; or ''."""
    return topic.rpartition('/')[0]


def _namespace(reader: McapReader) -> str:
    """Return what stands before the stack's topics, e.g. '/robot1/'; '/' without a namespace."""
    summary = reader.get_summary()
    if summary is None:
        return '/'
    kinds = {key: schema.name for key, schema in summary.schemas.items()}
    found = [
        channel.topic.rpartition('/')[0]
        for channel in summary.channels.values()
        if kinds.get(channel.schema_id) in _ANCHORS
    ]
    return min(found, key=len, default='') + '/'


def _relative(topic: str, space: str) -> str:
    """Return a topic as the robot's file has it; one of another namespace stays absolute."""
    return topic.removeprefix(space) if topic.startswith(space) else topic
