import dataclasses
import math

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
import numpy as np
import pytest
from rclpy.serialization import deserialize_message, serialize_message
from sensor_msgs.msg import Image, JointState

from vla_ros.core import data
from vla_ros.observe import JointMap
from vla_ros.observe.messages import wrench_from_msg
from vla_ros.robots import load_robot
from vla_ros.ros import convert
from vla_ros.runtime.shm_limb import Snapshot


SPEC = load_robot('franka')
stamps = st.integers(0, (2**31 - 10) * data.SECOND)  # a Time ends in 2038
finite = st.floats(-1e3, 1e3)
text = st.text(st.characters(codec='utf-8', exclude_characters='\0'), max_size=40)


@st.composite
def poses(draw):
    q = np.array(draw(st.tuples(*[st.floats(-1, 1)] * 4)))
    norm = np.linalg.norm(q)
    return data.Pose(
        np.array(draw(st.tuples(finite, finite, finite))),
        q / norm if norm > 0.1 else np.array([0.0, 0.0, 0.0, 1.0]),
    )


settings.register_profile('quick', max_examples=40)
settings.load_profile('quick')


def over_the_wire(message):
    return deserialize_message(serialize_message(message), type(message))


def assert_equal(a, b):
    for field in dataclasses.fields(a):
        x, y = getattr(a, field.name), getattr(b, field.name)
        if isinstance(x, data.Pose):
            assert_equal(x, y)
        else:
            np.testing.assert_array_equal(x, y, err_msg=field.name)


@given(
    stamps, text, text, st.floats(0.1, 100),
    arrays(np.float32, (4, 8), elements=st.floats(-100, 100, width=32)),
    st.booleans(),
)  # fmt: skip
def test_latent(stamp, instruction, refusal, valid_for, values, grounded):
    latent = data.Latent(
        stamp=stamp, seq=stamp % 1000, episode_id='e', model='m:h', instruction=instruction,
        subgoal='s', inference_start=stamp, inference_end=stamp + 5, valid_for=valid_for,
        data=values, p_grounded=0.25, refusal='' if grounded else refusal or 'no',
        verdict='go' if grounded else 'ask',
        task='put',
    )  # fmt: skip
    back = convert.latent_from_msg(over_the_wire(convert.latent_to_msg(latent)))
    assert_equal(latent, back)


@given(
    stamps, st.integers(1, 64), st.integers(0, 3), st.data(),
)  # fmt: skip
def test_chunk(stamp, horizon, samples, draw):
    values = arrays(np.float64, (horizon, 8), elements=st.floats(allow_nan=True))
    chunk = data.ActionChunk(
        stamp=stamp, seq=3, latent_seq=2, latent_age=0.5, robot='franka', model='m:h',
        channels=SPEC.channels, kinds=('pose',) * 7 + ('gripper',), dt=0.1,
        actions=draw.draw(values),
        inference_start=stamp, inference_end=stamp + 7, valid_for=1.6,
        feature=np.arange(5, dtype=np.float32),
        samples=np.zeros((samples, horizon, 8)) if samples else None,
        scores=np.arange(samples, dtype=float) if samples else None,
        confidence=np.linspace(0, 1, horizon) if samples else None, run_steps=horizon // 2,
    )  # fmt: skip
    back = convert.chunk_from_msg(over_the_wire(convert.chunk_to_msg(chunk, 'base')))
    assert_equal(chunk, back)


@given(stamps, st.floats(0, 1), st.booleans(), text)
def test_failure(stamp, p_value, alarm, cause):
    score = data.FailureScore(
        stamp=stamp, chunk_seq=5, names=('a', 'b'), values=np.array([1.0, np.nan]),
        p_value=p_value, alpha=0.1, guarantee=data.Guarantee.POOLED, cause=cause, alarm=alarm,
        calibration_hash='c',
    )  # fmt: skip
    assert_equal(score, convert.failure_from_msg(over_the_wire(convert.failure_to_msg(score))))


