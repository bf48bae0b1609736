"""The embedded reasoner: what it accepts, what it refuses, and when it may look around first."""

import numpy as np
import pytest

from vla_ros.core.data import SECOND, Observation, Pose, RobotState
from vla_ros.policies import EpisodeInfo, load_policy
from vla_ros.policies.latent_maker import latent_maker
from vla_ros.robots import load_robot


pytest.importorskip('onnx')
from fake_policy import SIZE, write_fake_policy  # noqa: E402


POSE = Pose(np.array([0.45, 0.0, 0.3]), np.array([1.0, 0.0, 0.0, 0.0]))
STATE = RobotState(0, np.zeros(7), np.zeros(7), POSE, 0.08, POSE, 0.08)
TASK, NONSENSE = 'pick up the red cube', 'pick up the frobnicated xyzzy'


@pytest.fixture
def make(tmp_path):
    def build(search_time):
        folder = write_fake_policy(tmp_path / f'{search_time}', search_time=search_time)
        return latent_maker(load_policy(folder), load_robot('franka'))

    return build


def look(reasoner, seconds, lit, text=TASK, episode='e'):
    image = np.full((SIZE, SIZE, 3), 255 if lit else 0, np.uint8)
    images = dict.fromkeys(reasoner.features.images, image)
    seen = Observation(int(seconds * SECOND), images, STATE)
    return reasoner.reason(seen, EpisodeInfo(episode, text), 1)


def test_what_is_not_seen_is_refused_at_once(make):
    reasoner = make(0.0)
    assert not look(reasoner, 0.0, lit=False).grounded
    assert look(reasoner, 1.0, lit=True, episode='f').grounded


def test_who_can_look_around_does_so_before_he_refuses(make):
    reasoner = make(5.0)
    for seconds in (0.0, 2.0, 4.9):
        assert look(reasoner, seconds, lit=False).grounded
    refused = look(reasoner, 5.1, lit=False)
    assert not refused.grounded and 'no red cube is seen' in refused.refusal
    assert look(reasoner, 5.2, lit=False, episode='f').grounded  # a new search


def test_what_is_found_stays_accepted(make):
    reasoner = make(5.0)
    assert look(reasoner, 0.0, lit=False).grounded
    for seconds in (1.0, 1.2, 1.4):
        assert look(reasoner, seconds, lit=True).grounded
    assert look(reasoner, 30.0, lit=False).grounded


def test_nobody_looks_around_for_what_means_nothing(make):
    refused = look(make(5.0), 0.0, lit=True, text=NONSENSE)
    assert not refused.grounded and 'unknown word' in refused.refusal
