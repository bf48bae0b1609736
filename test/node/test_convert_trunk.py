"""JointGroups and drives as messages and back, and what of them is not believed."""

import math

from geometry_msgs.msg import TwistStamped
import numpy as np
import pytest
from rclpy.serialization import deserialize_message, serialize_message
from sensor_msgs.msg import JointState
from std_msgs.msg import Float64MultiArray
from trajectory_msgs.msg import JointTrajectory

from vla_ros.core.data import JointGroupState, MobileBaseState, Pose, RobotState
from vla_ros.observe import JointMap
from vla_ros.robots import load_robot
from vla_ros.ros import convert
from vla_ros.ros.convert import ConvertError
from vla_ros.ros.convert import limbs as trunk
from vla_ros.ros.convert.target import drive_target, joint_target
from vla_ros.runtime.shm_limb import JointGroupSnapshot


ROBOT = load_robot('humanoid')
LEFT, TORSO, BASE = ROBOT.limbs[0], ROBOT.limbs[2], ROBOT.limbs[4]
POSTURE = JointGroupState(7, np.array([0.1, 0.2, 0.3]), np.zeros(3), np.array([0.11, 0.21, 0.31]))
DRIVE = MobileBaseState(
    8, np.array([0.2, 0.1, 0.3]), np.array([0.25, 0.0, 0.4]), np.array([1, 2, 1.0])
)


def over_the_wire(message):
    return deserialize_message(serialize_message(message), type(message))


def test_what_a_posture_is_sent_is_read_back_by_name():
    message = over_the_wire(trunk.commanded_joints(TORSO, JointGroupSnapshot(POSTURE, np.ones(3))))
    assert message.velocity.tolist() == [1.0] * 3
    order = [2, 0, 1]
    shuffled = JointState(header=message.header, name=[message.name[i] for i in order])
    shuffled.position = [message.position[i] for i in order]
    stamp, q = trunk.commanded_joints_from_msg(shuffled, JointMap(TORSO))
    assert stamp == 7
    np.testing.assert_array_equal(q, POSTURE.commanded)


def test_a_posture_that_is_not_whole_is_refused_by_its_topic():
    message = JointState(name=['waist_yaw_joint'], position=[0.0])
    with pytest.raises(ConvertError, match="commanded_joints: 'waist_roll_joint' is missing"):
        trunk.commanded_joints_from_msg(message, JointMap(TORSO))


def test_what_a_drive_is_sent_is_read_back():
    message = over_the_wire(trunk.commanded_twist(BASE, DRIVE))
    assert message.header.frame_id == 'base_link'
    stamp, twist = trunk.commanded_twist_from_msg(message, BASE)
    assert stamp == 8
    np.testing.assert_array_equal(twist, DRIVE.commanded)


def twist_of(frame='base_link', **parts):
    message = TwistStamped()
    message.header.frame_id = frame
    for name, value in parts.items():
        part, axis = name.split('_')
        setattr(getattr(message.twist, part), axis, value)
    return message


@pytest.mark.parametrize(
    ('message', 'cause'),
    [
        (twist_of('odom', linear_x=0.1), "expected 'base_link', got 'odom'"),
        (twist_of(linear_z=0.1), 'only, got .0.1, 0.0, 0.0. of the others'),
        (twist_of(angular_x=0.1), 'only, got'),
        (twist_of(linear_y=math.nan), 'finite'),
        (twist_of(angular_y=math.inf), 'finite'),
    ],
)
def test_twists_that_no_base_can_follow_are_refused(message, cause):
    with pytest.raises(ConvertError, match=cause):
        drive_target(message, BASE)


def test_targets_of_a_posture_are_found_by_name():
    names = list(TORSO.joint_names)[::-1]
    message = JointState(name=names, position=[0.3, 0.2, 0.1])
    np.testing.assert_array_equal(joint_target(message, TORSO), (0.1, 0.2, 0.3))
    message.position = [0.3, 0.2, 1.1]
    with pytest.raises(ConvertError, match='waist_yaw_joint: expected -1.0..1.0 rad, got 1.1'):
        joint_target(message, TORSO)


def test_joint_states_have_all_limbs_and_the_floor():
    """The speeds of the joints that carry a base are those along the floor's axes."""
    pose = Pose(np.zeros(3), np.array([0.0, 0.0, 0.0, 1.0]))
    arm = RobotState(7, LEFT.home, np.ones(7), pose, 0.08, pose, 0.08)
    message = over_the_wire(convert.joints_to_msg([(LEFT, arm), (TORSO, POSTURE), (BASE, DRIVE)]))
    found = dict(
        zip(message.name, zip(message.position, message.velocity, strict=True), strict=True)
    )
    assert len(found) == 7 + 2 + 3 + 3
    assert found['left_left_finger_joint'] == (0.04, 0.0)
    assert found['waist_roll_joint'] == (0.2, 0.0)
    c, s = math.cos(1.0), math.sin(1.0)
    assert found['base_x'] == pytest.approx((1.0, 0.2 * c - 0.1 * s))
    assert found['base_y'] == pytest.approx((2.0, 0.2 * s + 0.1 * c))
    assert found['base_yaw'] == pytest.approx((1.0, 0.3))


def test_odometry_is_read_back():
    pytest.importorskip('nav_msgs')
    from vla_ros.ros.convert.odometry import odometry_from_msg, odometry_to_msg

    message = over_the_wire(odometry_to_msg(BASE, DRIVE))
    assert (message.header.frame_id, message.child_frame_id) == ('odom', 'base_link')
    stamp, pose, twist = odometry_from_msg(message, BASE)
    assert stamp == 8
    np.testing.assert_allclose(pose, DRIVE.pose)
    np.testing.assert_array_equal(twist, DRIVE.twist)
    message.twist.twist.linear.z = 0.2  # a wheel goes over a cable
    np.testing.assert_array_equal(odometry_from_msg(message, BASE)[2], DRIVE.twist)
    message.child_frame_id = 'base_footprint'
    with pytest.raises(ConvertError, match="expected 'base_link', got 'base_footprint'"):
        odometry_from_msg(message, BASE)
    message.child_frame_id, message.twist.twist.angular.z = 'base_link', math.nan
    with pytest.raises(ConvertError, match='odom: expected finite'):
        odometry_from_msg(message, BASE)


@pytest.mark.parametrize(
    ('kind', 'message'),
    [
        ('position', Float64MultiArray), ('trajectory', JointTrajectory),
        ('joint_state', JointState),
    ],
)  # fmt: skip
def test_a_posture_is_commanded_in_every_way_its_driver_may_take(kind, message):
    made = trunk.OUTPUTS[kind]
    assert made.type is message
    sent = over_the_wire(made.make(JointGroupSnapshot(POSTURE, np.ones(3)), TORSO))
    if kind == 'position':
        values = sent.data
    elif kind == 'trajectory':
        values = sent.points[0].positions
        assert sent.points[0].time_from_start.nanosec == 5_000_000
        assert tuple(sent.joint_names) == TORSO.joint_names
    else:
        values = sent.position
        assert tuple(sent.name) == TORSO.joint_names and list(sent.velocity) == [1.0] * 3
    np.testing.assert_array_equal(values, POSTURE.commanded)
