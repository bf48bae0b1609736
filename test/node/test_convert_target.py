"""Targets as messages: frames honoured, what cannot be believed refused with its cause."""

from dataclasses import replace

from geometry_msgs.msg import PoseStamped, TwistStamped, WrenchStamped
from hypothesis import given
from hypothesis import strategies as st
import numpy as np
import pytest
from robot_feed import POSE, SPEC
from sensor_msgs.msg import JointState
from std_msgs.msg import Float64MultiArray

from vla_ros.core.data import Command
from vla_ros.core.rotations import matrix_from_quat, quat_from_rotvec
from vla_ros.robots.spec import MountSpec
from vla_ros.ros.convert.command import OUTPUTS
from vla_ros.ros.convert.fields import ConvertError, to_pose
from vla_ros.ros.convert.target import (
    joint_target,
    pose_target,
    stiffness_target,
    twist_target,
    wrench_target,
)


TURN = quat_from_rotvec(np.array([0.0, np.pi / 2, 0.3]))
MOUNTED = replace(SPEC, base=MountSpec('map', (1.0, 2.0, 0.5), tuple(TURN.tolist())))


def pose(frame):
    message = PoseStamped(pose=to_pose(POSE))
    message.header.frame_id = frame
    return message


def twist(frame, values=(0.1, 0.2, 0.3, 0.4, 0.5, 0.6), kind=TwistStamped):
    message = kind()
    message.header.frame_id = frame
    inner = message.twist if kind is TwistStamped else message.wrench
    parts = (inner.linear, inner.angular) if kind is TwistStamped else (inner.force, inner.torque)
    for part, three in zip(parts, (values[:3], values[3:]), strict=True):
        part.x, part.y, part.z = three
    return message


def test_a_pose_in_the_base_frame_is_as_it_is():
    np.testing.assert_allclose(
        pose_target(pose(SPEC.base_frame), SPEC), [*POSE.position, *POSE.quaternion]
    )


def test_a_pose_in_the_world_is_seen_from_the_base():
    values = pose_target(pose('map'), MOUNTED)
    turn = matrix_from_quat(TURN)
    np.testing.assert_allclose(turn @ values[:3] + [1, 2, 0.5], POSE.position, atol=1e-12)
    np.testing.assert_allclose(
        turn @ matrix_from_quat(values[3:]), matrix_from_quat(POSE.quaternion), atol=1e-12
    )


@pytest.mark.parametrize('kind', [TwistStamped, WrenchStamped])
def test_vectors_keep_the_tools_axes_and_turn_from_the_worlds(kind):
    read = twist_target if kind is TwistStamped else wrench_target
    numbers = np.array([0.1, 0.2, 0.3, 0.4, 0.5, 0.6])
    np.testing.assert_allclose(read(twist(SPEC.base_frame, kind=kind), SPEC), [*numbers, 0])
    np.testing.assert_allclose(read(twist(SPEC.ee_frame, kind=kind), SPEC), [*numbers, 1])
    turned = read(twist('map', kind=kind), MOUNTED)
    turn = matrix_from_quat(TURN)
    np.testing.assert_allclose(turn @ turned[:3], numbers[:3], atol=1e-12)
    np.testing.assert_allclose(turn @ turned[3:6], numbers[3:], atol=1e-12)
    assert turned[6] == 0


@pytest.mark.parametrize('read', [pose_target, twist_target, wrench_target])
def test_an_unknown_frame_is_refused_with_the_valid_ones(read):
    messages = {pose_target: pose, twist_target: twist}
    make = messages.get(read, lambda frame: twist(frame, kind=WrenchStamped))
    with pytest.raises(ConvertError, match=r"'odom' is not one of .*fr3_link0.*world"):
        read(make('odom'), SPEC)


@given(st.integers(0, 5), st.sampled_from([np.nan, np.inf, -np.inf]))
def test_a_twist_that_is_not_finite_is_refused(place, bad):
    values = [0.0] * 6
    values[place] = bad
    with pytest.raises(ConvertError, match='finite'):
        twist_target(twist(SPEC.base_frame, values), SPEC)


@given(st.permutations(range(7)))
def test_joints_are_found_by_name(order):
    names = [SPEC.joint_names[i] for i in order]
    positions = [float(SPEC.home[i]) for i in order]
    message = JointState(name=[*names, 'finger'], position=[*positions, 0.02])
    np.testing.assert_array_equal(joint_target(message, SPEC), SPEC.home)


@pytest.mark.parametrize(
    ('change', 'cause'),
    [
        (lambda m: m.name.pop(), '7 names, 8 positions|6 names, 7 positions'),
        (lambda m: m.name.__setitem__(1, 'fr3_joint1'), "expected 'fr3_joint1' once"),
        (lambda m: m.position.__setitem__(0, 9.0), r'fr3_joint1: expected -2.7437..2.7437 rad'),
        (lambda m: m.position.__setitem__(3, np.nan), 'fr3_joint4: expected'),
    ],
)
def test_joints_that_cannot_be_are_refused(change, cause):
    message = JointState(name=list(SPEC.joint_names), position=SPEC.home.tolist())
    change(message)
    with pytest.raises(ConvertError, match=cause):
        joint_target(message, SPEC)


def test_a_stiffness_is_six_numbers_or_a_matrix():
    diagonal = [100.0, 200.0, 300.0, 10.0, 20.0, 30.0]
    matrix = stiffness_target(Float64MultiArray(data=diagonal)).reshape(6, 6)
    np.testing.assert_array_equal(matrix, np.diag(diagonal))
    again = stiffness_target(Float64MultiArray(data=matrix.ravel().tolist()))
    np.testing.assert_array_equal(again, matrix.ravel())
    with pytest.raises(ConvertError):
        stiffness_target(Float64MultiArray(data=diagonal[:5]))


@pytest.mark.parametrize('kind', sorted(OUTPUTS))
def test_every_command_type_becomes_its_message(kind):
    command = Command(5_000_000_123, POSE, 0.04, SPEC.home * 2, SPEC.home, SPEC.home * 3)
    output = OUTPUTS[kind]
    message = output.make(command, SPEC)
    assert type(message) is output.type
    if kind in ('effort', 'position', 'velocity'):
        factor = {'effort': 2, 'position': 1, 'velocity': 3}[kind]
        np.testing.assert_array_equal(message.data, SPEC.home * factor)
        return
    assert message.header.stamp.sec == 5
    if kind == 'trajectory':
        (point,) = message.points
        assert message.joint_names == list(SPEC.joint_names)
        assert point.time_from_start.nanosec == 1_000_000
        np.testing.assert_array_equal(point.velocities, SPEC.home * 3)
    elif kind == 'joint_state':
        assert list(message.name) == list(SPEC.joint_names)
        np.testing.assert_array_equal(message.position, SPEC.home)
    else:
        assert message.header.frame_id == SPEC.base_frame
        assert message.pose == to_pose(POSE)
