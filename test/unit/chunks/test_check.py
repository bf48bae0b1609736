"""A chunk that must not be executed is refused, and the cause says what was expected."""

import numpy as np
import pytest

from vla_ros.chunks.check import ChunkCheck
from vla_ros.chunks.layout import ChunkLayout
from vla_ros.chunks.queue_config import CheckConfig
from vla_ros.core.data import SECOND


NOW = 1_000 * SECOND + SECOND // 20


def poked(chunk, step, channel, value):
    actions = np.array(chunk.actions)
    actions[step, channel] = value
    return actions


@pytest.fixture
def refusal(spec):
    check = ChunkCheck(spec, CheckConfig(), ChunkLayout(spec))
    return lambda chunk, now=NOW, last=None: check.refusal(chunk, now, last)


def test_a_good_chunk_passes(refusal, make_chunk):
    assert refusal(make_chunk()) == ''
    assert refusal(make_chunk(horizon=1)) == ''
    assert refusal(make_chunk(seq=5), last=(4, 999 * SECOND)) == ''


@pytest.mark.parametrize(
    ('fields', 'cause'),
    [
        ({'robot': 'ur5'}, "robot: expected 'franka', got 'ur5'"),
        ({'kinds': ('joint',) * 8}, 'channels: expected groups of pose'),
        ({'kinds': ('pose',)}, 'kinds: expected one of'),
        ({'kinds': ('pose',) * 8}, 'channels: expected groups of pose'),
        ({'channels': ('ee.x',), 'kinds': ('pose',)}, 'channels: expected'),
        ({'actions': np.zeros((16, 7))}, 'actions: expected (horizon, 8), got (16, 7)'),
        ({'actions': np.zeros(8)}, 'actions: expected (horizon, 8), got (8,)'),
        ({'actions': np.zeros((0, 8))}, 'actions: expected 1 to 256 steps, got 0'),
        ({'actions': np.zeros((257, 8))}, 'actions: expected 1 to 256 steps, got 257'),
        ({'run_steps': -1}, 'run_steps: expected 0 to 16, got -1'),
        ({'run_steps': 17}, 'run_steps: expected 0 to 16, got 17'),
        ({'actions': np.zeros((4, 8))}, 'actions: expected unit quaternions'),
        ({'dt': 0.0}, 'dt: expected'),
        ({'dt': -0.1}, 'dt: expected'),
        ({'dt': float('nan')}, 'dt: expected'),
        ({'valid_for': 0.0}, 'valid_for: expected'),
        ({'valid_for': float('inf')}, 'valid_for: expected'),
        ({'latent_age': 11.0}, 'latent_age: expected 0 to 10.0 s, got 11.0'),
        ({'latent_age': float('nan')}, 'latent_age: expected'),
        ({'stamp': NOW + SECOND}, 'stamp: expected the past, got 1.000 s ahead'),
        ({'stamp': NOW - 4 * SECOND}, 'stamp: expired, valid for 3.0 s, is 4.000 s old'),
        ({'velocity': (0.0, 4.0, 0.0), 'horizon': 2}, 'got 0.8'),
        ({'origin': np.array([5.0, 0, 0.3, 1, 0, 0, 0, 0.08])}, 'expected ee.x in 0.100 to 0.900'),
        ({'origin': np.array([0.5, 0, 0.3, 1, 0, 0, 0, 0.5])}, 'openings of 0.0 to 0.08 m'),
        ({'origin': np.array([0.5, 0, 0.3, 1.1, 0, 0, 0, 0.0])}, 'a norm that is 0.1 off'),
    ],
)
def test_each_fault_is_named(refusal, make_chunk, fields, cause):
    assert cause in refusal(make_chunk(**fields))


@pytest.mark.parametrize('value', [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize('channel', range(8))
def test_what_is_not_finite_is_found_and_placed(refusal, make_chunk, value, channel):
    chunk = make_chunk()
    cause = refusal(make_chunk(actions=poked(chunk, 7, channel, value)))
    assert f'at step 7, {chunk.channels[channel]}' in cause


def test_a_leap_between_steps_is_refused(refusal, make_chunk):
    actions = poked(make_chunk(), 7, 1, -0.4)
    assert 'expected steps slower than 3.00 m/s' in refusal(make_chunk(actions=actions))
    actions = np.array(make_chunk().actions)
    actions[7, 3:7] = (0.0, 1.0, 0.0, 0.0)
    assert 'rad/s' in refusal(make_chunk(actions=actions))


def test_reordered_chunks_are_refused_and_a_restarted_expert_is_not(refusal, make_chunk):
    stamp = make_chunk().stamp
    assert 'reordered' in refusal(make_chunk(seq=3), last=(4, stamp + 1))
    assert 'reordered' in refusal(make_chunk(seq=4), last=(4, stamp))
    assert 'expected more than 9, got 4' in refusal(make_chunk(seq=4), last=(9, stamp - 1000))
    assert refusal(make_chunk(seq=0), last=(9, stamp - 2 * SECOND)) == ''
