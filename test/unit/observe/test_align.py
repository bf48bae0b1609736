import numpy as np
import pytest

from vla_ros.core.data import SECOND, Pose
from vla_ros.core.events import CommandedState
from vla_ros.observe import AlignConfig, Aligner, ImageError, resize_area
from vla_ros.observe.joints import Joints
from vla_ros.observe.watch import CameraWatch
from vla_ros.policies import ImageFeature
from vla_ros.robots import load_robot


SHAPES = [ImageFeature(name, 96, 96) for name in ('front', 'wrist')]
SPEC = load_robot('franka')
MS = SECOND // 1000
NONE = np.zeros(0)
START = 1_700_000_000 * SECOND
POSE = Pose(np.array([0.5, 0.0, 0.3]), np.array([1.0, 0.0, 0.0, 0.0]))


def picture(value, size=96):
    return np.full((size, size, 3), value % 256, np.uint8)


class Feed:
    """Feeds an aligner like a robot: joints and commands every 5 ms, images every 33 ms."""

    def __init__(self, **config):
        self.aligner = Aligner(SPEC, SHAPES, AlignConfig(**config))
        self.now = START
        self.count = 0
        self.q = SPEC.home.copy()

    def run(self, seconds, cameras=('front', 'wrist'), moving=0.0, fresh=True):
        for _ in range(int(seconds * 30)):
            for _ in range(6):
                self.now += 5 * MS
                self.q = self.q + moving * 0.005
                self.aligner.offer_joints(Joints(self.now, self.q, np.zeros(7), 0.04))
                self.aligner.offer_command(CommandedState(self.now, POSE, 0.05, SPEC.home))
            self.count += fresh
            for name in cameras:
                assert not self.aligner.offer_image(name, self.now, picture(self.count), self.now)
        return self


def test_an_observation_has_the_newest_images_and_the_nearest_state():
    feed = Feed().run(0.5)
    stamp = feed.now
    late = stamp + 4 * MS  # a state after the image, but further away
    feed.aligner.offer_joints(Joints(late, feed.q + 1, np.zeros(7), 0.0))
    observation = feed.aligner.observation('pick up the red cube', late)
    assert observation.stamp == stamp
    assert observation.state.stamp == stamp
    assert observation.instruction == 'pick up the red cube'
    assert (observation.images['front'] == feed.count).all()
    assert observation.state.commanded.position.tolist() == POSE.position.tolist()
    assert observation.state.gripper == 0.04 and observation.state.commanded_gripper == 0.05
    assert feed.aligner.observation('pick up the red cube', late) is observation


def test_images_of_one_observation_are_of_one_moment():
    feed = Feed().run(0.5)
    before = feed.now
    feed.now += 33 * MS
    feed.aligner.offer_image('front', feed.now, picture(200), feed.now)
    observation = feed.aligner.observation('', feed.now)
    assert observation.stamp == before  # the wrist camera's picture is still on its way
    feed.aligner.offer_image('wrist', feed.now, picture(200), feed.now)
    assert feed.aligner.observation('', feed.now).stamp == feed.now


@pytest.mark.parametrize('camera', ['front', 'wrist'])
def test_a_silent_camera_is_named(camera):
    other = {'front': 'wrist', 'wrist': 'front'}[camera]
    feed = Feed().run(0.5)
    feed.run(1.2, cameras=(other,))
    assert feed.aligner.observation('', feed.now) is None
    assert f'camera {camera}: silent for 1.1 s' == feed.aligner.problem(feed.now)
    feed.run(0.1)
    assert not feed.aligner.problem(feed.now)


def test_a_camera_that_never_spoke_is_named_with_its_topic():
    feed = Feed().run(0.2, cameras=('front',))
    problem = feed.aligner.problem(feed.now)
    assert problem == "camera wrist: no image yet on 'camera/wrist/image_raw'"


def test_a_frozen_camera_is_noticed_once_the_arm_moves():
    feed = Feed().run(0.3)
    feed.run(2.0, fresh=False)
    assert not feed.aligner.problem(feed.now)  # a still scene
    feed.run(0.5, moving=0.5, fresh=False)
    assert 'frozen' in feed.aligner.problem(feed.now)
    assert feed.aligner.observation('', feed.now) is None
    feed.run(0.1, moving=0.5)
    assert not feed.aligner.problem(feed.now)


def test_joints_that_come_after_the_picture_of_where_they_are_freeze_no_camera():
    camera, home, put = SPEC.camera('front'), np.zeros(7), np.full(7, 0.8)
    watch, now = CameraWatch(camera, 0.5, 0.05), 0

    def look(shade, position):
        nonlocal now
        now += 33 * MS
        assert not watch.offer(now, picture(shade), now, position)
        return watch.problem(now)

    assert not look(10, home)
    assert not look(200, home)  # the robot was put elsewhere; its joints are still on their way
    assert not any(look(200, put) for _ in range(60))  # it stands still there
    assert 'frozen' in look(200, home)


def test_images_of_the_wrong_size_are_refused_with_both_sizes():
    feed = Feed().run(0.2)
    cause = feed.aligner.offer_image('front', feed.now + MS, picture(1, 64), feed.now)
    assert cause == 'camera front: expected (96, 96, 3) uint8, got (64, 64, 3) uint8'
    never = Aligner(SPEC, SHAPES[:1])
    never.offer_image('front', START, picture(1, 64), START)
    assert '(64, 64, 3)' in never.problem(START)


def test_stamps_must_ascend_but_a_clock_set_back_is_followed():
    feed = Feed().run(0.5)
    for stamp in (feed.now, feed.now - 30 * MS):
        assert 'older than the last' in feed.aligner.offer_image(
            'front', stamp, picture(0), feed.now
        )
        assert feed.aligner.offer_joints(Joints(stamp, feed.q, np.zeros(7), 0.0))
        assert feed.aligner.offer_command(CommandedState(stamp, POSE, 0.0, NONE))
    feed.now -= 3600 * SECOND
    feed.run(0.5)
    assert feed.aligner.observation('', feed.now).stamp == feed.now


@pytest.mark.parametrize('what', ['joint_states', 'commanded_state'])
def test_a_state_that_is_missing_or_too_far_away_is_named(what):
    feed = Feed()
    offers = {
        'joint_states': lambda t: feed.aligner.offer_joints(Joints(t, feed.q, np.zeros(7), 0.0)),
        'commanded_state': lambda t: feed.aligner.offer_command(
            CommandedState(t, POSE, 0.0, NONE)
        ),
    }
    for name, offer in offers.items():
        if name != what:
            offer(START)
    for camera in ('front', 'wrist'):
        feed.aligner.offer_image(camera, START, picture(0), START)
    assert feed.aligner.problem(START) == f'{what}: nothing received yet'
    offers[what](START - 80 * MS)
    assert '0.080 s away from the newest image' in feed.aligner.problem(START)


def test_resizing_averages_over_areas_and_keeps_the_aspect_ratio():
    image = np.zeros((192, 192, 3), np.uint8)
    image[::2] = 200
    assert (resize_area(image, 96, 96) == 100).all()
    small = picture(3)
    assert resize_area(small, 96, 96) is small
    with pytest.raises(ImageError, match='aspect ratio 96:96, got an image of 128x96'):
        resize_area(np.zeros((96, 128, 3), np.uint8), 96, 96)


def test_config_refuses_nonsense():
    with pytest.raises(ValueError, match='image_skew'):
        AlignConfig(image_skew=0.0)
