from pathlib import Path
from typing import Any

from mcap.reader import NonSeekingReader, make_reader
import numpy as np
import pytest
from rosbags.highlevel import AnyReader
from waiting import wait_for
import yaml

from vla_ros.dataset import BagWriter, RecordConfig, RecordError, Topic
from vla_ros.dataset.topics import episode_folder, offered_qos


JOINTS = Topic('/joint_states', 'sensor_msgs/msg/JointState')
CAMERA = Topic('/camera/front/image_raw', 'sensor_msgs/msg/Image', jpeg=True)
START = 1_700_000_000_000_000_000
QOS = offered_qos(depth=1, reliable=True, latched=True)


def _joints(messages: Any, k: int) -> tuple[str, bytes, int]:
    stamp = START + k * 5_000_000
    data = messages.stamped('sensor_msgs/msg/JointState', stamp, name=['a'], position=[float(k)])
    return '/joint_states', data, stamp + 1000


def _mcap(folder: Path) -> Path:
    return next(folder.glob('*.mcap'))


@pytest.mark.parametrize('compression', ['zstd', 'lz4', 'none'])
def test_three_readers_read_every_message_back(
    messages: Any, tmp_path: Path, compression: Any
) -> None:
    config = RecordConfig(min_free=0, compression=compression, chunk_bytes=4000)
    topics = [Topic(JOINTS.name, JOINTS.type, qos=QOS), CAMERA]
    writer = BagWriter(tmp_path, 'a b/c', topics, {'robot': 'franka'}, config)
    expected = [_joints(messages, k) for k in range(200)]
    for row in expected:
        assert writer.write(*row)
    image = messages.image(START, np.full((96, 96, 3), 90, np.uint8))
    assert writer.write('/camera/front/image_raw', image, START)
    folder = writer.close({'outcome': 'success'})
    assert folder.name == 'episode_0000_a-b-c'
    stats = writer.stats()
    assert (stats.received, stats.written, stats.dropped) == (201, 201, 0)

    with AnyReader([folder]) as reader:  # rosbags, through metadata.yaml
        rows = [(c.topic, d, t) for c, t, d in reader.messages()]
        connection = next(c for c in reader.connections if c.topic == '/joint_states')
        joints = [reader.deserialize(d, c.msgtype) for c, _, d in reader.messages([connection])]
    assert [r for r in rows if r[0] == '/joint_states'] == expected
    assert [m.position[0] for m in joints] == list(range(200))
    (qos,) = connection.ext.offered_qos_profiles
    assert (qos.depth, qos.durability.name, qos.reliability.name) == (
        1, 'TRANSIENT_LOCAL', 'RELIABLE',
    )  # fmt: skip
    for reader in (  # the mcap library, seeking and streaming
        make_reader(_mcap(folder).open('rb'), validate_crcs=True),
        NonSeekingReader(_mcap(folder).open('rb'), validate_crcs=True),
    ):
        records = [(c.topic, m) for _, c, m in reader.iter_messages()]
        assert len(records) == 201
        stamps = [m.publish_time for topic, m in records if topic == '/joint_states']
        assert stamps == [START + k * 5_000_000 for k in range(200)]  # the header's stamp
    assert make_reader(_mcap(folder).open('rb')).get_header().profile == 'ros2'


def test_metadata_stands_at_the_start_and_at_the_end(messages: Any, tmp_path: Path) -> None:
    writer = BagWriter(tmp_path, 'x', [JOINTS], {'robot': 'franka', 'policy': 'abc'})
    early = {m.name: m.metadata for m in make_reader(_open(writer)).iter_metadata()}
    assert early == {'vla_ros.episode': {'episode_id': 'x', 'robot': 'franka', 'policy': 'abc'}}
    folder = writer.close({'outcome': 'failure', 'reason': 'dropped it'})
    late = {m.name: m.metadata for m in make_reader(_mcap(folder).open('rb')).iter_metadata()}
    assert late['vla_ros.episode'] == early['vla_ros.episode']
    assert late['vla_ros.outcome'] == {
        'outcome': 'failure', 'reason': 'dropped it', 'dropped': '0',
    }  # fmt: skip


