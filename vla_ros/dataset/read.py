"""Read an episode bag into series over time, without ROS: told apart by topic, limb and type."""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from vla_ros.core.data import ActionChunk, ExecutionStatus, FailureScore, Latent
from vla_ros.core.events import CommandedState, EpisodeEvent
from vla_ros.core.message_codec import ConvertError, from_time
from vla_ros.core.messages import (
    LATENT,
    chunk_from_msg,
    commanded_state_from_msg,
    event_from_msg,
    failure_from_msg,
    status_from_msg,
)
from vla_ros.dataset.bag_reader import (
    ReadError,
    Said,
    bag_file,
    limb_of,
    read_messages,
    read_metadata,
)
from vla_ros.dataset.jpeg import COMPRESSED_TYPE
from vla_ros.dataset.series import Episode, ImageSeries, JointSeries, Series, SimSeries, padded


__all__ = ['ReadError', 'camera_name', 'read_episode']

Rows = list[tuple[Said, Any]]  # a message, and what was read of it
Topics = Mapping[str, Rows]  # by relative topic

_NO_TENSOR = np.zeros(0, np.float32)
_READ: dict[str, Callable[[Any], Any]] = {
    'vla_ros_msgs/msg/ActionChunk': chunk_from_msg,
    'vla_ros_msgs/msg/CommandedState': commanded_state_from_msg,
    'vla_ros_msgs/msg/EpisodeEvent': event_from_msg,
    'vla_ros_msgs/msg/ExecutionStatus': status_from_msg,
    'vla_ros_msgs/msg/FailureStatus': failure_from_msg,
    'vla_ros_msgs/msg/Latent': lambda message: LATENT.read(message, data=_NO_TENSOR),
    'vla_ros_msgs/msg/SimState': lambda message: message,
    'sensor_msgs/msg/JointState': lambda message: message,
    COMPRESSED_TYPE: lambda message: message,
}


def read_episode(path: str | Path) -> Episode:
    """Read a bag: its folder or its .mcap file.

    Messages that a node would refuse are left out and counted in `Episode.refused`.

    Raises:
        ReadError: no bag there, or a damaged one (`recover_folder` repairs those).
    """
    file = bag_file(path)
    found: dict[str, dict[str, Rows]] = {kind: defaultdict(list) for kind in _READ}
    counts, refused = Counter[str](), Counter[str]()
    times = []
    metadata = read_metadata(file)
    for said in read_messages(file):
        counts[said.name] += 1
        times.append(said.time)
        if said.type not in _READ:
            continue
        try:
            found[said.type][said.topic].append((said, _READ[said.type](said.message)))
        except ConvertError:
            refused[said.name] += 1
    start, end = min(times, default=0), max(times, default=0)
    own = {kind.rpartition('/')[2]: topics for kind, topics in found.items()}
    return Episode(
        path=str(file), metadata=metadata, counts=dict(counts), refused=dict(refused),
        start=start, end=end, **_series(own, int(metadata.get('start', 0)), end),
    )  # fmt: skip


def _series(own: Mapping[str, Topics], begin: int, end: int) -> dict[str, Any]:
    """Return the series of an Episode; `own` is by type, `begin` and `end` are in ns."""
    chunks, sim = _only(own['ActionChunk']), _since(begin, _only(own['SimState']))
    joints = {topic: _since(begin, rows) for topic, rows in own['JointState'].items()}
    commanded = {topic: _since(begin, rows) for topic, rows in own['CommandedState'].items()}
    marks = [event for rows in own['EpisodeEvent'].values() for _, event in rows]
    return {
        'images': {
            camera_name(topic): ImageSeries(
                rows[0][0].name, _stamps(rows), [bytes(message.data) for _, message in rows]
            )
            for topic, rows in sorted(own['CompressedImage'].items())
        },
        'joints': {topic: _joints(rows) for topic, rows in joints.items() if rows},
        'commanded': {
            limb_of(topic): Series(CommandedState, [state for _, state in rows])
            for topic, rows in commanded.items()
            if rows
        },
        'chunks': tuple[ActionChunk, ...](chunk for _, chunk in chunks),
        'chunk_arrival': np.array([said.time for said, _ in chunks], np.int64),
        'status': _of(ExecutionStatus, own['ExecutionStatus'], begin),
        'failures': _of(FailureScore, own['FailureStatus'], begin),
        'latents': _of(Latent, own['Latent'], begin),
        'sim': _sim(sim) if sim else None,
        'interventions': _interventions(marks, end),
    }


def camera_name(topic: str) -> str:
    """Return 'front' for '/camera/front/image_raw/compressed'."""
    parts = [p for p in topic.split('/') if p not in ('', 'compressed', 'image_raw', 'image')]
    return parts[-1] if parts else topic


def _only(topics: Topics) -> Rows:
    """Return the messages of the topic of a type that the stack has one of."""
    return topics[min(topics, key=len)] if topics else []


def _of(kind: type, topics: Topics, begin: int) -> Series | None:
    values = [value for _, value in _since(begin, _only(topics))]
    return Series(kind, values) if values else None


def _since(begin: int, rows: Rows) -> Rows:
    """Leave out what was true before the episode: latched messages come first in every bag."""
    return [row for row in rows if from_time(row[0].message.header.stamp) >= begin]


def _stamps(rows: Rows) -> Any:
    return np.array([from_time(said.message.header.stamp) for said, _ in rows], np.int64)


def _joints(rows: Rows) -> JointSeries:
    names = tuple(rows[0][1].name)
    same = [row for row in rows if tuple(row[1].name) == names]
    return JointSeries(names, _stamps(same), padded([m.position for _, m in same]))


def _sim(rows: Rows) -> SimSeries:
    scenes = tuple(message.scene_id for _, message in rows)
    return SimSeries(_stamps(rows), padded([message.qpos for _, message in rows]), scenes)


def _interventions(events: list[EpisodeEvent], last: int) -> tuple[tuple[int, int], ...]:
    """Return when a person had the arm, from and to, ns; an end that is not told is the bag's."""
    spans: list[tuple[int, int]] = []
    for event in events:
        if event.event == 'intervention_start':
            spans.append((event.stamp, last))
        elif event.event == 'intervention_end' and spans:
            spans[-1] = (spans[-1][0], event.stamp)
    return tuple(spans)
