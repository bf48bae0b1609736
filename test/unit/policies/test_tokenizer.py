"""The action tokenizer: short, faithful, one for all robots, and strict with what it is given."""

import json

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
import numpy as np
import pytest

from vla_ros.core.paths import share_dir
from vla_ros.policies import ActionSpace
from vla_ros.policies import byte_pairs as pairs
from vla_ros.policies.tokenizer import (
    UNITS,
    ActionTokenizer,
    TokenError,
    TokenizerSpec,
    fit,
    load,
    save,
)
from vla_ros.robots import load_robot


ARM = ('position',) * 3 + ('rotation',) * 3 + ('gripper',)
BODY = ('joint',) * 5 + ARM + ARM + ('twist',) * 3
SEQUENCES = st.lists(st.lists(st.integers(0, 9), max_size=40), max_size=8)


def reach(rng, kinds, horizon=16):
    """Return a smooth chunk: every channel goes somewhere and stays."""
    time = np.linspace(0, 1, horizon)[:, None]
    ease = time**2 * (3 - 2 * time)
    return ease * rng.uniform(-1, 1, len(kinds)) * [UNITS[kind] for kind in kinds]


@pytest.fixture(scope='module')
def tokenizer():
    rng = np.random.default_rng(0)
    chunks = [(reach(rng, kinds), kinds) for kinds in (ARM, BODY) for _ in range(300)]
    return fit(chunks, ['arm', 'body'], size=900)


@given(SEQUENCES)
def test_pairs_that_are_merged_come_apart_again(sequences):
    sequences = [np.array(sequence, np.int64) for sequence in sequences]
    merges = pairs.fit_merges(sequences, 10, 20)
    for sequence in sequences:
        tokens = pairs.encode(sequence, merges, 10)
        assert len(tokens) <= len(sequence)
        assert pairs.expand(tokens.tolist(), merges, 10) == sequence.tolist()


def test_the_commonest_pair_is_the_first_symbol():
    merges = pairs.fit_merges([np.array([1, 2, 1, 2, 3, 1, 2])], 4, 6)
    assert merges[0] == (1, 2)
    assert pairs.encode(np.array([1, 2, 3]), merges[:1], 4).tolist() == [4, 3]
    assert pairs.encode(np.array([3, 3, 3]), ((3, 3),), 4).tolist() == [4, 3]


@pytest.mark.parametrize('kinds', [ARM, BODY])
def test_smooth_motion_is_short_and_comes_back(tokenizer, kinds):
    rng = np.random.default_rng(1)
    scale = np.array([UNITS[kind] for kind in kinds])
    for _ in range(30):
        chunk = reach(rng, kinds)
        tokens = tokenizer.encode(chunk, kinds)
        assert len(tokens) < chunk.size / 2
        back = tokenizer.decode(tokens.tolist(), kinds, 16)
        assert np.abs((back - chunk) / scale).max() < 2 * tokenizer.spec.quantum


@settings(max_examples=60)
@given(arrays(np.float64, (16, 7), elements=st.floats(-20, 20, width=32)))
def test_what_is_lost_is_bounded(tokenizer, noise):
    chunk = noise * [UNITS[kind] for kind in ARM]
    back = tokenizer.decode(tokenizer.encode(chunk, ARM).tolist(), ARM, 16)
    # Half a quantum of every coefficient, in the norm of a column; the transform keeps norms.
    lost = np.linalg.norm((back - chunk) / [UNITS[kind] for kind in ARM], axis=0)
    assert (lost <= np.sqrt(16) * tokenizer.spec.quantum / 2 + 1e-9).all()


def test_standing_still_takes_no_token(tokenizer):
    still = np.zeros((16, len(ARM)))
    assert len(tokenizer.encode(still, ARM)) == 0
    np.testing.assert_array_equal(tokenizer.decode([], ARM, 16), still)


@pytest.mark.parametrize('name', ['franka', 'ur5e', 'aloha', 'humanoid'])
def test_one_shipped_tokenizer_serves_every_robot(name):
    shipped = load(share_dir() / 'policies' / 'tokenizer.json')
    assert name in shipped.spec.robots
    kinds, rng = ActionSpace.commanded(load_robot(name), 0.08).units, np.random.default_rng(2)
    chunk = 0.2 * reach(rng, kinds)
    tokens = shipped.encode(chunk, kinds)
    assert len(tokens) < chunk.size / 2
    scale = np.array([UNITS[kind] for kind in kinds])
    back = shipped.decode(tokens.tolist(), kinds, 16)
    assert np.abs((back - chunk) / scale).max() < 2 * shipped.spec.quantum


def test_what_cannot_be_read_is_refused(tokenizer):
    with pytest.raises(TokenError, match=r'actions: expected \(horizon, 7\), got \(16, 6\)'):
        tokenizer.encode(np.zeros((16, 6)), ARM)
    with pytest.raises(TokenError, match='finite'):
        tokenizer.encode(np.full((16, 7), np.nan), ARM)
    with pytest.raises(TokenError, match="kind 'mood' is not one of"):
        tokenizer.encode(np.zeros((16, 1)), ('mood',))
    with pytest.raises(TokenError, match=f'token: expected 0..{tokenizer.size - 1}, got 99999'):
        tokenizer.decode([99999], ARM, 16)
    with pytest.raises(TokenError, match='actions: more than 4080 quanta'):
        tokenizer.encode(np.full((16, 7), 50.0), ARM)
    plain = ActionTokenizer(TokenizerSpec(0.04, (), ()))
    far = plain.encode(np.full((16, 1), 2.0), ('joint',)).tolist()  # a head that turns to its end
    assert len(far) > 1 and plain.decode(far, ('joint',), 16)[0, 0] == pytest.approx(2.0, abs=0.01)
    with pytest.raises(TokenError, match='they end within a number'):
        plain.decode(far[:-1], ('joint',), 16)
    for carry in (511, 512):
        with pytest.raises(TokenError, match='tokens: a number of more than 4080 quanta'):
            plain.decode([carry] * 17 + [255], ('joint',), 16)
    with pytest.raises(TokenError, match='expected at most 14 numbers, got 15'):
        plain.decode([255] * 15, ARM, 2)


def test_it_is_saved_and_a_wrong_file_is_refused(tokenizer, tmp_path):
    path = tmp_path / 'tokenizer.json'
    save(path, tokenizer)
    assert load(path).spec == tokenizer.spec
    tree = json.loads(path.read_text())
    tree['merges'][0] = [0, 10**6]
    path.write_text(json.dumps(tree))
    with pytest.raises(TokenError, match=r'merges\[0\]: .* has a symbol that does not exist'):
        load(path)
    path.write_text('{')
    with pytest.raises(TokenError, match='not an action tokenizer'):
        load(path)
    with pytest.raises(TokenError, match='not an action tokenizer'):
        load(tmp_path / 'nowhere.json')