def test_schemas_and_hashes_are_embedded(messages: Any, tmp_path: Path) -> None:
    writer = BagWriter(tmp_path, 'x', [JOINTS, CAMERA], {})
    summary = make_reader(_mcap(writer.close()).open('rb')).get_summary()
    assert {s.name for s in summary.schemas.values()} == {
        'sensor_msgs/msg/JointState', 'sensor_msgs/msg/CompressedImage',
    }  # fmt: skip
    assert all(s.encoding == 'ros2msg' for s in summary.schemas.values())
    assert all(b'MSG: std_msgs/Header' in s.data for s in summary.schemas.values())
    channels = {c.topic: c for c in summary.channels.values()}
    assert channels['/joint_states'].metadata['topic_type_hash'].startswith('RIHS01_')
    assert '/camera/front/image_raw/compressed' in channels


def test_rosbag2_metadata(messages: Any, tmp_path: Path) -> None:
    writer = BagWriter(tmp_path, 'x', [JOINTS], {})
    for k in range(10):
        writer.write(*_joints(messages, k))
    folder = writer.close()
    text = (folder / 'metadata.yaml').read_text()
    assert '&id' not in text  # YAML aliases are not for every parser
    info = yaml.safe_load(text)['rosbag2_bagfile_information']
    assert (info['version'], info['storage_identifier'], info['message_count']) == (9, 'mcap', 10)
    assert info['starting_time']['nanoseconds_since_epoch'] == START + 1000
    assert info['duration']['nanoseconds'] == 9 * 5_000_000
    assert info['relative_file_paths'] == [_mcap(folder).name]


def test_the_file_opens_while_it_is_written(
    messages: Any, tmp_path: Path, config: RecordConfig
) -> None:
    """No close, no repair: after a flush interval a reader sees everything."""
    writer = BagWriter(tmp_path, 'x', [JOINTS], {}, config)
    for round_ in range(3):
        for k in range(50):
            writer.write(*_joints(messages, round_ * 50 + k))
        wait_for(lambda n=50 * (round_ + 1): writer.stats().written == n)
        with AnyReader([writer.folder]) as reader:
            assert sum(1 for _ in reader.messages()) == 50 * (round_ + 1)
        assert make_reader(_open(writer), validate_crcs=True).get_summary().statistics
    writer.close()


def test_episodes_are_numbered(tmp_path: Path) -> None:
    names = []
    for episode_id in ('one', '', '../..//etc'):
        folder = episode_folder(tmp_path, episode_id)
        folder.mkdir()
        names.append(folder.name)
    assert names == ['episode_0000_one', 'episode_0001_unnamed', 'episode_0002_etc']
    assert len(episode_folder(tmp_path, 'x' * 500).name) < 100


def test_what_cannot_start_says_why(tmp_path: Path) -> None:
    (tmp_path / 'file').write_text('')
    with pytest.raises(RecordError, match='file'):
        BagWriter(tmp_path / 'file', 'x', [JOINTS], {})
    with pytest.raises(RecordError, match='MB needed'):
        BagWriter(tmp_path, 'x', [JOINTS], {}, RecordConfig(min_free=10**18))
    for root, config in (
        (tmp_path / 'file', RecordConfig()),
        (tmp_path, RecordConfig(min_free=10**18)),
    ):
        with pytest.raises(RecordError):
            BagWriter.probe(root, config)
    BagWriter.probe(tmp_path / 'new', RecordConfig(min_free=0))
    assert not list((tmp_path / 'new').iterdir())
    with pytest.raises(RecordError, match='no_msgs/msg/Such'):
        BagWriter(tmp_path, 'x', [Topic('/t', 'no_msgs/msg/Such')], {})
    with pytest.raises(RecordError, match='only sensor_msgs/msg/Image'):
        BagWriter(tmp_path, 'x', [Topic('/t', 'sensor_msgs/msg/JointState', jpeg=True)], {})
    assert not list(tmp_path.glob('episode_*'))


