"""Messages of every kind, ill-formed in every way: refused with a cause, or good."""

from array import array
from functools import partial

from geometry_msgs.msg import PoseStamped, TwistStamped, WrenchStamped
from hypothesis import given
from hypothesis import strategies as st
import numpy as np
import pytest
from sensor_msgs.msg import Image, JointState
from std_msgs.msg import Float64MultiArray

from vla_ros.core.data import Pose
from vla_ros.observe import JointMap
from vla_ros.robots import load_robot
from vla_ros.ros import convert
from vla_ros.ros.convert import ConvertError, target
from vla_ros.ros.convert import limbs as trunk
from vla_ros_msgs.msg import ActionChunk, CommandedState, ExecutionStatus, FailureStatus, Latent


FRANKA, HUMANOID = load_robot('franka'), load_robot('humanoid')
TORSO, BASE = HUMANOID.limbs[2], HUMANOID.limbs[4]
FRAMES = ['', FRANKA.base_frame, FRANKA.ee_frame, BASE.frame, 'odom', 'world']
number = st.floats() | st.sampled_from([0.0, 1.0])
few = st.integers(0, 3)
bits = st.binary(max_size=40).map(partial(array, 'B'))
UNSIGNED = {'uint8': 8, 'uint32': 32, 'uint64': 64}


def values(kind):
    """Return a strategy for a field of a message, by its type as ROS names it."""
    if kind.endswith(']'):
        inner, _, size = kind[:-1].partition('[')
        return st.lists(values(inner), min_size=int(size), max_size=int(size))
    if kind.startswith('sequence<'):
        inner = kind[9:-1]
        if '/' in inner:
            return st.just([])  # none of these is looked at
        if inner == 'uint8':
            return bits
        return st.lists(values(inner), max_size=9)
    if kind in ('double', 'float'):
        return number if kind == 'double' else st.floats(width=32)
    if kind == 'boolean':
        return st.booleans()
    if kind in UNSIGNED:
        return few | st.integers(0, 2 ** UNSIGNED[kind] - 1)
    if kind == 'int32':
        return st.integers(-(2**31), 2**31 - 1)
    if kind == 'string':
        return st.sampled_from([*FRAMES, 'rgb8', 'bgr8', 'float16', 'float32', 'pose'])
    raise AssertionError(f'no strategy for {kind}')


@st.composite
def messages(draw, kind):
    """Return a message of which any field may be anything that its type allows."""
    made = kind()
    for name, type_name in kind.get_fields_and_field_types().items():
        inner = getattr(made, name)
        if hasattr(inner, 'get_fields_and_field_types'):
            setattr(made, name, draw(messages(type(inner))))
        elif draw(st.booleans()):  # else as the constructor has it: empty, zero
            setattr(made, name, draw(values(type_name)))
    return made


def finite(*parts):
    return all(np.isfinite(part).all() for part in parts)


def numbers(found):
    return finite(*(part for part in found if not isinstance(part, Pose)))


def odometry(message):
    from vla_ros.ros.convert.odometry import odometry_from_msg

    return odometry_from_msg(message, BASE)


# What reads a message -> its type, and what must be so of what it is believed to say.
READ = {
    'joint_states': (JointState, lambda m: convert.joints_from_msg(m, JointMap(FRANKA)), None),
    'commanded_joints': (
        JointState, lambda m: trunk.commanded_joints_from_msg(m, JointMap(TORSO)), None,
    ),
    'commanded_state': (CommandedState, convert.commanded_from_msg, numbers),
    'commanded_twist': (TwistStamped, lambda m: trunk.commanded_twist_from_msg(m, BASE), numbers),
    'image': (Image, convert.image_from_msg, lambda found: found[1].size and found[1].ndim == 3),
    'latent': (Latent, convert.latent_from_msg, lambda found: finite(found.data)),
    'chunk': (ActionChunk, convert.chunk_from_msg, lambda found: found.actions.size),
    'failure': (FailureStatus, convert.failure_from_msg,
                lambda found: found.values.shape == (len(found.names),)),
    'status': (ExecutionStatus, convert.status_from_msg, lambda found: found.mode in range(5)),
    'target_pose': (PoseStamped, lambda m: target.pose_target(m, FRANKA), finite),
    'target_twist': (TwistStamped, lambda m: target.twist_target(m, FRANKA), finite),
    'target_wrench': (WrenchStamped, lambda m: target.wrench_target(m, FRANKA), finite),
    'target_joint': (JointState, lambda m: target.joint_target(m, FRANKA), None),
    'target_stiffness': (Float64MultiArray, target.stiffness_target, finite),
    'drive_target': (TwistStamped, lambda m: target.drive_target(m, BASE), finite),
}  # fmt: skip


@pytest.mark.parametrize('name', sorted(READ))
@given(st.data())
def test_whatever_comes_is_refused_with_a_cause_or_good(name, data):
    kind, read, good = READ[name]
    message = data.draw(messages(kind))
    try:
        found = read(message)
    except ConvertError as error:
        assert str(error)
        return
    assert good is not None, f'{message} cannot have the joints that are wanted'
    assert good(found)


# A pose at the origin, of the time 0, with the gripper closed; idle; no scores: all can be meant.
WHOLE = {'commanded_state', 'status', 'failure'}


@pytest.mark.parametrize('name', sorted(READ.keys() - WHOLE))
def test_a_message_that_nobody_has_filled_in_is_refused(name):
    kind, read, _ = READ[name]
    with pytest.raises(ConvertError, match=r'\w'):
        read(kind())


@given(st.data())
def test_odometry_is_refused_with_a_cause_or_good(data):
    nav = pytest.importorskip('nav_msgs.msg')
    message = data.draw(messages(nav.Odometry))
    message.child_frame_id = BASE.frame
    q = message.pose.pose.orientation
    try:
        _, pose, twist = odometry(message)
    except ConvertError as error:
        assert str(error).startswith('odom: ')
        return
    assert abs(np.linalg.norm([q.x, q.y, q.z, q.w]) - 1) < 2e-3
    assert finite(pose, twist)


def test_odometry_of_no_orientation_is_refused():
    nav = pytest.importorskip('nav_msgs.msg')
    message = nav.Odometry(child_frame_id=BASE.frame)
    message.pose.pose.orientation.w = 0.0
    with pytest.raises(ConvertError, match='odom: pose.orientation: expected a unit quaternion'):
        odometry(message)
