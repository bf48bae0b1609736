"""The pocket expert and reasoner refuse what they were not made for."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from vla_ros.core.config import ConfigError
from vla_ros.core.data import Observation, Pose, RobotState
from vla_ros.policies import EpisodeInfo, PolicyError, load_policy
from vla_ros.policies.makers import make_policy
from vla_ros.policies.onnx_session import Session
from vla_ros.robots import load_robot
from vla_ros.tabletop.pocket.pocket_expert import PocketExpert
from vla_ros.tabletop.pocket.pocket_reasoner import PocketReasoner


FRANKA = load_robot('franka')
TASK = EpisodeInfo('e', 'pick up the red cube')
POLICY = Path(__file__).parents[4] / 'policies/franka/pocket'
pytestmark = pytest.mark.skipif(
    not (POLICY / 'policy.yaml').is_file(), reason='no pocket policy here; see `vla_ros train`'
)


@pytest.fixture(scope='module')
def policy():
    return load_policy(POLICY)


@pytest.fixture(scope='module')
def makers(policy):
    return make_policy(policy, FRANKA)


@pytest.fixture(scope='module')
def expert(makers):
    return makers[1]


def observation(size=96, cameras=('front', 'wrist'), gripper=0.08):
    pose = Pose(np.array([0.45, 0.0, 0.3]), np.array([1.0, 0.0, 0.0, 0.0]))
    state = RobotState(2 * 10**9, np.zeros(7), np.zeros(7), pose, gripper, pose, 0.08)
    return Observation(2 * 10**9, {c: np.zeros((size, size, 3), np.uint8) for c in cameras}, state)


@pytest.fixture
def latent(makers):
    latent = makers[0].reason(observation(), TASK, 1)
    return dataclasses.replace(latent, stamp=10**9, refusal='', verdict='go')


def test_a_chunk_carries_stamp_age_model_and_feature(policy, expert, latent):
    chunk = expert.act(observation(), TASK, latent, 7)
    assert (chunk.seq, chunk.latent_seq, chunk.stamp) == (7, 1, 2 * 10**9)
    assert chunk.latent_age == pytest.approx(1.0)
    assert chunk.model == latent.model == policy.spec.model
    options = policy.spec.expert
    assert chunk.channels == FRANKA.channels and chunk.robot == 'franka'
    assert chunk.actions.shape == (options['horizon'], 8)
    assert chunk.feature.shape == (options['feature_width'],)
    assert chunk.inference_end >= chunk.inference_start


@pytest.mark.parametrize(
    ('made', 'cause'),
    [
        ({'size': 64}, r"camera 'front': expected an image \(96, 96, 3\)"),
        ({'cameras': ('front',)}, "camera 'wrist' is missing"),
        ({'gripper': float('nan')}, 'are not finite'),
    ],
)
def test_bad_observations_are_refused(expert, latent, made, cause):
    with pytest.raises(ValueError, match=cause):
        expert.act(observation(**made), TASK, latent, 1)


@pytest.mark.parametrize(
    ('changes', 'cause'),
    [
        ({'data': np.zeros((2, 2), np.float32)}, 'latent: expected shape'),
        ({'data': np.full((4, 64), np.nan, np.float32)}, 'latent is not finite'),
        ({'space': 'other'}, "latent of the space 'other'"),
        ({'refusal': 'no red cube is seen'}, 'refused'),
    ],
)
def test_bad_latents_are_refused(expert, latent, changes, cause):
    with pytest.raises(ValueError, match=cause):
        expert.act(observation(), TASK, dataclasses.replace(latent, **changes), 1)


def test_reasoner_refuses_text_without_a_net_and_bad_images_with_an_error(policy):
    reasoner = PocketReasoner(policy, FRANKA)
    thought = reasoner.reason(observation(), EpisodeInfo('e', ''))
    assert thought.verdict == 'refuse' and 'empty' in thought.reason
    with pytest.raises(ValueError, match='expected an image'):
        reasoner.reason(observation(size=32), TASK)


def test_reasoner_refuses_what_is_not_there(policy):
    # The images are black: nothing can be seen.
    asked = EpisodeInfo('e', 'pick up the red banana')
    thought = PocketReasoner(policy, FRANKA).reason(observation(), asked)
    assert thought.verdict == 'refuse' and "unknown word 'banana'" in thought.reason


def test_a_net_of_another_shape_is_named(policy):
    path = policy.file('perceive.onnx')
    with pytest.raises(PolicyError, match=r'perceive\.onnx: state: expected shape \(1, 9\)'):
        Session(path, {'state': (1, 9)}, {})
    with pytest.raises(PolicyError, match="'torque' is missing"):
        Session(path, {'torque': (1, 7)}, {})


def test_a_file_that_is_no_net_is_named(tmp_path):
    (tmp_path / 'x.onnx').write_bytes(b'nothing')
    with pytest.raises(PolicyError, match=r'x\.onnx: cannot be loaded'):
        Session(tmp_path / 'x.onnx', {}, {})


def test_unknown_decoders_and_options_name_the_valid_ones(policy):
    def told(**changes):
        return dataclasses.replace(policy, spec=dataclasses.replace(policy.spec, **changes))

    with pytest.raises(PolicyError, match=r"decoder 'diffusion' is not one of \['l1'\]"):
        PocketExpert(told(decoder={'name': 'diffusion'}), FRANKA)
    with pytest.raises(ConfigError, match="decoder: unknown key 'steps'"):
        PocketExpert(told(decoder={'name': 'l1', 'steps': 3}), FRANKA)
    with pytest.raises(ConfigError, match="expert: unknown key 'depth'; valid keys: .*horizon"):
        PocketExpert(told(expert=policy.spec.expert | {'depth': 3}), FRANKA)
    with pytest.raises(ConfigError, match='families: .*juggle'):
        PocketReasoner(told(reasoner=policy.spec.reasoner | {'families': ['juggle']}), FRANKA)
