"""When a person had the arm: read back from the marks, and not mixed up with what was measured."""

import pytest

from vla_ros.dataset import BagWriter, RecordConfig, Topic
from vla_ros.dataset.read import read_episode


START = 1_700_000_000_000_000_000
SECOND = 10**9
EVENT, JOINTS = 'vla_ros_msgs/msg/EpisodeEvent', 'sensor_msgs/msg/JointState'


@pytest.fixture
def recorded(messages, tmp_path):
    """Write marks and joints, wanted and measured; return the episode."""

    def record(marks):
        topics = [
            Topic('/intervention', EVENT), Topic('/joint_states', JOINTS),
            Topic('/target_joint', JOINTS),
        ]  # fmt: skip
        writer = BagWriter(tmp_path, 'test', topics, {'robot': 'franka'}, RecordConfig(min_free=0))
        for k in range(10):
            stamp = START + k * SECOND
            for topic, value in (('/target_joint', 9.0), ('/joint_states', 0.5)):
                data = messages.stamped(JOINTS, stamp, name=['a'], position=[value])
                assert writer.write(topic, data, stamp)
            if k in marks:
                data = messages.stamped(EVENT, stamp, event=marks[k], episode_id='e')
                assert writer.write('/intervention', data, stamp)
        return read_episode(writer.close({'outcome': 'success'}))

    return record


@pytest.mark.parametrize(
    ('marks', 'spans'),
    [
        ({}, []),
        ({2: 'intervention_start', 5: 'intervention_end'}, [(2, 5)]),
        (
            {1: 'intervention_start', 2: 'intervention_end', 4: 'intervention_start'},
            [(1, 2), (4, 9)],
        ),
        ({3: 'intervention_end'}, []),
    ],
    ids=['none', 'one', 'two, the last unfinished', 'an end alone'],
)
def test_spans(recorded, marks, spans):
    episode = recorded(marks)
    expected = tuple((START + a * SECOND, START + b * SECOND) for a, b in spans)
    assert episode.interventions == expected


def test_what_a_person_wanted_is_not_what_was_measured(recorded):
    episode = recorded({})
    assert len(episode.joints['joint_states'].stamp) == 10
    assert (episode.joints['joint_states'].position == 0.5).all()
    assert episode.counts['/target_joint'] == 10
