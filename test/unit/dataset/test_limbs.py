"""A bag of several limbs: what is of one is not mixed up with what is of another."""

import numpy as np
import pytest

from vla_ros.dataset import BagWriter, RecordConfig, Topic
from vla_ros.dataset.read import read_episode
from vla_ros.dataset.timeline import write_timeline


START = 1_700_000_000_000_000_000
STEP = 10_000_000
JOINTS, COMMANDED = 'sensor_msgs/msg/JointState', 'vla_ros_msgs/msg/CommandedState'
STATUS, EVENT = 'vla_ros_msgs/msg/ExecutionStatus', 'vla_ros_msgs/msg/EpisodeEvent'
CHUNK = 'vla_ros_msgs/msg/ActionChunk'
X = {'left': 0.1, 'right': -0.1}
N = 50


def pose(x, w=1.0):
    orientation = {'x': 0.0, 'y': 0.0, 'z': 0.0, 'w': w}
    return {'position': {'x': x, 'y': 0.0, 'z': 0.2}, 'orientation': orientation}


@pytest.fixture(params=['', '/cell/aloha_1'], ids=['no namespace', 'a namespace'])
def space(request):
    return request.param


@pytest.fixture
def record(messages, tmp_path, space):
    """Write a bag of two arms and a head, and what `also` yields; return its folder."""

    def write(also=()):
        kinds = {'status': STATUS, 'episode': EVENT, 'action_chunk': CHUNK}
        for limb in X:
            kinds |= {f'{limb}/joint_states': JOINTS, f'{limb}/commanded_state': COMMANDED}
        kinds |= {'head/commanded_joints': JOINTS, 'left/gripper_states': JOINTS}
        topics = [Topic(f'{space}/{name}', kind) for name, kind in kinds.items()]
        writer = BagWriter(
            tmp_path, 'two', topics, {'robot': 'aloha', 'start': str(START)},
            RecordConfig(min_free=0),
        )  # fmt: skip

        def say(topic, stamp, **fields):
            data = messages.stamped(kinds[topic], stamp, **fields)
            assert writer.write(f'{space}/{topic}', data, stamp)

        for k in range(N):
            stamp = START + k * STEP
            for limb, x in X.items():
                say(f'{limb}/commanded_state', stamp, pose=pose(x), gripper=0.03)
                say(f'{limb}/joint_states', stamp, name=[f'{limb}_a'], position=[x + k])
            say('head/commanded_joints', stamp, name=['pan'], position=[7.0])
            say('left/gripper_states', stamp, name=['finger'], position=[0.02])
            x = X['left']
            say('status', stamp, commanded_pose=pose(x), measured_pose=pose(x), mode=1,
                gripper_command=0.03, gripper_position=0.02)  # fmt: skip
        for name, fields in also:
            say(name, START + N * STEP, **fields)
        return writer.close({'outcome': 'success'})

    return write


def test_each_arm_has_its_own_series_with_stamps_of_its_own(record):
    episode = read_episode(record())
    assert set(episode.commanded) == {'left', 'right'}
    for limb, x in X.items():
        series = episode.commanded[limb]
        assert np.array_equal(series.stamp, START + STEP * np.arange(N))
        assert (series.pose[:, 0] == x).all() and series.pose.shape == (N, 7)
        assert (series.gripper == 0.03).all()  # metres, as in the message


def test_the_joints_of_every_limb_are_there_by_topic(record):
    joints = read_episode(record()).joints
    assert set(joints) == {
        'left/joint_states', 'right/joint_states', 'head/commanded_joints', 'left/gripper_states',
    }  # fmt: skip
    for limb, x in X.items():
        own = joints[f'{limb}/joint_states']
        assert own.names == (f'{limb}_a',)
        np.testing.assert_array_equal(own.position[:, 0], x + np.arange(N))


def test_the_status_has_every_field_of_the_dataclass(record):
    from dataclasses import fields

    from vla_ros.core.data import ExecutionStatus

    status = read_episode(record()).status
    assert len(status) == N
    for field in fields(ExecutionStatus):
        assert len(getattr(status, field.name)) == N, field.name
    assert (status.gripper == 0.02).all() and status.measured.shape == (N, 7)
    with pytest.raises(AttributeError, match="expected one of .*'seam_jump'.*got 'sem_jump'"):
        status.sem_jump  # noqa: B018


@pytest.mark.parametrize(
    ('name', 'fields', 'kept'),
    [
        ('left/commanded_state', {'pose': pose(0.5, w=0.0)}, lambda e: e.commanded['left']),
        ('status', {'mode': 9}, lambda e: e.status),
        ('action_chunk', {'horizon': 3, 'channels': ['a'], 'actions': [1.0]}, lambda e: ()),
    ],
    ids=lambda value: value if isinstance(value, str) else '',
)
def test_what_a_node_would_refuse_is_left_out_and_counted(record, space, name, fields, kept):
    episode = read_episode(record([(name, fields)]))
    assert episode.refused == {f'{space}/{name}': 1}
    assert len(kept(episode)) in (0, N) and not episode.chunks


def test_the_timeline_draws_the_arm_that_the_status_tells_of(record, tmp_path, monkeypatch):
    drawn = []
    from matplotlib.axes import Axes

    plot = Axes.plot

    def spy(axes, x, y, *rest, **options):
        drawn.append((options.get('label'), np.asarray(y)))
        return plot(axes, x, y, *rest, **options)

    monkeypatch.setattr(Axes, 'plot', spy)
    write_timeline(tmp_path / 't.png', [read_episode(record())])
    (x,) = [y for label, y in drawn if label == 'x commanded']
    assert len(x) == N and (x == X['left']).all()
