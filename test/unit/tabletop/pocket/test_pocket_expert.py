"""The pocket expert and reasoner refuse what they were not made for."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from vla_ros.core.data import Observation, Pose, RobotState
from vla_ros.policies import PolicyError, load_policy
from vla_ros.policies.onnx_session import Session
from vla_ros.tabletop.pocket.decoders import decoder
from vla_ros.tabletop.pocket.pocket_expert import PocketExpert
from vla_ros.tabletop.pocket.pocket_reasoner import PocketReasoner


POLICY = Path(__file__).parents[4] / 'policies/franka/pocket'
pytestmark = pytest.mark.skipif(
    not (POLICY / 'policy.yaml').is_file(), reason='no pocket policy here; see `vla_ros train`'
)


@pytest.fixture(scope='module')
def policy():
    return load_policy(POLICY)


@pytest.fixture(scope='module')
def expert(policy):
    return PocketExpert(policy)


def observation(size=96, cameras=('front', 'wrist'), gripper=0.08):
    pose = Pose(np.array([0.45, 0.0, 0.3]), np.array([1.0, 0.0, 0.0, 0.0]))
    state = RobotState(2 * 10**9, np.zeros(7), np.zeros(7), pose, gripper, pose, 0.08)
    return Observation(2 * 10**9, {c: np.zeros((size, size, 3), np.uint8) for c in cameras}, state)


@pytest.fixture
def latent(policy):
    latent = PocketReasoner(policy).reason(observation(), 'pick up the red cube', 'e', 1)
    return dataclasses.replace(latent, stamp=10**9, refusal='')


def test_a_chunk_carries_stamp_age_model_and_feature(policy, expert, latent):
    chunk = expert.act(observation(), latent, 7)
    assert (chunk.seq, chunk.latent_seq, chunk.stamp) == (7, 1, 2 * 10**9)
    assert chunk.latent_age == pytest.approx(1.0)
    assert chunk.model == latent.model == policy.spec.model
    assert chunk.channels == policy.spec.channels
    assert chunk.actions.shape == (policy.spec.horizon, 8)
    assert chunk.feature.shape == (policy.spec.feature_width,)
    assert chunk.inference_end >= chunk.inference_start


@pytest.mark.parametrize(
    ('made', 'cause'),
    [
        ({'size': 64}, r"camera 'front': expected an image \(96, 96, 3\)"),
        ({'cameras': ('front',)}, "camera 'wrist' is missing"),
        ({'gripper': float('nan')}, 'state is not finite'),
    ],
)
def test_bad_observations_are_refused(expert, latent, made, cause):
    with pytest.raises(ValueError, match=cause):
        expert.act(observation(**made), latent, 1)


@pytest.mark.parametrize(
    ('changes', 'cause'),
    [
        ({'data': np.zeros((2, 2), np.float32)}, 'latent: expected shape'),
        ({'data': np.full((4, 64), np.nan, np.float32)}, 'latent is not finite'),
        ({'model': 'other:1'}, 'expected one of'),
        ({'refusal': 'no red cube is seen'}, 'refused'),
    ],
)
def test_bad_latents_are_refused(expert, latent, changes, cause):
    with pytest.raises(ValueError, match=cause):
        expert.act(observation(), dataclasses.replace(latent, **changes), 1)


def test_reasoner_refuses_text_without_a_net_and_bad_images_with_an_error(policy):
    reasoner = PocketReasoner(policy)
    latent = reasoner.reason(observation(), '', 'e', 1)
    assert 'empty' in latent.refusal
    assert not latent.grounded
    with pytest.raises(ValueError, match='expected an image'):
        reasoner.reason(observation(size=32), 'pick up the red cube', 'e', 2)


def test_reasoner_refuses_what_is_not_there(policy):
    # The images are black: nothing can be seen.
    latent = PocketReasoner(policy).reason(observation(), 'pick up the red banana', 'e', 1)
    assert "unknown word 'banana'" in latent.refusal


def test_a_net_of_another_shape_is_named(policy):
    path = policy.file('expert.onnx')
    with pytest.raises(PolicyError, match=r'expert\.onnx: state: expected shape \(1, 9\)'):
        Session(path, {'state': (1, 9)}, {})
    with pytest.raises(PolicyError, match="'torque' is missing"):
        Session(path, {'torque': (1, 7)}, {})


def test_a_file_that_is_no_net_is_named(tmp_path):
    (tmp_path / 'x.onnx').write_bytes(b'nothing')
    with pytest.raises(PolicyError, match=r'x\.onnx: cannot be loaded'):
        Session(tmp_path / 'x.onnx', {}, {})


def test_unknown_decoder_names_the_valid_ones():
    with pytest.raises(KeyError, match='l1'):
        decoder('diffusion')
