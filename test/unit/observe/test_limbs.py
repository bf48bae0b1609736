"""An observation of a body has the state of every limb, of whatever kind."""

import numpy as np
import pytest

from vla_ros.core.data import SECOND, BodyState, JointGroupState, MobileBaseState, Pose, RobotState
from vla_ros.core.events import CommandedState
from vla_ros.observe import Aligner, JointError, JointMap
from vla_ros.observe.joints import Joints
from vla_ros.policies import ImageFeature
from vla_ros.robots import load_robot


HUMANOID, ALOHA = load_robot('humanoid'), load_robot('aloha')
MS = SECOND // 1000
START = 1_700_000_000 * SECOND
POSE = Pose(np.array([0.3, 0.1, 0.0]), np.array([1.0, 0.0, 0.0, 0.0]))
TORSO, HEAD, BASE = 2, 3, 4


class Feed:
    """Feeds an aligner like a body: limbs every 5 ms, images every 33 ms."""

    def __init__(self, robot=HUMANOID, cameras=('head',)):
        self.robot, self.cameras = robot, cameras
        self.aligner = Aligner(robot, [ImageFeature(name, 96, 96) for name in cameras])
        self.now, self.count = START, 0
        self.pose, self.turned = np.zeros(3), 0.0

    def limbs(self, without=(), turning=HEAD):
        aligner, now = self.aligner, self.now
        for i, limb in enumerate(self.robot.limbs):
            if i in without:
                continue
            if limb.kind == 'mobile_base':
                assert not aligner.offer_odom(now, self.pose.copy(), np.array([0.1, 0, 0.2]), i)
                assert not aligner.offer_numbers(now, np.array([0.2, 0.0, 0.3]), i)
                continue
            q = limb.home + (self.turned if i == turning else 0.0)
            assert not aligner.offer_joints(Joints(now, q, np.zeros(limb.n), 0.04), i)
            if limb.kind == 'joint_group':
                assert not aligner.offer_numbers(now, limb.home + 0.01, i)
            else:
                assert not aligner.offer_command(CommandedState(now, POSE, 0.05, limb.home), i)

    def run(self, seconds=0.3, without=(), fresh=True, drive=0.0, turn=0.0, turning=HEAD):
        for _ in range(int(seconds * 30)):
            for _ in range(6):
                self.now += 5 * MS
                self.pose[0] += drive * 0.005
                self.turned += turn * 0.005
                self.limbs(without, turning)
            self.count += fresh
            picture = np.full((96, 96, 3), self.count % 256, np.uint8)
            for name in self.cameras:
                assert not self.aligner.offer_image(name, self.now, picture, self.now)
        return self.aligner.observation('go', self.now)


def test_an_observation_has_every_limb():
    feed = Feed()
    observation = feed.run()
    state = observation.state
    assert isinstance(state, BodyState) and state.stamp == feed.now
    assert [type(limb) for limb in state.limbs] == [
        RobotState, RobotState, JointGroupState, JointGroupState, MobileBaseState,
    ]  # fmt: skip
    assert state.vector().shape == (48,)
    np.testing.assert_allclose(state.vector()[32:38], [0, 0, 0.15, 0.01, 0.01, 0.16])
    np.testing.assert_allclose(state.vector()[-6:], [0.1, 0, 0.2, 0.2, 0, 0.3])


@pytest.mark.parametrize(
    ('limb', 'words'),
    [
        (0, 'left: joint_states: nothing received yet'),
        (TORSO, 'torso: joint_states: nothing received yet'),
        (BASE, 'base: odom: nothing received yet'),
    ],
)
def test_a_limb_that_is_silent_is_named(limb, words):
    feed = Feed()
    assert feed.run(without=(limb,)) is None
    assert feed.aligner.problem(feed.now) == words


def test_what_is_commanded_must_be_known_too():
    feed = Feed()
    feed.run()
    feed.now += 33 * MS
    feed.limbs(without=(TORSO,))
    feed.aligner.offer_joints(Joints(feed.now, np.zeros(3), np.zeros(3), 0.0), TORSO)
    feed.now += 33 * MS
    feed.limbs(without=(TORSO,))
    feed.aligner.offer_joints(Joints(feed.now, np.zeros(3), np.zeros(3), 0.0), TORSO)
    picture = np.full((96, 96, 3), 99, np.uint8)
    feed.aligner.offer_image('head', feed.now, picture, feed.now)
    assert 'torso: commanded_joints: nearest sample is 0.066 s' in feed.aligner.problem(feed.now)


@pytest.mark.parametrize(
    ('robot', 'camera', 'limbs'),
    [
        (HUMANOID, 'head', (TORSO, HEAD)),
        (HUMANOID, 'left_wrist', (0, TORSO)),
        (HUMANOID, 'right_wrist', (1, TORSO)),
        (ALOHA, 'left_wrist', (0,)),
        (ALOHA, 'right_wrist', (1,)),
        (ALOHA, 'top', (0, 1)),  # nothing carries it: it sees the arms
    ],
)
def test_a_picture_may_stay_unless_a_limb_moves_that_it_must_show(robot, camera, limbs):
    for limb in (i for i, own in enumerate(robot.limbs) if own.kind != 'mobile_base'):
        feed = Feed(robot, (camera,))
        assert feed.run(fresh=False, turning=limb)
        assert feed.run(fresh=False, turning=limb), 'nothing has moved yet'
        observation = feed.run(1.0, fresh=False, turn=0.6, turning=limb)
        frozen = f'camera {camera}: frozen, the same picture while the robot moved'
        assert feed.aligner.problem(feed.now) == (frozen if limb in limbs else '')
        assert (observation is None) == (limb in limbs)


def test_a_drive_freezes_no_camera():
    """Over a plain floor its pictures are alike; and odometry's yaw leaps from pi to -pi."""
    feed = Feed()
    assert feed.run(fresh=False)
    assert feed.run(1.0, fresh=False, drive=0.6)
    feed.pose[2] = -3.1
    assert feed.run(fresh=False)


@pytest.mark.parametrize('limb', [TORSO, BASE])
def test_an_older_sample_is_refused_by_its_topic(limb):
    feed = Feed()
    feed.run()
    commanded = np.zeros(HUMANOID.limbs[limb].n)
    topic = 'commanded_joints' if limb == TORSO else 'commanded_twist'
    cause = feed.aligner.offer_numbers(feed.now - MS, commanded, limb)
    assert cause == f'{topic}: stamp repeated or older than the last'


def test_joints_of_a_posture_are_found_by_name():
    torso = HUMANOID.limbs[TORSO]
    names = ['waist_pitch_joint', 'elbow', 'waist_yaw_joint', 'waist_roll_joint']
    joints = JointMap(torso).read(5, names, [0.3, 9.0, 0.1, 0.2], [])
    np.testing.assert_array_equal(joints.position, (0.1, 0.2, 0.3))
    assert joints.gripper == 0.0
    with pytest.raises(JointError, match="'waist_roll_joint' is missing"):
        JointMap(torso).read(5, names[:3], [0.3, 9.0, 0.1], [])
