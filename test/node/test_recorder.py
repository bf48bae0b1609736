from pathlib import Path

from mcap.reader import make_reader
from mcap_ros2.decoder import DecoderFactory
import pytest
from robot_feed import SPEC, RobotFeed

from vla_ros.ros.nodes.recorder import RecorderNode


TASK = 'pick up the red cube'


def bags(folder):
    return sorted(Path(folder).glob('*/*.mcap'))


def metadata(path):
    with path.open('rb') as file:
        return {m.name: m.metadata for m in make_reader(file).iter_metadata()}


def counts(path):
    with path.open('rb') as file:
        summary = make_reader(file).get_summary()
    names = {key: channel.topic for key, channel in summary.channels.items()}
    return {names[k]: n for k, n in summary.statistics.channel_message_counts.items()}


@pytest.fixture
def feed(bench, tmp_path):
    bench.start(RecorderNode, folder=str(tmp_path))
    return RobotFeed(bench)


def test_an_episode_is_one_bag_with_every_message(bench, feed, tmp_path):
    feed.episode('the one before', 'e0')
    feed.run(lambda: feed.count >= 5, '')  # every publisher is known to the recorder by now
    feed.episode('', 'e0', 'end', outcome='success')
    bench.until(lambda: bench.node._bag is None)
    feed.episode(TASK, 'e1', policy_hash='abc')
    bench.until(lambda: bench.node._bag is not None)
    start = feed.count
    feed.run(lambda: feed.count >= start + 40, '')
    bench.spin(0.2)
    feed.episode(TASK, 'e1', 'end', outcome='failure', reason='too slow')
    bench.until(lambda: bench.node._bag is None)
    before, path = bags(tmp_path)
    sent = feed.count - start
    found = counts(path)
    for camera in SPEC.cameras:
        assert found[f'/{camera.topic}/compressed'] == sent
    assert found['/joint_states'] == found['/commanded_state'] == sent
    assert found['/status'] >= sent and found['/episode'] == 2
    about = metadata(path)
    start_of = about['vla_ros.episode']
    assert (start_of['robot'], start_of['instruction']) == ('franka', TASK)
    assert start_of['policy_hash'] == 'abc'
    assert metadata(before)['vla_ros.episode']['episode_id'] == 'e0'
    outcomes = [values for values in about.values() if 'outcome' in values]
    assert outcomes[0]['outcome'] == 'failure' and outcomes[0]['reason'] == 'too slow'
    assert outcomes[0]['dropped'] == '0'
    with path.open('rb') as file:
        reader = make_reader(file, decoder_factories=[DecoderFactory()])
        stamps = {
            message.header.stamp.sec * 10**9 + message.header.stamp.nanosec
            for _, channel, _, message in reader.iter_decoded_messages()
            if channel.topic == '/joint_states'
        }
    assert stamps <= feed.stamps


def test_the_control_node_lost_ends_the_episode(bench, feed, tmp_path):
    feed.episode(TASK)
    bench.until(lambda: bench.node._bag is not None)
    feed.run(lambda: bench.node._bag is None, 'the recording goes on', status=False)
    (path,) = bags(tmp_path)
    outcome = next(v for v in metadata(path).values() if 'outcome' in v)
    assert (outcome['outcome'], outcome['reason']) == ('aborted', 'control lost')


def test_another_instruction_begins_another_bag(bench, feed, tmp_path):
    feed.episode(TASK, 'a')
    bench.until(lambda: bench.node._bag is not None)
    feed.episode(TASK, 'b')
    bench.until(lambda: len(bags(tmp_path)) == 2)
    bench.node.close()
    first, second = bags(tmp_path)
    outcome = next(v for v in metadata(first).values() if 'outcome' in v)
    assert outcome['reason'] == 'replaced by another instruction'
    assert metadata(second)['vla_ros.episode']['episode_id'] == 'b'


def test_a_folder_that_cannot_be_written_fails_activate(bench, tmp_path):
    blocked = tmp_path / 'file'
    blocked.write_text('in the way')
    node = bench.host(RecorderNode, folder=str(blocked / 'episodes'))
    node.trigger_configure()
    assert node.trigger_activate().name != 'SUCCESS'


def test_trouble_while_recording_stops_the_recording_only(bench, feed, monkeypatch):
    feed.episode(TASK)
    bench.until(lambda: bench.node._bag is not None)
    bag = bench.node._bag

    def full():
        raise OSError(28, 'No space left on device')

    monkeypatch.setattr(bag._file, 'flush', full)
    feed.run(lambda: bag.error, 'nothing is said')
    feed.moment()
    feed.episode(TASK, 'e1', 'end', outcome='success')
    bench.until(lambda: bench.node._bag is None)


def test_an_interrupted_bag_is_repaired_at_the_next_start(bench, tmp_path):
    from vla_ros.dataset import BagWriter, Topic

    topics = [Topic('/episode', 'vla_ros_msgs/msg/EpisodeEvent')]
    writer = BagWriter(tmp_path, 'old', topics, {})
    writer.close({'outcome': 'success'})
    (path,) = bags(tmp_path)
    path.write_bytes(path.read_bytes()[:-30])
    bench.start(RecorderNode, folder=str(tmp_path))
    assert counts(path) == {}
