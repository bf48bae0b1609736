"""The past of an observation: nearest to each time asked for, of the episode alone."""

import numpy as np
import pytest

from vla_ros.core.data import SECOND, Pose
from vla_ros.core.events import CommandedState
from vla_ros.observe import Aligner
from vla_ros.observe.joints import JointMap, Joints
from vla_ros.observe.stamped import Stamped
from vla_ros.policies import ImageFeature
from vla_ros.robots import load_robot
from vla_ros.robots.model import RobotModel


SPEC = load_robot('franka')
MS = SECOND // 1000
START = 1_700_000_000 * SECOND
POSE = Pose(np.array([0.5, 0.0, 0.3]), np.array([1.0, 0.0, 0.0, 0.0]))
SHAPES = [ImageFeature('front', 96, 96, history=True), ImageFeature('wrist', 96, 96)]


class Feed:
    """Feeds an aligner like a robot: states every 5 ms, wrenches 10 ms, pictures 40 ms.

    Joint 0 is at 0.01 rad for each ms that has passed, so a state says of when it is; pictures
    are as grey as the time, in steps of 40 ms.
    """

    def __init__(self, history, shapes=SHAPES):
        self.aligner = Aligner(SPEC, shapes, history=history)
        self.ms = 0

    def run(self, ms, wrench=True):
        for _ in range(ms // 5):
            self.ms += 5
            now = START + self.ms * MS
            q = SPEC.home.copy()
            q[0] = 0.01 * self.ms
            joints = Joints(now, q, np.zeros(7), 0.04, np.full(7, float(self.ms)))
            assert not self.aligner.offer_joints(joints)
            self.aligner.offer_command(CommandedState(now, POSE, 0.05, q + 1))
            if wrench and self.ms % 10 == 0:
                self.aligner.offer_wrench(now, np.full(6, float(self.ms)))
            if self.ms % 40 == 0:
                for name in ('front', 'wrist'):
                    image = np.full((96, 96, 3), self.ms // 40 % 256, np.uint8)
                    assert not self.aligner.offer_image(name, now, image, now)
        return self

    def observation(self, since=0):
        now = START + self.ms * MS
        found = self.aligner.observation('go', now, START + since * MS)
        assert found is not None, self.aligner.problem(now)
        return found


def ages(observation):
    """Return how old the states of the past are, ms."""
    return [round((observation.stamp - then.state.stamp) / MS) for then in observation.past]


def test_each_time_asked_for_has_the_state_and_the_picture_nearest_to_it():
    observation = Feed((0.0, 0.09, 1.0)).run(1200).observation()
    assert [then.ago for then in observation.past] == [0.09, 1.0]
    assert ages(observation) == [90, 1000]
    assert [then.state.position[0] for then in observation.past] == pytest.approx([11.1, 2.0])
    grey = [int(then.images['front'][0, 0, 0]) for then in observation.past]
    assert grey == [1120 // 40, 200 // 40]  # 1110 ms is nearer to 1120 than to 1080
    assert all(then.images.keys() == {'front'} for then in observation.past)


def test_an_observation_without_history_has_no_past():
    assert Feed((0.0,)).run(400).observation().past == ()


@pytest.mark.parametrize('wait', [0, 120])
def test_an_episode_that_is_younger_is_padded_with_its_oldest(wait):
    feed = Feed((0.0, 0.1, 1.0)).run(1000 + wait)
    begun = feed.ms + 5  # between two pictures
    observation = feed.run(400).observation(begun)
    oldest = observation.past[-1]
    assert round((oldest.state.stamp - START) / MS) == begun
    first = -(-begun // 40)  # picture
    assert oldest.images['front'][0, 0, 0] == first
    assert ages(observation)[0] == 100
    assert feed.observation().past[-1].state.position[0] == pytest.approx(0.01 * (feed.ms - 1000))


def test_five_seconds_are_kept_when_they_are_asked_for_and_not_more_than_needed():
    feed = Feed((0.0, 5.0)).run(6500)
    assert ages(feed.observation()) == [5000]
    assert len(feed.aligner._limbs[0].measured._stamps) == 6.0 * 200 + 1
    short = Feed((0.0,)).run(6500)
    assert len(short.aligner._limbs[0].measured._stamps) == 2.0 * 200 + 1


def test_a_state_has_twist_effort_commanded_joints_and_wrench():
    feed = Feed((0.0,)).run(395)
    now = START + feed.ms * MS + 5 * MS
    model, dq = RobotModel(SPEC), np.linspace(0.1, 0.7, 7)
    model.update(SPEC.home, dq)
    feed.aligner.offer_joints(Joints(now, SPEC.home, dq, 0.04, np.arange(7.0)))
    feed.aligner.offer_command(CommandedState(now, POSE, 0.05, SPEC.home + 0.2))
    for name in ('front', 'wrist'):
        feed.aligner.offer_image(name, now, np.zeros((96, 96, 3), np.uint8), now)
    state = feed.aligner.observation('go', now).state
    np.testing.assert_allclose(state.twist, model.jacobian @ dq, atol=1e-12)
    np.testing.assert_array_equal(state.effort, np.arange(7.0))
    np.testing.assert_array_equal(state.commanded_position, SPEC.home + 0.2)
    np.testing.assert_array_equal(state.wrench, np.full(6, 390.0))


def test_what_nobody_reports_is_not_a_number():
    feed = Feed((0.0,)).run(400).run(400, wrench=False)
    now = START + feed.ms * MS
    assert np.isnan(feed.observation().state.wrench).all()  # the newest is 0.4 s old
    later = now + 5 * MS
    feed.aligner.offer_joints(Joints(later, SPEC.home, np.zeros(7), 0.04))
    feed.aligner.offer_command(CommandedState(later, POSE, 0.05, np.zeros(0)))
    for name in ('front', 'wrist'):
        feed.aligner.offer_image(name, later, np.ones((96, 96, 3), np.uint8), later)
    state = feed.aligner.observation('go', later).state
    assert np.isnan(state.effort).all() and np.isnan(state.commanded_position).all()
    assert np.isfinite(state.twist).all()


def test_efforts_are_found_by_name_and_never_a_reason_to_refuse():
    joints = JointMap(SPEC)
    names = (*SPEC.gripper.joints, *SPEC.joint_names[::-1])
    q = np.zeros(len(names))
    effort = np.arange(float(len(names)))
    found = joints.read(1, names, q, q, effort)
    np.testing.assert_array_equal(found.effort, effort[::-1][:7])
    for wrong in ((), effort[:-1], [*effort, 1.0]):
        assert np.isnan(joints.read(1, names, q, q, wrong).effort).all()
    effort[-1] = np.nan
    assert np.isnan(joints.read(1, names, q, q, effort).effort[0])


def test_nothing_is_older_than_the_episode_unless_there_is_nothing_else():
    kept = Stamped('x', 1.0)
    for stamp in (100, 200, 300):
        kept.offer(stamp, -stamp)
    assert kept.at(90) == (100, -100) and kept.at(140) == (100, -100)
    assert kept.at(140, since=140) == (200, -200) and kept.at(260, since=200) == (300, -300)
    assert kept.at(310, since=301) == (300, -300)
