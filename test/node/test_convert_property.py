"""Property: whatever flows comes back from a real ROS message, whatever its numbers and texts."""

from data_values import assert_same, values_of
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
import numpy as np
import pytest
from rclpy.serialization import deserialize_message, serialize_message

from vla_ros.core import data, events
from vla_ros.core.messages import BY_TYPE
from vla_ros.observe import JointMap
from vla_ros.robots import load_robot
from vla_ros.ros.convert import limbs as trunk
from vla_ros.runtime.shm_limb import JointGroupSnapshot
import vla_ros_msgs.msg as messages


pytest.importorskip('nav_msgs')
from vla_ros.ros.convert.odometry import odometry_from_msg, odometry_to_msg  # noqa: E402


KINDS = {
    'Latent': data.Latent, 'ActionChunk': data.ActionChunk, 'FailureStatus': data.FailureScore,
    'ExecutionStatus': data.ExecutionStatus, 'CommandedState': events.CommandedState,
    'EpisodeEvent': events.EpisodeEvent,
}  # fmt: skip
ROBOT = load_robot('humanoid')
GROUP = next(limb for limb in ROBOT.limbs if limb.kind == 'joint_group')
BASE = next(limb for limb in ROBOT.limbs if limb.kind == 'mobile_base')
stamps = st.integers(0, (2**31 - 10) * data.SECOND)  # a Time ends in 2038


def row(count, most=1e3):
    return arrays(np.float64, count, elements=st.floats(-most, most))


def over_the_wire(message):
    return deserialize_message(serialize_message(message), type(message))


@pytest.mark.parametrize('name', KINDS)
@settings(max_examples=40, deadline=None)
@given(st.data())
def test_a_message(name, data):
    codec = BY_TYPE[f'vla_ros_msgs/msg/{name}']
    value = data.draw(values_of(KINDS[name]))
    message = codec.write(value, getattr(messages, name)())
    assert_same(codec.read(over_the_wire(message)), value)


@given(stamps, row(GROUP.n), row(GROUP.n))
def test_a_joint_group(stamp, commanded, velocity):
    state = data.JointGroupState(stamp, commanded, velocity, commanded)
    message = trunk.commanded_joints(GROUP, JointGroupSnapshot(state, velocity))
    at, back = trunk.commanded_joints_from_msg(over_the_wire(message), JointMap(GROUP))
    assert at == stamp
    np.testing.assert_array_equal(back, commanded)


@given(stamps, row(3), row(3), row(3, 3.14))
def test_a_base(stamp, twist, commanded, pose):
    state = data.MobileBaseState(stamp, twist, commanded, pose)
    sent = over_the_wire(trunk.commanded_twist(BASE, state))
    at, back = trunk.commanded_twist_from_msg(sent, BASE)
    assert at == stamp
    np.testing.assert_array_equal(back, commanded)
    at, where, moving = odometry_from_msg(over_the_wire(odometry_to_msg(BASE, state)), BASE)
    assert at == stamp
    np.testing.assert_array_equal(moving, twist)
    np.testing.assert_allclose(where, pose, atol=1e-9)
