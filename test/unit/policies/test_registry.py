"""Kinds come from entry points; what is behind them is checked, and named when it is wrong."""

import dataclasses
from importlib.metadata import EntryPoint
from types import SimpleNamespace

import numpy as np
import pytest

from vla_ros.core.data import SECOND, Observation, Pose, RobotState
from vla_ros.policies import (
    ActionSpace,
    EpisodeInfo,
    Features,
    ImageFeature,
    LatentFeature,
    Policy,
    PolicyError,
    PolicySpec,
    Prediction,
    Rates,
    Thought,
    registry,
)
from vla_ros.policies.chunk_maker import ChunkMaker
from vla_ros.policies.features import FeatureError, VectorReader, state_names
from vla_ros.policies.latent_maker import LatentMaker
from vla_ros.robots import load_robot


FRANKA = load_robot('franka')
SPACE = ActionSpace.commanded(FRANKA, 0.08)
SPEC = PolicySpec('test', 'franka', {'kind': 'still'}, SPACE, 0.1)
EPISODE = EpisodeInfo('e', 'do it')
POSE = Pose(np.array([0.45, 0.0, 0.3]), np.array([1.0, 0.0, 0.0, 0.0]))
STATE = RobotState(SECOND, FRANKA.home, np.zeros(7), POSE, 0.04, POSE, 0.08)
SEEN = Observation(SECOND, {}, STATE)
LATENT = LatentFeature('letters', 1, 2)
NOTHING = Features()
ONLY_THE_OPENING = np.array([[0.0, 0, 0, 0, 0, 0, np.inf]])


class Still:
    """An expert that stays where it is; `features` and what it returns can be chosen."""

    model, action_space, dt = 'still:0', SPACE, 0.1

    def __init__(self, features=NOTHING, prediction=None):
        self.features, self.prediction, self.episodes = features, prediction, []

    def reset(self, episode):
        self.episodes.append(episode)

    def act(self, observation, context):
        self.context = context
        return self.prediction or Prediction(np.zeros((4, 7)))

    def close(self):
        self.episodes = None


class Thinker:
    """A reasoner that thinks what it is told."""

    model = 'thinker:0'

    def __init__(self, thought, latent=LATENT):
        self.thought, self.features = thought, Features(latent=latent)

    def reset(self, episode):
        pass

    def reason(self, observation, episode):
        return self.thought

    def close(self):
        pass


def make_still(policy, robot):
    return Still()


def make_nothing(policy, robot):
    return SimpleNamespace(model='x', features=Features(), reset=print)


def policy(tmp_path, **changes):
    return Policy(tmp_path, dataclasses.replace(SPEC, **changes))


@pytest.fixture
def installed(monkeypatch):
    def points(group):
        names = {'still': 'make_still', 'nothing': 'make_nothing', 'broken': 'no_such_function'}
        return [EntryPoint(name, f'{__name__}:{own}', group) for name, own in names.items()]

    monkeypatch.setattr(registry, 'entry_points', points)


def test_a_kind_is_found_by_its_name(installed, tmp_path):
    assert isinstance(registry.make_expert(policy(tmp_path), FRANKA), Still)
    assert registry.make_reasoner(policy(tmp_path), FRANKA) is None


def test_the_pocket_kind_is_installed():
    assert {'pocket'} <= set(registry.kinds(registry.EXPERTS))
    assert {'pocket'} <= set(registry.kinds(registry.REASONERS))


@pytest.mark.parametrize(
    ('kind', 'words'),
    [
        ('pi0', r"kind: 'pi0' is not one of \['broken', 'nothing', 'still'\]"),
        ('broken', "kind 'broken': its entry point .*no_such_function cannot be loaded: Attrib"),
        ('nothing', r"returned a SimpleNamespace whose \['act', 'close', 'action_space', 'dt'\]"),
    ],
)
def test_what_is_no_kind_is_named(installed, tmp_path, kind, words):
    with pytest.raises(PolicyError, match=words):
        registry.make_expert(policy(tmp_path, expert={'kind': kind}), FRANKA)


def test_a_policy_of_another_robot_runs_where_that_is_wanted(installed, tmp_path):
    foreign = policy(tmp_path, robot='kinova')
    with pytest.raises(PolicyError, match="for 'kinova', not for 'franka'; `--other-robot`"):
        registry.make_expert(foreign, FRANKA)
    assert registry.make_expert(foreign, FRANKA, other_robot=True).model == 'still:0'


@pytest.mark.parametrize(
    ('features', 'words'),
    [
        (Features({'a': ImageFeature('ceiling', 9, 9)}), "images.a: franka has no camera 'ceil"),
        (Features(vectors={'s': ('smell',)}), "vectors.s: smell: 'smell' of franka is not obs"),
    ],
)
def test_what_a_robot_lacks_is_named_when_it_is_configured(features, words):
    with pytest.raises(FeatureError, match=words):
        features.check(FRANKA)


def test_a_limb_that_is_not_there_is_named():
    with pytest.raises(FeatureError, match='humanoid has no such limb'):
        VectorReader(load_robot('humanoid'), ('ee.pose',))


