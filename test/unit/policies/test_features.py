"""What policies read: every quantity by name, its past, and what is said where it is missing."""

import numpy as np
import pytest

from vla_ros.core.data import (
    SECOND,
    BodyState,
    JointGroupState,
    MobileBaseState,
    Moment,
    Observation,
    Pose,
    RobotState,
)
from vla_ros.policies.features import FeatureError, Features, ImageFeature, VectorReader
from vla_ros.policies.vectors import OBSERVED
from vla_ros.robots import load_robot, named_limbs


FRANKA = load_robot('franka')
POSE = Pose(np.array([0.4, 0.1, 0.3]), np.array([1.0, 0.0, 0.0, 0.0]))


def arm(spec, start=0.0, **fields):
    """Return a state of an arm whose every quantity has numbers of its own."""
    n = spec.n
    values = {
        'effort': start + 20 + np.arange(n), 'twist': start + 40 + np.arange(6),
        'wrench': start + 50 + np.arange(6), 'commanded_position': start + 60 + np.arange(n),
        **fields,
    }  # fmt: skip
    q, dq = start + np.arange(n), start + 10 + np.arange(n)
    return RobotState(1, q, dq, POSE, start + 0.02, POSE, start + 0.03, **values)


def limb_state(spec):
    if spec.kind == 'arm':
        return arm(spec)
    if spec.kind == 'joint_group':
        rows = np.arange(4 * spec.n).reshape(4, spec.n)
        return JointGroupState(1, *rows)
    return MobileBaseState(1, np.arange(3), 3.0 + np.arange(3))


def seen(*starts, images=None):
    """Return an observation of the Franka; of what came before, 0.1 s apart, the newest first."""
    pictures = images or [{}] * (1 + len(starts))
    now, *before = [arm(FRANKA, start) for start in (0.0, *starts)]
    past = tuple(
        Moment(round(0.1 * (i + 1), 1), pictures[i + 1], state) for i, state in enumerate(before)
    )
    return Observation(5 * SECOND, pictures[0], now, 'go', past)


def test_an_arm_offers_all_that_it_measures_and_is_commanded():
    expected = {
        'joint.position': np.arange(7), 'joint.velocity': 10 + np.arange(7),
        'joint.effort': 20 + np.arange(7), 'ee.twist': 40 + np.arange(6),
        'wrench': 50 + np.arange(6), 'commanded.joint.position': 60 + np.arange(7),
        'gripper': [0.02], 'commanded.gripper': [0.03],
        'ee.pose': [*POSE.position, *POSE.quaternion],
        'commanded.ee.pose': [*POSE.position, *POSE.quaternion],
    }  # fmt: skip
    assert expected.keys() == OBSERVED['arm'].keys()
    for name, numbers in expected.items():
        np.testing.assert_array_equal(VectorReader(FRANKA, (name,))(arm(FRANKA)), numbers)
    everything = VectorReader(FRANKA, tuple(expected))(seen())
    np.testing.assert_array_equal(everything, np.concatenate(list(expected.values())))


def test_every_quantity_of_every_limb_is_read_by_its_name():
    humanoid = load_robot('humanoid')
    state = BodyState(1, tuple(limb_state(spec) for spec in humanoid.limbs))
    for limb, spec in named_limbs(humanoid):
        for quantity in OBSERVED[spec.kind]:
            if quantity == 'wrench':  # positions move it, and it has no sensor
                continue
            numbers = VectorReader(humanoid, (f'{limb}.{quantity}',))(state)
            assert numbers.ndim == 1 and np.isfinite(numbers).all()
    torso = next(spec for name, spec in named_limbs(humanoid) if name == 'torso')
    effort = VectorReader(humanoid, ('torso.joint.effort',))(state)
    np.testing.assert_array_equal(effort, 3 * torso.n + np.arange(torso.n))
    with pytest.raises(FeatureError, match="'base.pose' of base is not observed"):
        VectorReader(humanoid, ('base.base.pose',))


@pytest.mark.parametrize('robot', ['franka', 'ur5e'])
def test_a_wrench_is_offered_where_it_is_sensed_or_estimated(robot):
    Features(vectors={'s': ('wrench',)}).check(load_robot(robot))


@pytest.mark.parametrize('robot', ['aloha', 'humanoid'])
def test_a_wrench_that_nobody_can_know_is_refused_when_it_is_configured(robot):
    words = r'vectors.s: left.wrench: left has no force sensor, .*\(driver: position\)'
    with pytest.raises(FeatureError, match=words):
        Features(vectors={'s': ('left.ee.pose', 'left.wrench')}).check(load_robot(robot))


def test_what_nobody_reports_is_named_when_the_observation_comes():
    reader = Features(vectors={'s': ('ee.pose', 'joint.effort', 'wrench')}).reader(FRANKA, 's')
    silent = arm(FRANKA, effort=np.full(7, np.nan), wrench=np.zeros(0))
    with pytest.raises(
        FeatureError, match=r"vectors.s: \['joint.effort', 'wrench'\] are not fini"
    ):
        reader(Observation(1, {}, silent))


def test_a_history_is_stacked_with_the_oldest_first():
    features = Features(vectors={'s': ('joint.position', 'gripper')}, history=(0.0, 0.1, 0.3))
    read, observation = features.reader(FRANKA, 's'), seen(-1.0, -2.0, -3.0)
    found = read(observation)
    assert found.shape == (3, 8)
    np.testing.assert_array_equal(found[:, 0], [-3.0, -1.0, 0.0])  # 0.3 s ago, 0.1 s ago, now
    np.testing.assert_array_equal(found[-1], read(observation.state))
    plain = Features(vectors=features.vectors).reader(FRANKA, 's')
    assert plain(observation).shape == (8,)  # without a history there is no axis for it
    with pytest.raises(FeatureError, match=r'history: \[0.3\] s are missing; found \[0.1, 0.2\]'):
        read(seen(-1.0, -2.0))


def picture(value, size=8):
    return {'front': np.full((size, size, 3), value, np.uint8), 'wrist': np.zeros((8, 8, 3), 'u1')}


def test_a_picture_has_its_past_where_that_is_asked_for():
    images = {'a': ImageFeature('front', 8, 8, history=True), 'b': ImageFeature('wrist', 8, 8)}
    features = Features(images, history=(0.0, 0.1, 0.2))
    observation = seen(-1.0, -2.0, images=[picture(9), picture(8), picture(7)])
    found = features.pictures(observation)
    assert found['a'].shape == features.picture_shape('a') == (3, 8, 8, 3)
    assert found['a'][:, 0, 0, 0].tolist() == [7, 8, 9]
    assert found['b'].shape == features.picture_shape('b') == (8, 8, 3)
    wrong = seen(-1.0, -2.0, images=[picture(9), picture(8, size=9), picture(7)])
    with pytest.raises(FeatureError, match=r"'front': expected an image \(8, 8, 3\), got \(9,"):
        features.pictures(wrong)
    assert Features(images).picture_shape('a') == (8, 8, 3)  # of now alone


@pytest.mark.parametrize(
    'history', [(), (0.1,), (0.0, 0.2, 0.1), (0.0, 0.1, 0.1), (0.0, -0.1), (0.0, 5.1), (0.1, 0.0)]
)
def test_a_history_ascends_from_now_to_at_most_five_seconds(history):
    with pytest.raises(ValueError, match='history: expected 0.0 and then longer times up to 5.0'):
        Features(history=history)
