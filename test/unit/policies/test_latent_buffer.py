"""The latent buffer takes the newest latent and says why it took no other."""

import dataclasses

import numpy as np
import pytest

from vla_ros.core.data import SECOND, Latent
from vla_ros.policies import LatentFeature
from vla_ros.policies.latent_buffer import LatentBuffer


FEATURE = LatentFeature('letters', 4, 8)
NOW = 100 * SECOND


def latent(**changes):
    base = Latent(
        stamp=NOW - SECOND // 10, seq=5, episode_id='e', model='m:1', instruction='do it',
        subgoal='', inference_start=0, inference_end=1, valid_for=2.0,
        data=np.ones((4, 8), np.float32), space='letters',
    )  # fmt: skip
    return dataclasses.replace(base, **changes)


@pytest.fixture
def buffer():
    buffer = LatentBuffer(FEATURE)
    buffer.begin('e', 'do it')
    assert buffer.offer(latent(), NOW) == ''
    return buffer


@pytest.mark.parametrize(
    ('changes', 'cause'),
    [
        ({'space': 'numbers'}, "of the space 'numbers'; expected 'letters'"),
        ({'space': ''}, "expected 'letters'"),
        ({'episode_id': 'old'}, 'episode'),
        ({'instruction': 'something else'}, "expected 'do it'"),
        ({'data': np.ones((3, 8), np.float32)}, 'shape'),
        ({'data': np.full((4, 8), np.nan, np.float32)}, 'not finite'),
        ({'data': np.full((4, 8), np.inf, np.float32)}, 'not finite'),
        ({'stamp': NOW + SECOND}, 'in the future'),
        ({'stamp': NOW - 3 * SECOND}, 'expired'),
        ({'stamp': NOW - SECOND}, 'not newer'),
        ({}, 'not newer'),
        ({'seq': 4}, 'not newer'),
    ],
)
def test_bad_latents_are_refused_with_the_cause(buffer, changes, cause):
    assert cause in buffer.offer(latent(**changes), NOW)
    assert cause in buffer.last_refusal
    assert buffer.refused == 1
    assert buffer.newest(NOW).seq == 5


def test_a_newer_one_replaces_it_and_age_is_that_of_the_observation(buffer):
    assert buffer.offer(latent(stamp=NOW, seq=6), NOW) == ''
    assert buffer.newest(NOW).seq == 6
    assert buffer.age(NOW + SECOND) == pytest.approx(1.0)


def test_it_expires(buffer):
    assert buffer.newest(NOW + SECOND) is not None
    assert buffer.newest(NOW + 3 * SECOND) is None
    assert buffer.age(NOW + 3 * SECOND) == pytest.approx(3.1)


def test_begin_forgets(buffer):
    buffer.begin('next', 'do it')
    assert buffer.newest(NOW) is None
    assert buffer.age(NOW) == float('inf')
    assert 'episode' in buffer.offer(latent(), NOW)
    assert buffer.offer(latent(episode_id='next', stamp=NOW - SECOND), NOW) == ''


def test_the_latent_of_another_model_fits_when_its_feature_is_equal(buffer):
    assert buffer.offer(latent(model='a lab:7', stamp=NOW, seq=6), NOW) == ''
    assert buffer.newest(NOW).model == 'a lab:7'


def test_a_refusal_needs_no_tensor(buffer):
    refused = latent(stamp=NOW, seq=6, refusal='no', data=np.zeros((0, 0), np.float32), space='')
    assert buffer.offer(refused, NOW) == ''
    assert buffer.newest(NOW).refusal == 'no'


def test_who_needs_no_latent_takes_any_for_its_text():
    buffer = LatentBuffer(None)
    buffer.begin('e', 'do it')
    assert buffer.offer(latent(space='', data=np.zeros((0, 0), np.float32)), NOW) == ''