@given(stamps, poses(), poses(), st.sampled_from(data.Mode), st.integers(-1, 10))
def test_status(stamp, commanded, measured, mode, seq):
    values = {
        field.name: 0.5 for field in dataclasses.fields(data.ExecutionStatus)
        if field.type is float
    }  # fmt: skip
    status = data.ExecutionStatus(
        **{
            **values, 'stamp': stamp, 'mode': mode, 'cause': 'c', 'instruction': 'i',
            'chunk_seq': seq, 'chunk_age': math.nan if seq < 0 else 0.5, 'chunk_step': 2,
            'ticks': 10, 'deadline_misses': 1, 'delay': 2,
            'refused_chunks': 4, 'refused_targets': 3, 'last_refusal': 'r', 'commanded': commanded,
            'measured': measured,
        }
    )  # fmt: skip
    assert_equal(status, convert.status_from_msg(over_the_wire(convert.status_to_msg(status))))


@given(stamps, poses(), arrays(np.float64, 7, elements=finite), st.permutations(range(9)))
def test_state_in_any_order(stamp, pose, q, order):
    state = data.RobotState(stamp, q, q / 2, pose, 0.06, pose, 0.05)
    message = over_the_wire(convert.joints_to_msg([(SPEC, state)]))
    shuffled = JointState(
        header=message.header, name=[message.name[i] for i in order],
        position=[message.position[i] for i in order],
        velocity=[message.velocity[i] for i in order],
    )  # fmt: skip
    joints = convert.joints_from_msg(shuffled, JointMap(SPEC))
    assert joints.stamp == stamp and joints.gripper == pytest.approx(0.06)
    np.testing.assert_array_equal(joints.position, q)
    np.testing.assert_array_equal(joints.velocity, q / 2)
    assert not message.effort and np.isnan(joints.effort).all()  # nobody measures them
    at, commanded, opening = convert.commanded_from_msg(
        over_the_wire(convert.commanded_to_msg(SPEC, state))
    )
    assert (at, opening) == (stamp, 0.05)
    assert_equal(commanded, pose)


@given(arrays(np.float64, (3, 7), elements=finite))
def test_efforts_and_commanded_joints_go_there_and_back(numbers):
    q, effort, sent = numbers
    pose = data.Pose(np.zeros(3), np.array([0.0, 0.0, 0.0, 1.0]))
    state = data.RobotState(
        5, q, q, pose, 0.06, pose, 0.05, effort=effort, commanded_position=sent
    )
    message = over_the_wire(convert.joints_to_msg([(SPEC, state)]))
    assert len(message.effort) == len(message.name)  # as sensor_msgs has it; NaN of the fingers
    found = convert.joints_from_msg(message, JointMap(SPEC))
    np.testing.assert_array_equal(found.effort, effort)
    command = over_the_wire(convert.commanded_to_msg(SPEC, state))
    np.testing.assert_array_equal(command.joint_position, sent)
    unknown = dataclasses.replace(state, commanded_position=np.zeros(0))
    assert not convert.commanded_to_msg(SPEC, unknown).joint_position


@given(arrays(np.float64, 6, elements=finite))
def test_a_wrench_goes_there_and_back_where_it_is_known(wrench):
    pose = data.Pose(np.zeros(3), np.array([0.0, 0.0, 0.0, 1.0]))
    state = data.RobotState(5, SPEC.home, SPEC.home, pose, 0.06, pose, 0.05, wrench=wrench)
    message = convert.external_wrench(Snapshot(state, None), SPEC.base_frame)
    at, back = wrench_from_msg(over_the_wire(message), SPEC)
    assert at == 5
    np.testing.assert_array_equal(back, wrench)
    message.header.frame_id = 'tool'
    with pytest.raises(convert.ConvertError, match="frame_id: expected '.*', got 'tool'"):
        wrench_from_msg(message, SPEC)
    message.header.frame_id, message.wrench.force.y = SPEC.base_frame, math.nan
    with pytest.raises(convert.ConvertError, match='external_wrench: expected finite numbers'):
        wrench_from_msg(message, SPEC)
    unknown = Snapshot(dataclasses.replace(state, wrench=np.zeros(0)), None)
    assert convert.external_wrench(unknown, SPEC.base_frame) is None


