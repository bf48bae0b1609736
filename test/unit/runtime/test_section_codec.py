"""Whatever flows comes back from shared memory as it was; what has no room is named."""

from dataclasses import make_dataclass, replace
import math
import struct

from data_values import assert_same, values_of
from hypothesis import given, settings
from hypothesis import strategies as st
import numpy as np
import pytest

from vla_ros.core import data, events
from vla_ros.runtime.section import Busy, Memory
from vla_ros.runtime.section_codec import SectionCodec
from vla_ros.runtime.shm_codec import CHUNK, MAX_CHANNELS, MAX_STEPS, SIM, STATUS, SimSnapshot


ROW = (8,)
CODECS = {
    data.ExecutionStatus: STATUS,
    data.ActionChunk: CHUNK,
    SimSnapshot: SIM,
    data.Latent: SectionCodec(data.Latent, {'data': (8, 8)}),
    data.FailureScore: SectionCodec(data.FailureScore, {'values': ROW}),
    data.RobotState: SectionCodec(
        data.RobotState,
        {
            'position': ROW,
            'velocity': ROW,
            'effort': ROW,
            'twist': ROW,
            'wrench': ROW,
            'commanded_position': ROW,
        },
    ),
    data.JointGroupState: SectionCodec(
        data.JointGroupState,
        {'position': ROW, 'velocity': ROW, 'commanded': ROW, 'effort': ROW},
    ),
    data.MobileBaseState: SectionCodec(
        data.MobileBaseState, {'twist': ROW, 'commanded': ROW, 'pose': ROW}
    ),
    events.CommandedState: SectionCodec(events.CommandedState, {'joint_position': ROW}),
    events.EpisodeEvent: SectionCodec(events.EpisodeEvent),
}
OMITTED = {data.ActionChunk: ('feature', 'samples', 'scores', 'confidence')}


@pytest.mark.parametrize('kind', CODECS, ids=lambda kind: kind.__name__)
@settings(max_examples=40, deadline=None)
@given(st.data())
def test_a_value_comes_back_as_it_was(kind, data):
    codec = CODECS[kind]
    section = codec.section(Memory(1 << 19))
    for _ in range(2):  # the second over the first, which may have been longer
        value = data.draw(values_of(kind, OMITTED.get(kind, ())))
        assert codec.misfit(value) == ''
        codec.write(section, value)
        assert_same(codec.read(section.read()), value)


def chunk(steps=16, channels=8, **fields):
    numbers = np.arange(float(steps * channels)).reshape(steps, channels)
    values = {
        'stamp': 1, 'seq': 1, 'latent_seq': 1, 'latent_age': 0.1, 'robot': 'franka', 'model': 'm',
        'channels': tuple(f'limb.some_long_joint_name_{i}' for i in range(channels)),
        'kinds': ('joint',) * channels, 'dt': 0.01, 'actions': numbers,
        'inference_start': 1, 'inference_end': 2, 'valid_for': 1.0, **fields,
    }  # fmt: skip
    return data.ActionChunk(**values)


def named(channel):
    return replace(chunk(1, 1), channels=(channel,))


def test_the_longest_and_widest_chunk_fits_and_a_short_one_after_it():
    section = CHUNK.section(Memory(1 << 19))
    for value in (chunk(MAX_STEPS, MAX_CHANNELS), chunk(1, 1)):
        assert CHUNK.misfit(value) == ''
        CHUNK.write(section, value)
        assert_same(CHUNK.read(section.read()), value)
    assert len(section.read()[1]) == 3 + 1  # what is copied is what was written


@pytest.mark.parametrize(
    ('value', 'words'),
    [
        (chunk(MAX_STEPS + 1), 'actions: expected 1 to 256 x 1 to 64, got (257, 8)'),
        (chunk(0), 'got (0, 8)'),
        (chunk(actions=np.zeros(8)), 'got (8,)'),
        (chunk(channels=2, actions=np.zeros((1, 65))), 'got (1, 65)'),
        (chunk(2**4, seq=2**64 - 1), 'seq: expected an integer of 64 bits'),
        (named('x' * 5000), 'at most'),
        (named('a\nb'), 'without a line feed'),
    ],
    ids=range(7),
)
def test_what_has_no_room_is_named(value, words):
    assert words in CHUNK.misfit(value)


def test_a_new_field_of_the_status_needs_no_edit_here():
    grown = make_dataclass(
        'Grown', [('margin', float), ('gaze', data.Pose), ('why', str), ('safe', bool)],
        bases=(events.CommandedState,), frozen=True,
    )  # fmt: skip
    codec = SectionCodec(grown, {'joint_position': ROW})
    section = codec.section(Memory(1 << 14))
    pose = data.Pose([1, 2, 3], [0, 0, 0, 1])
    value = grown(7, pose, 0.02, np.arange(6.0), math.inf, pose, 'because', True)
    codec.write(section, value)
    assert_same(codec.read(section.read()), value)


def test_an_array_without_a_greatest_shape_is_named_at_import():
    with pytest.raises(TypeError, match='data: expected its greatest shape'):
        SectionCodec(data.Latent)


@pytest.mark.parametrize(
    ('entry', 'error'),
    [
        (((2**63, 0), [0.0], ('',)), struct.error),
        (((0, 0), ['x'], ('',)), struct.error),
        (((0, 0), ('x',), ('',)), ValueError),
        (((0, 0), [0.0], ('\ud800',)), UnicodeError),
        (((0, 0, 0), [0.0], ('',)), ValueError),
        (((0, 0), [0.0] * 4, ('',)), ValueError),
    ],
    ids=['integer', 'listed float', 'float', 'text', 'integers', 'floats'],
)
def test_what_cannot_be_written_leaves_what_was_there(entry, error):
    section = Memory(1 << 12).section(2, 3, (20,))
    section.write((1, 2), [0.5], ('ab',))
    with pytest.raises(error):
        section.write(*entry)
    try:
        ints, floats, texts = section.read()
    except Busy:
        pytest.fail('it was left half written')
    assert (ints, floats.tolist(), texts) == ([1, 2], [0.5], ['ab'])


def test_a_memory_that_is_too_small_is_named():
    with pytest.raises(ValueError, match='expected room for'):
        Memory(64).section(100)
