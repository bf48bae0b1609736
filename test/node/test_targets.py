"""Target topics at the control node with its 1 kHz process and the simulation."""

import time

from control_bench import ControlBench, shared
from geometry_msgs.msg import PoseStamped, TwistStamped, WrenchStamped
import numpy as np
import pytest
from rclpy.node import Node
from robot_feed import SPEC
from sensor_msgs.msg import JointState
from std_msgs.msg import Float64, Float64MultiArray

from vla_ros.core.data import Mode
from vla_ros.ros import convert, qos
from vla_ros.ros.convert.fields import to_pose
from vla_ros_msgs.srv import SetInstruction


pytestmark = pytest.mark.realtime


pytest.importorskip('mujoco')
FOLLOWED = 'taken over by a person'


class Teleoperated(ControlBench):
    """The node, taken over; what it published last."""

    def __init__(self, bench):
        self.poses = bench.listen(qos.CURRENT_POSE)
        self.twists = bench.listen(qos.CURRENT_TWIST)
        self.wrenches = bench.listen(qos.EXTERNAL_WRENCH)
        self.errors = bench.listen(qos.TRACKING_ERROR)
        self.marks = bench.listen(qos.INTERVENTION)
        super().__init__(bench)
        bench.until(lambda: self.statuses and self.poses, 'nothing is published')

    def take(self):
        assert self.trigger('takeover').success
        self.until(Mode.TAKEOVER)

    def pose(self, offset=(0, 0, 0), frame=SPEC.base_frame):
        commanded = self.status.commanded
        message = PoseStamped()
        message.header.frame_id = frame
        position = commanded.position + offset
        message.pose = to_pose(type(commanded)(position, commanded.quaternion))
        return message

    def stream(self, topic, message, done, words, timeout=10.0):
        """Send a message at 50 Hz, with a new stamp each, until done."""

        def send():
            if hasattr(message, 'header'):
                message.header.stamp = convert.to_time(time.time_ns())
            self.bench.send(topic, message)

        self.repeat(send, 0.02, done, words, timeout)


@pytest.fixture(scope='module')
def running():
    yield from shared(Teleoperated)


@pytest.fixture
def arm(running):
    running.rest()
    return running


def twist(y=0.1, frame=SPEC.base_frame):
    message = TwistStamped()
    message.header.frame_id = frame
    message.twist.linear.y = y
    return message


def test_a_pose_and_an_opening_are_followed_and_measured(arm):
    arm.take()
    message = arm.pose((0, 0.05, 0))
    goal = message.pose.position.y
    arm.stream(qos.TARGET_GRIPPER, Float64(data=0.02), lambda: arm.status.gripper < 0.03, 'open')
    arm.stream(
        qos.TARGET_POSE, message, lambda: abs(arm.poses[-1].pose.position.y - goal) < 0.005, 'far'
    )
    assert arm.poses[-1].header.frame_id == SPEC.base_frame
    assert abs(arm.errors[-1].pose.position.y) < 0.02
    assert arm.errors[-1].pose.orientation.w > 0.99
    assert len(arm.wrenches) and np.isfinite(arm.twists[-1].twist.linear.y)


def test_a_twist_moves_and_its_silence_holds(arm):
    arm.take()
    start = arm.status.measured.position[1]
    there = start + 0.03 * (-1 if start > 0 else 1)
    speed = 0.1 * np.sign(there - start)
    arm.stream(
        qos.TARGET_TWIST, twist(speed),
        lambda: abs(arm.status.measured.position[1] - start) > 0.03, 'it stays',
    )  # fmt: skip
    arm.bench.until(lambda: arm.status.cause == 'target_twist is stale: holding')
    assert arm.status.mode is Mode.TAKEOVER
    arm.bench.spin(0.5)  # it brakes
    before = arm.status.commanded.position
    arm.bench.spin(0.3)
    assert np.abs(arm.status.commanded.position - before).max() < 1e-3


def test_joints_are_followed_by_name(arm):
    arm.take()
    names = list(SPEC.joint_names)[::-1]
    wanted = dict(zip(SPEC.joint_names, SPEC.home, strict=True))
    wanted['fr3_joint1'] += 0.1
    message = JointState(name=names, position=[float(wanted[name]) for name in names])
    y = arm.status.measured.position[1]
    arm.stream(
        qos.TARGET_JOINT, message, lambda: abs(arm.status.measured.position[1] - y) > 0.02, 'still'
    )