def test_all_of_a_state_by_name_is_its_vector():
    reader = VectorReader(FRANKA, state_names(FRANKA))
    np.testing.assert_array_equal(reader(STATE), STATE.vector())
    joints = VectorReader(FRANKA, ('joint.position', 'gripper'))
    assert joints(STATE).tolist() == [*FRANKA.home, 0.04]


def test_a_chunk_is_absolute_and_needs_no_latent():
    expert = Still()
    maker = ChunkMaker(expert, FRANKA, Rates(chunk_valid_for=0.7))
    chunk = maker.act(SEEN, EPISODE, None, 5)
    assert (chunk.stamp, chunk.seq, chunk.robot) == (SECOND, 5, 'franka')
    assert (chunk.model, chunk.latent_seq, chunk.valid_for) == ('still:0', 0, 0.7)
    np.testing.assert_allclose(chunk.actions[:, :7], [[*POSE.position, *POSE.quaternion]] * 4)
    maker.act(SEEN, EPISODE, None, 6)
    maker.act(SEEN, EpisodeInfo('f', 'do it'), None, 7)
    assert expert.episodes == [EPISODE, EpisodeInfo('f', 'do it')]
    maker.close()
    assert expert.episodes is None


def test_the_latent_of_one_model_reaches_the_expert_of_another():
    thought = Thought(np.ones((1, 2), np.float32), 'grasp', scores={'grounded': 0.7})
    latent = LatentMaker(Thinker(thought), Rates()).reason(SEEN, EPISODE, 3)
    assert (latent.model, latent.space, latent.subgoal) == ('thinker:0', 'letters', 'grasp')
    assert latent.p_grounded == 0.7 and latent.grounded
    expert = Still(Features(latent=LATENT))
    later = Observation(3 * SECOND, {}, STATE)
    chunk = ChunkMaker(expert, FRANKA, Rates()).act(later, EPISODE, latent, 1)
    assert chunk.latent_age == expert.context.latent_age == 2.0
    assert expert.context.subgoal == 'grasp' and expert.context.instruction == 'do it'
    other = Still(Features(latent=LatentFeature('numbers', 1, 2)))
    with pytest.raises(ValueError, match="of the space 'letters'; expected 'numbers'"):
        ChunkMaker(other, FRANKA, Rates()).act(SEEN, EPISODE, latent, 1)
    with pytest.raises(ValueError, match='no latent; still:0 needs one'):
        ChunkMaker(other, FRANKA, Rates()).act(SEEN, EPISODE, None, 1)


@pytest.mark.parametrize(
    ('thought', 'refusal'),
    [
        (Thought(verdict='refuse', reason='no cube'), 'no cube'),
        (Thought(verdict='ask', question='which one?'), 'which one?'),
        (Thought(verdict='done'), 'the reasoner says so'),
    ],
)
def test_on_any_verdict_but_go_nobody_moves(thought, refusal):
    latent = LatentMaker(Thinker(thought), Rates()).reason(SEEN, EPISODE, 1)
    assert latent.refusal == refusal and latent.data.shape == (1, 2)
    with pytest.raises(ValueError, match='refused'):
        ChunkMaker(Still(), FRANKA, Rates()).act(SEEN, EPISODE, latent, 1)


@pytest.mark.parametrize(
    ('prediction', 'words'),
    [
        (Prediction(np.zeros((4, 8))), r'actions of shape \(4, 8\); expected \(steps, 7\)'),
        (Prediction(np.zeros(7)), r'actions of shape \(7,\)'),
        (Prediction(np.zeros((0, 7))), r'actions of shape \(0, 7\)'),
        (Prediction(np.full((4, 7), np.nan)), 'not finite'),
        (Prediction(ONLY_THE_OPENING), 'not finite'),
        (Prediction(np.zeros((4, 7)), samples=np.zeros((2, 3, 7))), r'samples of shape \(2, 3'),
        (
            Prediction(np.zeros((4, 7)), scores=np.zeros(2)),
            r'scores of shape \(2,\); expected \(0',
        ),
        (Prediction(np.zeros((4, 7)), confidence=np.zeros(3)), r'confidence of shape \(3,'),
        (Prediction(np.zeros((4, 7)), run_steps=5), r'5 as run_steps; expected 0\.\.4'),
    ],
)
def test_what_an_expert_may_not_return_is_named(prediction, words):
    with pytest.raises(ValueError, match=words):
        ChunkMaker(Still(prediction=prediction), FRANKA, Rates()).act(SEEN, EPISODE, None, 1)


def test_a_reasoner_that_declares_a_latent_must_return_it():
    with pytest.raises(ValueError, match='thinker:0 returned no latent'):
        LatentMaker(Thinker(Thought(text='go on')), Rates()).reason(SEEN, EPISODE, 1)
    wrong = Thinker(Thought(np.ones((2, 2), np.float32)))
    with pytest.raises(ValueError, match=r'expected shape \(1, 2\), got \(2, 2\)'):
        LatentMaker(wrong, Rates()).reason(SEEN, EPISODE, 1)
    alone = LatentMaker(Thinker(Thought(text='go on'), latent=None), Rates())
    assert alone.reason(SEEN, EPISODE, 1).data.size == 0