@given(stamps, st.integers(1, 9), st.integers(1, 9), st.data())
def test_image(stamp, height, width, draw):
    image = draw.draw(arrays(np.uint8, (height, width, 3)))
    message = over_the_wire(convert.image_to_msg(stamp, image, 'camera'))
    at, back = convert.image_from_msg(message)
    assert at == stamp
    np.testing.assert_array_equal(back, image)
    message.encoding = 'bgr8'
    np.testing.assert_array_equal(convert.image_from_msg(message)[1], image[:, :, ::-1])


def test_a_padded_image_is_read_by_its_step():
    data_ = bytes([1, 2, 3, 99, 4, 5, 6, 99])
    message = Image(height=2, width=1, encoding='rgb8', step=4, data=data_)
    assert convert.image_from_msg(message)[1].tolist() == [[[1, 2, 3]], [[4, 5, 6]]]


def good_latent():
    return convert.latent_to_msg(
        data.Latent(0, 1, 'e', 'm', 'i', '', 0, 0, 1.0, np.zeros((2, 3), np.float32))
    )


@pytest.mark.parametrize(
    ('field', 'value', 'words'),
    [
        ('dtype', 'float64', "dtype: 'float64' is not one of"),
        ('shape', [2, 4], r'expected \(2, 4\) float32, got 24 bytes'),
        ('shape', [1 << 20, 1 << 20], 'more than'),
        ('shape', [0, 1 << 31, 1 << 31], 'expected tokens and their width'),
        ('shape', [1] * 80, 'expected tokens and their width'),
        ('shape', [0, 3], 'expected tokens and their width'),
        ('shape', [], 'expected tokens and their width'),
        ('data', np.full(6, np.nan, np.float32).tobytes(), 'finite'),
        ('valid_for', float('nan'), 'valid_for in 0..3600'),
        ('p_grounded', 2.0, 'p_grounded in 0..1'),
        ('verdict', 'maybe', "latent.verdict: 'maybe' is not one of"),
    ],
)
def test_a_malformed_latent_is_refused(field, value, words):
    message = good_latent()
    setattr(message, field, value)
    with pytest.raises(convert.ConvertError, match=words):
        convert.latent_from_msg(message)


def test_a_latent_that_is_not_grounded_is_refused_even_without_a_reason():
    message = good_latent()
    message.grounded = False
    latent = convert.latent_from_msg(message)
    assert not latent.grounded and latent.verdict == 'refuse'


@pytest.mark.parametrize('verdict', ['refuse', 'ask', 'done'])
def test_nobody_acts_on_any_verdict_but_go(verdict):
    message = good_latent()
    message.verdict = verdict
    latent = convert.latent_from_msg(message)
    assert (latent.grounded, latent.verdict) == (False, verdict) and latent.refusal


@pytest.mark.parametrize(
    ('changes', 'words'),
    [
        ({'encoding': '16UC1'}, "expected rgb8 or bgr8, got '16UC1'"),
        ({'data': b'123'}, 'does not fit 3 bytes'),
        ({'step': 2}, 'does not fit'),
        ({'height': 0}, 'does not fit'),
    ],
)
def test_a_malformed_image_is_refused(changes, words):
    message = convert.image_to_msg(0, np.zeros((2, 2, 3), np.uint8))
    for field, value in changes.items():
        setattr(message, field, value)
    with pytest.raises(convert.ConvertError, match=words):
        convert.image_from_msg(message)


def test_a_chunk_with_too_few_numbers_is_refused():
    chunk = data.ActionChunk(
        0,
        1,
        1,
        0.0,
        'franka',
        'm',
        SPEC.channels,
        ('pose',) * 7 + ('gripper',),
        0.1,
        np.zeros((2, 8)),
        0,
        0,
        1.0,
    )
    message = convert.chunk_to_msg(chunk)
    message.horizon = 3
    with pytest.raises(convert.ConvertError, match=r'actions: expected \(3, 8\), got 16 numbers'):
        convert.chunk_from_msg(message)