@pytest.mark.parametrize(
    ('make', 'cause'),
    [
        (lambda arm: (qos.TARGET_POSE, arm.pose(frame='map')), "'map' is not one of"),
        (lambda arm: (qos.TARGET_POSE, arm.pose(frame='')), "'' is not one of"),
        (lambda arm: (qos.TARGET_POSE, arm.pose((np.nan, 0, 0))), 'expected finite numbers'),
        (lambda arm: (qos.TARGET_TWIST, twist(np.inf)), 'expected finite numbers'),
        (lambda arm: (qos.TARGET_TWIST, twist(0.1, 'odom')), "'odom' is not one of"),
        (lambda arm: (qos.TARGET_WRENCH, WrenchStamped()), "'' is not one of"),
        (lambda arm: (qos.TARGET_GRIPPER, Float64(data=np.nan)), 'finite opening'),
        (
            lambda arm: (qos.TARGET_JOINT, JointState(name=['a'], position=[0.0])),
            "expected 'fr3_joint1' once",
        ),
        (
            lambda arm: (qos.TARGET_STIFFNESS, Float64MultiArray(data=[100.0] * 5)),
            'target_stiffness: ',
        ),
        (
            lambda arm: (qos.TARGET_STIFFNESS, Float64MultiArray(data=[-100.0] + [10.0] * 5)),
            'target_stiffness: ',
        ),
    ],
    ids=range(10),
)
def test_what_cannot_be_believed_is_refused_with_its_cause(arm, make, cause):
    arm.take()
    before = arm.status.measured.position
    topic, message = make(arm)
    arm.stream(topic, message, lambda: cause in arm.status.last_refusal, 'not refused')
    assert arm.status.refused_targets
    assert np.abs(arm.status.measured.position - before).max() < 2e-3


def test_a_quaternion_that_is_not_one_is_refused(arm):
    arm.take()
    message = arm.pose()
    message.pose.orientation.x *= 1.002
    arm.stream(qos.TARGET_POSE, message, lambda: 'unit' in arm.status.last_refusal, 'not refused')


def test_without_a_stamp_or_with_an_old_one_it_is_refused(arm):
    arm.take()
    arm.bench.send(qos.TARGET_TWIST, twist())
    arm.bench.until(lambda: 'header.stamp' in arm.status.last_refusal)
    message = twist()
    message.header.stamp = convert.to_time(time.time_ns() - 200_000_000)
    arm.bench.send(qos.TARGET_TWIST, message)
    arm.bench.until(lambda: 's old' in arm.status.last_refusal)


def test_before_a_takeover_targets_are_refused(arm):
    arm.stream(
        qos.TARGET_TWIST, twist(), lambda: 'refused in IDLE' in arm.status.last_refusal, 'followed'
    )


def test_two_publishers_are_refused_and_named(arm):
    arm.take()
    arm.stream(
        qos.TARGET_TWIST, twist(0.0), lambda: arm.status.cause == FOLLOWED, 'one is not followed'
    )
    other = Node('intruder', context=arm.bench.context)
    try:
        other.create_publisher(TwistStamped, qos.TARGET_TWIST.name, qos.TARGET_TWIST.qos)
        arm.stream(
            qos.TARGET_TWIST, twist(),
            lambda: 'expected one publisher' in arm.status.last_refusal, 'both are followed',
        )  # fmt: skip
        assert '/intruder and /tester' in arm.status.last_refusal
    finally:
        other.destroy_node()
    arm.stream(
        qos.TARGET_TWIST, twist(0.0), lambda: arm.status.cause == FOLLOWED, 'refused for good'
    )


def test_another_stiffness_is_taken_over_while_the_arm_holds(arm):
    arm.take()
    before = arm.status.measured.position
    message = Float64MultiArray(data=[200.0, 200.0, 200.0, 20.0, 20.0, 20.0])
    refused = arm.status.refused_targets
    for _ in range(5):
        arm.bench.send(qos.TARGET_STIFFNESS, message)
        arm.bench.spin(0.05)
    assert arm.status.refused_targets == refused, arm.status.last_refusal
    assert np.abs(arm.status.measured.position - before).max() < 5e-3


def test_an_intervention_in_an_episode_is_marked(arm):
    arm.marks.clear()
    answer = arm.bench.call(
        SetInstruction, 'set_instruction', instruction='pick up the red cube', episode_id='e7'
    )
    assert answer.accepted
    arm.take()
    arm.bench.until(lambda: arm.marks, 'no mark')
    assert arm.trigger('release').success
    arm.bench.until(lambda: len(arm.marks) == 2, 'no end')
    events = [(mark.event, mark.episode_id) for mark in arm.marks]
    assert events == [('intervention_start', 'e7'), ('intervention_end', 'e7')]
