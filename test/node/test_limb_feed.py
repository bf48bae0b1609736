"""A node that observes a humanoid hears of every limb, and says what it does not believe."""

from dataclasses import dataclass
import time

from geometry_msgs.msg import TwistStamped
import numpy as np
import pytest
from sensor_msgs.msg import JointState

from vla_ros.core.data import JointGroupState, MobileBaseState, Pose, RobotState
from vla_ros.observe import Aligner
from vla_ros.policies import ImageFeature
from vla_ros.robots import load_robot, named_limbs
from vla_ros.ros import convert, qos
from vla_ros.ros.convert import limbs as trunk
from vla_ros.ros.observe.limb_feed import LimbFeed
from vla_ros.ros.stage_node import StageNode
from vla_ros.runtime.shm_limb import JointGroupSnapshot
from vla_ros_msgs.msg import CommandedState


pytest.importorskip('nav_msgs')
from vla_ros.ros.convert.odometry import odometry_to_msg  # noqa: E402


ROBOT = load_robot('humanoid')
POSE = Pose(np.array([0.3, 0.1, 0.0]), np.array([1.0, 0.0, 0.0, 0.0]))
TWIST = np.array([0.1, 0.0, 0.2])


@dataclass(frozen=True)
class Nothing:
    """No parameters."""


class Listener(StageNode):
    """Only hears of the limbs."""

    Config = Nothing

    def configure(self, config):
        self.said = []
        self.aligner = Aligner(ROBOT, [ImageFeature('head', 96, 96)])
        for i, (name, limb) in enumerate(named_limbs(ROBOT)):
            LimbFeed(self, self.aligner, i, name, limb, self.said.append)


class Robot:
    """Publishes what a humanoid's control node does."""

    def __init__(self, bench):
        self.bench = bench
        self.node = bench.start(Listener)

    def moment(self, stamp):
        """Publish every limb at home; the base drives."""
        states = [(limb, self._state(limb, stamp)) for limb in ROBOT.limbs]
        send = self.bench.send
        send(qos.JOINT_STATES, convert.joints_to_msg(states))
        for limb, state in states:
            if limb.kind == 'arm':
                message = convert.commanded_to_msg(limb, state)
            elif limb.kind == 'joint_group':
                snapshot = JointGroupSnapshot(state, np.zeros(limb.n))
                message = trunk.commanded_joints(limb, snapshot)
            else:
                message = trunk.commanded_twist(limb, state)
                send(qos.odom('odom'), odometry_to_msg(limb, state))
            send(qos.COMMANDED[limb.kind].of(limb.name), message)

    def _state(self, limb, stamp):
        if limb.kind == 'mobile_base':
            return MobileBaseState(stamp, TWIST, 2 * TWIST)
        still = np.zeros(limb.n)
        if limb.kind == 'joint_group':
            return JointGroupState(stamp, limb.home, still, limb.home + 0.1)
        return RobotState(stamp, limb.home, still, POSE, 0.08, POSE, 0.07)

    def picture(self, stamp):
        image = np.zeros((96, 96, 3), np.uint8)
        assert self.node.aligner.offer_image('head', stamp, image, stamp) == ''


@pytest.fixture
def robot(bench):
    return Robot(bench)


def test_an_observation_is_made_of_what_all_limbs_say(bench, robot):
    stamp = time.time_ns()
    robot.moment(stamp)
    robot.picture(stamp)
    bench.until(
        lambda: robot.node.aligner.observation('go', stamp),
        lambda: robot.node.aligner.problem(stamp),
    )
    vector = robot.node.aligner.observation('go', stamp).state.vector()
    assert vector.shape == (48,)
    np.testing.assert_allclose(vector[35:38], ROBOT.limbs[2].home + 0.1)
    np.testing.assert_allclose(vector[-6:], [*TWIST, *(2 * TWIST)])
    assert vector[15] == pytest.approx(0.07) and not robot.node.said


def wrong_frame():
    message = TwistStamped()
    message.header.stamp, message.header.frame_id = convert.to_time(9), 'odom'
    return message


def commanded(**fields):
    message = CommandedState(**fields)
    message.header.stamp, message.pose.orientation.w = convert.to_time(9), 1.0
    return message


@pytest.mark.parametrize(
    ('topic', 'message', 'cause'),
    [
        (qos.COMMANDED_TWIST.of('base'), wrong_frame(), "expected 'base_link', got 'odom'"),
        (
            qos.COMMANDED_JOINTS.of('head'),
            JointState(name=['head_yaw_joint'], position=[0.1]),
            "commanded_joints: 'head_pitch_joint' is missing",
        ),
        (
            qos.JOINT_STATES,
            JointState(name=[n for n in ROBOT.joint_names if n != 'waist_roll_joint']),
            "'waist_roll_joint' is missing",
        ),
        (qos.JOINT_STATES, JointState(), 'is missing from []'),
        (
            qos.COMMANDED_STATE.of('left'),
            commanded(joint_position=[0.1, 0.2]),
            'commanded_state.joint_position: expected 7 numbers, got 2',
        ),
        (qos.COMMANDED_JOINTS.of('head'), JointState(), 'is missing from []'),
    ],
)
def test_what_is_not_believed_is_said(bench, robot, topic, message, cause):
    bench.send(topic, message)
    bench.until(lambda: any(cause in words for words in robot.node.said), lambda: robot.node.said)
