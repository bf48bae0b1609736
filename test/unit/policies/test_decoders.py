"""What a decoder draws becomes a prediction; a policy names its decoder."""

import numpy as np
import pytest

from vla_ros.core.config import ConfigError
from vla_ros.policies import ActionSpace, Policy, PolicyError, PolicySpec
from vla_ros.policies.decoders import Drawn, make_decoder
from vla_ros.robots import load_robot


SPACE = ActionSpace.commanded(load_robot('franka'), 0.08)
ACTIONS = np.arange(3 * 4 * 2, dtype=float).reshape(3, 4, 2)
FEATURE = np.ones(5, np.float32)


class Net:
    """A head that gives what it is asked for, and remembers it."""

    inputs = {'condition': (1, 1, 2)}

    def __init__(self, outputs):
        self.outputs, self.told = outputs, []

    def run(self, **inputs):
        self.told.append(inputs)
        return {name: np.ones(shape, np.float32) for name, shape in self.outputs.items()}


def policy(tmp_path, **decoder):
    return Policy(tmp_path, PolicySpec('p', 'franka', {'kind': 'x'}, SPACE, 0.1, decoder=decoder))


def test_l1_evaluates_its_head_once_and_has_no_density(tmp_path):
    decoder = make_decoder(policy(tmp_path, name='l1'), 16, Net)
    condition = {'condition': np.zeros((1, 1, 2), np.float32)}
    drawn = decoder.sample(condition, 3)
    assert drawn.actions.shape == (3, 16, SPACE.width) and drawn.actions.dtype == np.float64
    assert drawn.evaluations == len(decoder._net.told) == 1
    assert list(decoder._net.told[0]) == ['condition']
    for nothing in (drawn.log_density, drawn.energy, decoder.score(condition, drawn.actions)):
        assert nothing.shape == (3,) and np.isnan(nothing).all()
    assert drawn.confidence.shape == (3, 16) and np.isnan(drawn.confidence).all()
    with pytest.raises(ValueError, match='l1: cannot be guided'):
        decoder.sample(condition, guidance=[lambda actions: (actions, actions)])


def test_a_policy_that_names_none_has_l1_and_others_are_named(tmp_path):
    assert type(make_decoder(policy(tmp_path), 2, Net)).__name__ == 'L1'
    with pytest.raises(PolicyError, match=r"decoder 'gan' is not one of \['l1'\]"):
        make_decoder(policy(tmp_path, name='gan'), 2, Net)
    with pytest.raises(ConfigError, match="decoder: unknown key 'samples'"):
        make_decoder(policy(tmp_path, name='l1', samples=8), 2, Net)


def test_without_a_score_the_first_chunk_is_taken():
    prediction = Drawn.of(ACTIONS, 1).prediction(FEATURE)
    np.testing.assert_array_equal(prediction.actions, ACTIONS[0])
    np.testing.assert_array_equal(prediction.samples, ACTIONS)
    assert prediction.scores is None and prediction.confidence is None
    np.testing.assert_array_equal(prediction.feature, FEATURE)
    assert Drawn.of(ACTIONS[:1], 1).prediction(FEATURE).samples is None


@pytest.mark.parametrize(
    'known', [{'log_density': [-3.0, -1.0, -2.0]}, {'energy': [3.0, 1.0, 2.0]}], ids=str
)
def test_the_most_likely_chunk_is_taken_with_its_confidence(known):
    confidence = np.linspace(0, 1, 12).reshape(3, 4)
    known = {name: np.array(values) for name, values in known.items()}
    prediction = Drawn.of(ACTIONS, 6, confidence=confidence, **known).prediction(FEATURE)
    np.testing.assert_array_equal(prediction.actions, ACTIONS[1])
    np.testing.assert_array_equal(prediction.scores, [-3.0, -1.0, -2.0])
    np.testing.assert_array_equal(prediction.confidence, confidence[1])
    assert prediction.misfit(2) == ''
