"""Kill -9, full disks and torn files: what is left opens, at most the last second is lost."""

from pathlib import Path
import shutil
import signal
import subprocess
import sys
import textwrap
import time
from typing import Any

from mcap.reader import make_reader
from mcap.writer import Writer
import pytest
from rosbags.highlevel import AnyReader

from vla_ros.dataset import BagWriter, RecordConfig, Topic, recover_folder
from vla_ros.dataset.recover import recover


JOINTS = Topic('/joint_states', 'sensor_msgs/msg/JointState')
START = 1_700_000_000_000_000_000

# Writes numbered messages for ever, and says which it has handed over and when; also when it has
# stopped recording, and what it has done with the file is done.
_WRITER = """
    import sys, time
    from vla_ros.dataset import BagWriter, RecordConfig, Topic
    from vla_ros.dataset.cdr import Writer
    def on_error(reason):
        print('error', reason, flush=True)
    topic = Topic('/joint_states', 'sensor_msgs/msg/JointState')
    config = RecordConfig(min_free=0, flush_interval=0.2, chunk_bytes=20000)
    writer = BagWriter(sys.argv[1], 'x', [topic], {}, config, on_error)
    for k in range(10**9):
        message = Writer()
        for _ in range(2):
            message.number('I', k)
        message.text('f' * 300)
        for _ in range(4):
            message.number('I', 0)
        now = time.time_ns()
        writer.write('/joint_states', message.message(), now)
        print(now, flush=True)
        time.sleep(0.001)
        if writer.error and not writer._thread.is_alive():
            print('over', flush=True)
"""


def _start(root: Path, prefix: str = '') -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, '-c', textwrap.dedent(prefix) + textwrap.dedent(_WRITER), str(root)],
        stdout=subprocess.PIPE,
        text=True,
    )


def _times(path: Path) -> list[int]:
    with path.open('rb') as file:
        return [m.log_time for _, _, m in make_reader(file, validate_crcs=True).iter_messages()]


@pytest.mark.parametrize('after', [0.35, 0.8, 1.4])
def test_kill_9_loses_at_most_the_last_second(tmp_path: Path, after: float) -> None:
    process = _start(tmp_path)
    process.stdout.readline()  # recording now
    time.sleep(after)
    process.send_signal(signal.SIGKILL)
    given = [int(line) for line in process.communicate()[0].splitlines() if line.isdigit()]
    bag = next(tmp_path.glob('*/*.mcap'))
    before = _times(bag)  # opens as it is, without any repair
    with AnyReader([bag.parent]) as reader:
        assert sum(1 for _ in reader.messages()) == len(before)
    assert given[-1] - (before[-1] if before else given[0]) < 1e9
    assert recover_folder(tmp_path) == [bag.parent]
    assert _times(bag) == before
    assert _outcome(bag) == {'outcome': 'interrupted'}
    assert recover_folder(tmp_path) == []


def test_a_file_size_limit_is_reported_and_the_rest_opens(tmp_path: Path) -> None:
    """A real refusal by the kernel in the middle of a write, as on a full disk."""
    limit = """
        import resource, signal
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (30000, 30000))
    """
    process = _start(tmp_path, limit)
    deadline = time.monotonic() + 20
    lines = []
    for line in process.stdout:
        lines.append(line)
        if line.startswith('over') or time.monotonic() > deadline:
            break
    (error,) = (line for line in lines if line.startswith('error'))
    assert 'File too large' in error and lines[-1] == 'over\n'
    assert process.stdout.readline()[0].isdigit()  # the robot goes on
    process.kill()
    process.communicate()
    bag = next(tmp_path.glob('*/*.mcap'))
    assert bag.stat().st_size <= 30000
    times = _times(bag)
    assert len(times) > 10
    recover_folder(tmp_path)
    assert _times(bag) == times