def test_a_full_queue_drops_and_counts(messages: Any, tmp_path: Path) -> None:
    writer = BagWriter(tmp_path, 'x', [JOINTS], {}, RecordConfig(min_free=0, queue_bytes=300))
    accepted = [writer.write(*_joints(messages, k)) for k in range(500)]
    writer.close()
    stats = writer.stats()
    assert not all(accepted)
    assert stats.received == 500
    assert stats.dropped == accepted.count(False)
    assert stats.written == accepted.count(True)


def test_unknown_topics_damaged_images_and_late_messages_are_dropped(
    messages: Any, tmp_path: Path
) -> None:
    writer = BagWriter(tmp_path, 'x', [JOINTS, CAMERA], {})
    assert not writer.write('/other', b'', 0)
    assert writer.write('/camera/front/image_raw', b'\0\1\0\0garbage', START)
    assert writer.write('/joint_states', b'', START)
    writer.write(*_joints(messages, 0))
    writer.close()
    assert not writer.write(*_joints(messages, 1))
    assert not writer.error
    stats = writer.stats()
    assert (stats.received, stats.written, stats.dropped) == (5, 1, 4)


def test_an_empty_episode_is_a_bag(tmp_path: Path) -> None:
    folder = BagWriter(tmp_path, 'x', [JOINTS], {}).close({'outcome': 'aborted'})
    with AnyReader([folder]) as reader:
        assert not list(reader.messages())
    assert make_reader(_mcap(folder).open('rb')).get_summary().statistics.message_count == 0


def test_a_failing_disk_stops_the_recording_not_the_caller(
    messages: Any, tmp_path: Path, config: RecordConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk refuses everything from one flush on; what was there before still opens."""
    errors: list[str] = []
    writer = BagWriter(tmp_path, 'x', [JOINTS], {}, config, errors.append)
    for k in range(40):
        writer.write(*_joints(messages, k))
    wait_for(lambda: writer.stats().written == 40)
    real = _fail_writes(monkeypatch)
    for k in range(40, 80):
        writer.write(*_joints(messages, k))
    wait_for(lambda: bool(errors))
    assert not writer.write(*_joints(messages, 80))
    monkeypatch.setattr('os.pwrite', real)
    folder = writer.close()
    assert len(errors) == 1 and 'No space left' in errors[0] and errors[0] == writer.error
    with AnyReader([folder]) as reader:
        assert sum(1 for _ in reader.messages()) >= 40
    assert writer.stats().dropped >= 1


def test_low_space_ends_the_recording_while_there_is_room_to_close(
    messages: Any, tmp_path: Path, config: RecordConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    errors: list[str] = []
    config = RecordConfig(min_free=1000, flush_interval=0.1)
    writer = BagWriter(tmp_path, 'x', [JOINTS], {}, config, errors.append)
    writer.write(*_joints(messages, 0))
    monkeypatch.setattr('shutil.disk_usage', lambda _: type('U', (), {'free': 10})())
    wait_for(lambda: bool(errors))
    folder = writer.close()
    metadata = {m.name: m.metadata for m in make_reader(_mcap(folder).open('rb')).iter_metadata()}
    assert metadata['vla_ros.outcome']['outcome'] == 'interrupted'
    assert 'MB needed' in metadata['vla_ros.outcome']['reason']


def test_a_callback_that_raises_is_contained(
    messages: Any, tmp_path: Path, config: RecordConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(reason: str) -> None:
        raise RuntimeError('in the callback')

    writer = BagWriter(tmp_path, 'x', [JOINTS], {}, config, broken)
    _fail_writes(monkeypatch)
    writer.write(*_joints(messages, 0))
    wait_for(lambda: bool(writer.error))
    writer.close()


def _fail_writes(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Let half of the next write through, then report a full disk for ever."""
    import errno
    import os

    real = os.pwrite
    calls = []

    def pwrite(descriptor: int, data: Any, offset: int) -> int:
        calls.append(offset)
        if len(calls) == 1:
            return real(descriptor, bytes(data)[: len(data) // 2], offset)
        if len(calls) == 2 or len(data) > 10_000:
            raise OSError(errno.ENOSPC, 'No space left on device')
        return real(descriptor, data, offset)

    monkeypatch.setattr('os.pwrite', pwrite)
    return real


def _open(writer: BagWriter) -> Any:
    return _mcap(writer.folder).open('rb')
