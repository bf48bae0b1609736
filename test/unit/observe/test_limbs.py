"""An observation of a humanoid has the state of every limb, of whatever kind."""

import numpy as np
import pytest

from vla_ros.data import SECOND, BodyState, DriveState, Pose, PostureState, RobotState
from vla_ros.observe import Aligner, JointError, JointMap
from vla_ros.observe.joints import Joints
from vla_ros.robots import load_robot


HUMANOID = load_robot('humanoid')
MS = SECOND // 1000
START = 1_700_000_000 * SECOND
POSE = Pose(np.array([0.3, 0.1, 0.0]), np.array([1.0, 0.0, 0.0, 0.0]))
TORSO, HEAD, BASE = 2, 3, 4


class Feed:
    """Feeds an aligner like a humanoid: limbs every 5 ms, the head's images every 33 ms."""

    def __init__(self):
        self.aligner = Aligner(HUMANOID, ('head',), 96)
        self.now, self.count = START, 0
        self.pose, self.yaw = np.zeros(3), 0.0

    def limbs(self, without=()):
        aligner, now = self.aligner, self.now
        for i, limb in enumerate(HUMANOID.limbs):
            if i in without:
                continue
            if limb.kind == 'drive':
                assert not aligner.offer_odom(now, self.pose.copy(), np.array([0.1, 0, 0.2]), i)
                assert not aligner.offer_numbers(now, np.array([0.2, 0.0, 0.3]), i)
                continue
            q = limb.home + (self.yaw if i == HEAD else 0.0)
            assert not aligner.offer_joints(Joints(now, q, np.zeros(limb.n), 0.04), i)
            if limb.kind == 'posture':
                assert not aligner.offer_numbers(now, limb.home + 0.01, i)
            else:
                assert not aligner.offer_command(now, POSE, 0.05, i)

    def run(self, seconds=0.3, without=(), fresh=True, drive=0.0, turn=0.0):
        for _ in range(int(seconds * 30)):
            for _ in range(6):
                self.now += 5 * MS
                self.pose[0] += drive * 0.005
                self.yaw += turn * 0.005
                self.limbs(without)
            self.count += fresh
            picture = np.full((96, 96, 3), self.count % 256, np.uint8)
            assert not self.aligner.offer_image('head', self.now, picture, self.now)
        return self.aligner.observation('go', self.now)


def test_an_observation_has_every_limb():
    feed = Feed()
    observation = feed.run()
    state = observation.state
    assert isinstance(state, BodyState) and state.stamp == feed.now
    assert [type(limb) for limb in state.limbs] == [
        RobotState, RobotState, PostureState, PostureState, DriveState,
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


@pytest.mark.parametrize('motion', [{'drive': 0.6}, {'turn': 0.6}])
def test_a_picture_that_stays_while_the_body_moves_is_frozen(motion):
    """The head's camera moves with the neck and with the base."""
    feed = Feed()
    assert feed.run(fresh=False)
    assert feed.run(fresh=False), 'nothing has moved yet'
    assert feed.run(fresh=False, **motion) is None
    assert 'frozen' in feed.aligner.problem(feed.now)


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
