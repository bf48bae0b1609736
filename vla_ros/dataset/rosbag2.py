"""metadata.yaml, so that `ros2 bag play` and rosbags take the folder as a rosbag2 bag."""

from pathlib import Path
from typing import Any

from mcap.records import Channel
import yaml

from vla_ros.dataset.summary import Summary


FILE = 'metadata.yaml'
_VERSION = 9  # of the format, as ROS 2 Jazzy writes it


def write_metadata(bag: Path, summary: Summary) -> None:
    """Write metadata.yaml beside `bag`, atomically.

    Raises:
        OSError: the folder cannot be written.
    """
    path = bag.parent / FILE
    temporary = path.with_suffix('.part')
    text = yaml.dump(_tree(bag.name, summary), sort_keys=False, Dumper=yaml.CSafeDumper)
    temporary.write_text(text, encoding='utf-8')
    temporary.replace(path)


def _tree(name: str, summary: Summary) -> dict[str, Any]:
    # Two dicts each, because YAML would write one dict that is used twice as an alias.
    starts = [{'nanoseconds_since_epoch': summary.start} for _ in range(2)]
    durations = [{'nanoseconds': max(summary.end - summary.start, 0)} for _ in range(2)]
    information = {
        'version': _VERSION,
        'storage_identifier': 'mcap',
        'duration': durations[0],
        'starting_time': starts[0],
        'message_count': summary.messages,
        'topics_with_message_count': [_topic(c, summary) for c in summary.channels.values()],
        'compression_format': '',
        'compression_mode': '',
        'relative_file_paths': [name],
        'files': [
            {
                'path': name,
                'starting_time': starts[1],
                'duration': durations[1],
                'message_count': summary.messages,
            }
        ],
        'custom_data': None,
        'ros_distro': 'jazzy',
    }
    return {'rosbag2_bagfile_information': information}


def _topic(channel: Channel, summary: Summary) -> dict[str, Any]:
    qos = channel.metadata.get('offered_qos_profiles') or '[]'
    return {
        'topic_metadata': {
            'name': channel.topic,
            'type': summary.schemas[channel.schema_id].name,
            'serialization_format': 'cdr',
            'offered_qos_profiles': yaml.safe_load(qos),
            'type_description_hash': channel.metadata.get('topic_type_hash', ''),
        },
        'message_count': summary.counts[channel.id],
    }
