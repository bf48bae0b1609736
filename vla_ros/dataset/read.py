"""Read an episode bag into arrays, without ROS: messages are told apart by type, not by topic."""

from collections import Counter, defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

from mcap.exceptions import McapError
from mcap.reader import make_reader
from mcap_ros2.decoder import DecoderFactory
import numpy as np

from vla_ros.core.data import SECOND, ActionChunk, Array
from vla_ros.dataset.jpeg import COMPRESSED_TYPE
from vla_ros.dataset.series import (
    Episode,
    FailureSeries,
    ImageSeries,
    JointSeries,
    LatentSeries,
    PoseSeries,
    SimSeries,
    Stamps,
    StatusSeries,
)


Rows = list[tuple[Any, Any]]  # (decoded message, mcap record)

_CHUNK = 'vla_ros_msgs/msg/ActionChunk'
_EVENT = 'vla_ros_msgs/msg/EpisodeEvent'
_POSE = ('position.x', 'position.y', 'position.z') + tuple(f'orientation.{c}' for c in 'xyzw')


class ReadError(ValueError):
    """The bag cannot be read; the message names the file."""


def read_episode(path: str | Path) -> Episode:
    """Read a bag: its folder or its .mcap file.

    Raises:
        ReadError: no bag there, or a damaged one (`recover_folder` repairs those).
    """
    file = _bag_file(Path(path))
    rows: dict[str, Rows] = defaultdict(list)
    images: dict[str, Rows] = defaultdict(list)
    counts: Counter[str] = Counter()
    times = []
    try:
        with file.open('rb') as stream:
            reader = make_reader(stream, decoder_factories=[DecoderFactory()])
            metadata = {k: v for m in reader.iter_metadata() for k, v in m.metadata.items()}
            for schema, channel, record, message in reader.iter_decoded_messages():
                counts[channel.topic] += 1
                times.append(record.log_time)
                name = schema.name if schema else ''
                if channel.topic.rpartition('/')[2].startswith('target_'):
                    continue  # wanted, not measured: a target's type says nothing about it
                (images[channel.topic] if name == COMPRESSED_TYPE else rows[name]).append(
                    (message, record)
                )
    except (OSError, McapError, ValueError) as error:
        raise ReadError(f'{file}: cannot be read: {error}') from error
    begin = int(metadata.get('start', 0))
    chunks = rows.get(_CHUNK, [])
    kept = {kind: _since(begin, some) for kind, some in rows.items()} | {_CHUNK: chunks}
    fields = {f: build(kept[t]) for t, (f, build) in _BUILDERS.items() if kept.get(t)}
    return Episode(
        path=str(file),
        metadata=metadata,
        counts=dict(counts),
        start=min(times, default=0),
        end=max(times, default=0),
        images={camera_name(topic): _images(topic, r) for topic, r in sorted(images.items())},
        interventions=_interventions(rows.get(_EVENT, []), max(times, default=0)),
        chunk_arrival=np.array([record.log_time for _, record in chunks], np.int64),
        **fields,
    )


def camera_name(topic: str) -> str:
    """Return 'front' for '/camera/front/image_raw/compressed'."""
    parts = [p for p in topic.split('/') if p not in ('', 'compressed', 'image_raw', 'image')]
    return parts[-1] if parts else topic


def _since(begin: int, rows: Rows) -> Rows:
    """Leave out what was true before the episode: latched messages come first in every bag."""
    stamped = [row for row in rows if hasattr(row[0], 'header')]
    return [row for row in stamped if nanoseconds(row[0].header.stamp) >= begin]


def _bag_file(path: Path) -> Path:
    if path.is_file():
        return path
    files = sorted(path.glob('*.mcap'))
    if len(files) != 1:
        raise ReadError(f'{path}: expected one .mcap file, found {len(files)}')
    return files[0]


def nanoseconds(time: Any) -> int:
    """Return a builtin_interfaces/Time as nanoseconds."""
    return int(time.sec) * SECOND + int(time.nanosec)


def _stamps(rows: Rows) -> Stamps:
    return np.array([nanoseconds(message.header.stamp) for message, _ in rows], np.int64)


def _column(rows: Rows, name: str, kind: type = float) -> Any:
    return np.array([getattr(message, name) for message, _ in rows], kind)


def _texts(rows: Rows, name: str) -> tuple[str, ...]:
    return tuple(getattr(message, name) for message, _ in rows)


def _poses(rows: Rows, pose: str, gripper: str) -> PoseSeries:
    values = [[_dotted(getattr(message, pose), n) for n in _POSE] for message, _ in rows]
    return PoseSeries(_stamps(rows), np.array(values, float), _column(rows, gripper))


