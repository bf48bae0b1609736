"""Every message comes back as it was, has the fields of its dataclass, and no others."""

from dataclasses import dataclass, fields, make_dataclass
from types import SimpleNamespace

from data_values import assert_same, values_of
from hypothesis import given, settings
from hypothesis import strategies as st
from message_types import blank, through_a_bag
from message_types import fields as message_fields
import pytest

from vla_ros.core import data, events
from vla_ros.core.fields import fields_of
from vla_ros.core.message_codec import ConvertError, MessageCodec
from vla_ros.core.messages import BY_TYPE, DERIVED, commanded_state_from_msg, status_from_msg


KINDS = {
    'Latent': data.Latent, 'ActionChunk': data.ActionChunk, 'FailureStatus': data.FailureScore,
    'ExecutionStatus': data.ExecutionStatus, 'CommandedState': events.CommandedState,
    'EpisodeEvent': events.EpisodeEvent,
}  # fmt: skip
NAMES = [(f'vla_ros_msgs/msg/{name}', kind) for name, kind in KINDS.items()]


@pytest.mark.parametrize(('name', 'kind'), NAMES)
@settings(max_examples=40, deadline=None)
@given(st.data())
def test_a_message_comes_back_as_it_was_from_a_node_and_from_a_bag(name, kind, data):
    value, codec = data.draw(values_of(kind)), BY_TYPE[name]
    message = codec.write(value, blank(name))
    assert_same(codec.read(message), value)
    assert_same(codec.read(through_a_bag(name, message)), value)


@pytest.mark.parametrize(('name', 'kind'), NAMES)
def test_every_field_of_the_dataclass_has_one_in_the_message_and_back(name, kind):
    codec = BY_TYPE[name]
    assert codec.fields | DERIVED.get(name, set()) == {field for field, _ in message_fields(name)}
    assert {name for name, _ in codec._readers} == {field.name for field in fields(kind)}


def test_a_new_field_of_the_status_is_one_edit_and_its_line_in_the_msg():
    grown = make_dataclass(
        'Grown', [('gaze', data.Pose), ('margin', float), ('notes', tuple[str, ...])],
        bases=(Plain,), frozen=True,
    )  # fmt: skip
    codec = MessageCodec(grown, 'status')
    pose = SimpleNamespace(position=SimpleNamespace(), orientation=SimpleNamespace())
    header = SimpleNamespace(stamp=SimpleNamespace())
    message = SimpleNamespace(header=header, gaze=pose)
    value = grown(5, data.Mode.HOLD, data.Pose([1, 2, 3], [0, 0, 0, 1]), 0.25, ('a', 'b'))
    assert_same(codec.read(codec.write(value, message)), value)
    assert message.margin == 0.25 and message.gaze.position.y == 2 and message.notes == ['a', 'b']


@dataclass(frozen=True)
class Plain:
    """The beginning of a status."""

    stamp: data.Stamp
    mode: data.Mode


def test_a_commanded_state_of_an_older_bag_has_no_joints():
    message = blank('vla_ros_msgs/msg/CommandedState')
    message.pose.orientation.w = 1.0
    del message.joint_position
    assert commanded_state_from_msg(message).joint_position.size == 0


def test_a_field_that_no_codec_knows_is_named_at_import():
    odd = make_dataclass('Odd', [('images', dict)])
    with pytest.raises(TypeError, match=r'Odd\.images: no codec knows'):
        MessageCodec(odd, 'odd')


def status():
    message = blank('vla_ros_msgs/msg/ExecutionStatus')
    for pose in (message.commanded_pose, message.measured_pose):
        pose.orientation.w = 1.0
    return message


@pytest.mark.parametrize(
    ('change', 'words'),
    [
        (lambda m: setattr(m, 'mode', 9), r'status.mode: 9 is not one of \[0, 1, 2, 3, 4\]'),
        (
            lambda m: setattr(m.measured_pose.orientation, 'w', 0.9),
            'status.measured_pose: expected a unit quaternion',
        ),
        (
            lambda m: setattr(m.commanded_pose.position, 'x', float('inf')),
            'status.commanded_pose: expected finite numbers',
        ),
    ],
)
def test_a_status_that_cannot_be_is_refused_by_name(change, words):
    message = status()
    assert status_from_msg(message).mode is data.Mode.IDLE
    change(message)
    with pytest.raises(ConvertError, match=words):
        status_from_msg(message)


def test_without_a_chunk_there_is_no_seq():
    message = status()
    message.chunk_age = float('nan')
    assert status_from_msg(message).chunk_seq == -1


def test_the_plan_knows_every_field_that_flows():
    kinds = {own.kind for kind in KINDS.values() for own in fields_of(kind)}
    assert kinds == {
        'time', 'int', 'bool', 'float', 'text', 'texts', 'enum', 'array', 'tensor', 'nested',
    }  # fmt: skip