@pytest.fixture(scope='module')
def bag(messages: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A closed bag of several chunks and two metadata records."""
    root = tmp_path_factory.mktemp('torn')
    writer = BagWriter(root, 'x', [JOINTS], {'robot': 'r'}, RecordConfig(0.05, min_free=0))
    for k in range(120):
        stamp = START + k
        data = messages.stamped('sensor_msgs/msg/JointState', stamp, name=['a'], position=[k])
        writer.write('/joint_states', data, stamp)
        if k % 30 == 29:
            time.sleep(0.15)
    return next(writer.close({'outcome': 'success'}).glob('*.mcap'))


def test_torn_anywhere_what_is_whole_survives(bag: Path, tmp_path: Path) -> None:
    whole = bag.read_bytes()
    kept = []
    for size in range(60, len(whole), 41):
        torn = tmp_path / 'x.mcap'
        torn.write_bytes(whole[:size])
        recover(torn)
        times = _times(torn)
        assert times == [START + k for k in range(len(times))]
        with AnyReader([torn]) as reader:
            assert sum(1 for _ in reader.messages()) == len(times)
        kept.append(len(times))
        (tmp_path / 'metadata.yaml').unlink(missing_ok=True)
    assert kept == sorted(kept)
    assert kept[0] == 0 and kept[-1] == 120 and len(set(kept)) >= 3


def test_damage_in_the_middle_keeps_what_is_before(bag: Path, tmp_path: Path) -> None:
    raw = bytearray(bag.read_bytes())
    end = make_reader(bag.open('rb')).get_summary().chunk_indexes[-1].chunk_start_offset
    raw[end + 60] ^= 0xFF
    torn = tmp_path / 'x.mcap'
    torn.write_bytes(raw[: -len('xxxx')])
    assert recover(torn)
    assert 0 < len(_times(torn)) < 120


def test_the_remains_of_an_older_summary_are_cut(bag: Path, tmp_path: Path) -> None:
    """A write torn so that new chunk bytes stand in front of old summary bytes."""
    whole = bag.read_bytes()
    torn = tmp_path / 'x.mcap'
    torn.write_bytes(whole[: len(whole) // 2] + whole[-2000:])
    assert recover(torn)
    times = _times(torn)
    assert times == [START + k for k in range(len(times))]


def test_closed_files_are_not_touched(bag: Path, tmp_path: Path) -> None:
    copy = tmp_path / bag.parent.name
    shutil.copytree(bag.parent, copy)
    before = (copy / bag.name).read_bytes()
    assert recover_folder(tmp_path) == []
    assert (copy / bag.name).read_bytes() == before
    (copy / 'metadata.yaml').unlink()
    assert recover_folder(tmp_path) == [copy]  # metadata.yaml is written again
    assert _times(copy / bag.name) == [START + k for k in range(120)]
    with AnyReader([copy]) as reader:
        assert sum(1 for _ in reader.messages()) == 120
    assert _outcome(copy / bag.name)['outcome'] == 'success'


def test_a_file_being_written_is_left_alone(messages: Any, tmp_path: Path) -> None:
    writer = BagWriter(tmp_path, 'x', [JOINTS], {}, RecordConfig(min_free=0))
    assert recover_folder(tmp_path) == []
    writer.write('/joint_states', messages.make('sensor_msgs/msg/JointState'), START)
    folder = writer.close({'outcome': 'success'})
    assert _times(next(folder.glob('*.mcap'))) == [START]


def test_files_of_others_are_left_alone(tmp_path: Path) -> None:
    path = tmp_path / 'theirs' / 'theirs.mcap'
    path.parent.mkdir()
    with path.open('wb') as file:
        writer = Writer(file)
        writer.start()
        writer.finish()
    (tmp_path / 'theirs' / 'noise.mcap').write_bytes(b'not a bag at all' * 9)
    (tmp_path / 'theirs' / 'empty.mcap').write_bytes(b'')
    before = path.read_bytes()
    assert recover_folder(tmp_path) == []
    assert path.read_bytes() == before
    assert recover_folder(tmp_path / 'nowhere') == []


def _outcome(path: Path) -> dict[str, str]:
    with path.open('rb') as file:
        found = {m.name: m.metadata for m in make_reader(file).iter_metadata()}
    return found['vla_ros.outcome']