def _dotted(value: Any, name: str) -> float:
    for part in name.split('.'):
        value = getattr(value, part)
    return float(value)


def _images(topic: str, rows: Rows) -> ImageSeries:
    return ImageSeries(topic, _stamps(rows), [bytes(message.data) for message, _ in rows])


def _joints(rows: Rows) -> JointSeries:
    names = tuple(rows[0][0].name)
    same = [row for row in rows if tuple(row[0].name) == names]
    return JointSeries(names, _stamps(same), _matrix([m.position for m, _ in same]))


def _matrix(values: list[Any]) -> Array:
    """Stack equally long rows; shorter ones are padded with NaN."""
    width = max(map(len, values), default=0)
    result = np.full((len(values), width), np.nan)
    for row, value in zip(result, values, strict=True):
        row[: len(value)] = value
    return result


def _status(rows: Rows) -> StatusSeries:
    return StatusSeries(
        stamp=_stamps(rows),
        mode=_column(rows, 'mode', int),
        cause=_texts(rows, 'cause'),
        instruction=_texts(rows, 'instruction'),
        latent_age=_column(rows, 'latent_age'),
        queue_seconds=_column(rows, 'queue_seconds'),
        tick_p50=_column(rows, 'tick_p50'),
        tick_p99=_column(rows, 'tick_p99'),
        deadline_misses=_column(rows, 'deadline_misses', int),
        ticks=_column(rows, 'ticks', int),
        refused_chunks=_column(rows, 'refused_chunks', int),
        commanded=_poses(rows, 'commanded_pose', 'gripper_command'),
        measured=_poses(rows, 'measured_pose', 'gripper_position'),
    )


def _failures(rows: Rows) -> FailureSeries:
    return FailureSeries(
        stamp=_stamps(rows),
        names=tuple(rows[-1][0].score_names),
        values=_matrix([message.score_values for message, _ in rows]),
        p_value=_column(rows, 'p_value'),
        alpha=_column(rows, 'alpha'),
        guarantee=_column(rows, 'guarantee', int),
        alarm=_column(rows, 'alarm', bool),
    )


def _latents(rows: Rows) -> LatentSeries:
    ends = np.array([nanoseconds(message.inference_end) for message, _ in rows], np.int64)
    texts = (_texts(rows, name) for name in ('instruction', 'subgoal', 'refusal'))
    return LatentSeries(_stamps(rows), ends, *texts)


def _sim(rows: Rows) -> SimSeries:
    qpos = _matrix([message.qpos for message, _ in rows])
    return SimSeries(_stamps(rows), qpos, _texts(rows, 'scene_id'))


def _interventions(rows: Rows, last: int) -> tuple[tuple[int, int], ...]:
    """Return when a person had the arm, from and to, ns; an end that is not told is the bag's."""
    spans: list[tuple[int, int]] = []
    for message, _ in rows:
        stamp = nanoseconds(message.header.stamp)
        if message.event == 'intervention_start':
            spans.append((stamp, last))
        elif message.event == 'intervention_end' and spans:
            spans[-1] = (spans[-1][0], stamp)
    return tuple(spans)


def _chunks(rows: Rows) -> tuple[ActionChunk, ...]:
    return tuple(_chunk(message) for message, _ in rows)


def _chunk(m: Any) -> ActionChunk:
    """Return the chunk with the channels' units as they are in the message."""
    width = len(m.channels)
    samples = np.array(m.sample_actions).reshape(m.samples, m.horizon, width)
    return ActionChunk(
        stamp=nanoseconds(m.header.stamp),
        seq=m.seq,
        latent_seq=m.latent_seq,
        latent_age=m.latent_age,
        robot=m.robot,
        model=m.model,
        channels=tuple(m.channels),
        representation=m.representation,
        dt=m.dt,
        actions=np.array(m.actions, float).reshape(m.horizon, width),
        inference_start=nanoseconds(m.inference_start),
        inference_end=nanoseconds(m.inference_end),
        valid_for=m.valid_for,
        feature=np.array(m.feature, np.float32),
        samples=samples if m.samples else None,
    )


_BUILDERS: dict[str, tuple[str, Callable[[Rows], Any]]] = {
    'sensor_msgs/msg/JointState': ('joints', _joints),
    _CHUNK: ('chunks', _chunks),
    'vla_ros_msgs/msg/CommandedState': ('commanded', lambda r: _poses(r, 'pose', 'gripper')),
    'vla_ros_msgs/msg/ExecutionStatus': ('status', _status),
    'vla_ros_msgs/msg/FailureStatus': ('failures', _failures),
    'vla_ros_msgs/msg/Latent': ('latents', _latents),
    'vla_ros_msgs/msg/SimState': ('sim', _sim),
}
