import numpy as np
import pytest

from vla_ros.tabletop.demos.demonstrate import demonstrate
from vla_ros.tabletop.demos.demonstration import find_episodes, read_demonstration
from vla_ros.tabletop.demos.demonstrator import FPS, Demonstrator
from vla_ros.tabletop.demos.perturbations import Disturbance, NoiseConfig


@pytest.fixture(scope='module')
def demonstrator(spec):
    return Demonstrator(spec)


def test_an_episode_is_whole_and_the_same_again(demonstrator, spec):
    first, second = (demonstrator.collect('pick', 3) for _ in range(2))
    for key, array in first.arrays().items():
        np.testing.assert_array_equal(array, second.arrays()[key], err_msg=key)
    assert first.info.success and first.valid.all()
    assert set(first.images) == {camera.name for camera in spec.cameras}
    np.testing.assert_array_equal(np.diff(first.stamp), round(1e9 / FPS))
    step = first.action[:, :3] - first.state[:, 8:11]  # from the commanded pose
    assert np.linalg.norm(step, axis=1).max() < 0.03
    assert set(np.unique(first.action[:, 7].round(3))) <= {0.0, np.float32(0.08)}


def test_only_the_experts_part_is_valid_after_a_takeover(demonstrator, spec):
    def stay(observation):
        commanded = observation.state.commanded
        return np.array([*commanded.position, *commanded.quaternion, spec.gripper.open])

    episode = demonstrator.collect('pick', 4, stay)
    handover = int(np.argmax(episode.valid))
    assert handover > 5 and not episode.valid[:handover].any() and episode.valid[handover:].all()
    assert np.ptp(episode.state[1:handover, :3], axis=0).max() < 0.01


def test_an_unknown_family_is_named(demonstrator):
    with pytest.raises(ValueError, match="family 'throw' is not one of"):
        demonstrator.collect('throw', 0)


def test_pushes_add_up_to_what_was_drawn():
    config = NoiseConfig(push_rate=10.0, jitter=0.0, drop_rate=0.0, quiet=0.0)
    disturbance = Disturbance(config, np.random.default_rng(0), 0.1, 0.08)
    action = np.array([0.5, 0, 0.2, 1, 0, 0, 0, 0.0])
    offsets = [disturbance.apply(action, 0.0)[:3] - action[:3] for _ in range(200)]
    assert 0.0005 < np.linalg.norm(offsets, axis=1).max() < 0.04
    low = [disturbance.apply(action * (1, 1, 0.05, 1, 1, 1, 1, 1), 0.05)[2] for _ in range(200)]
    assert min(low) >= 0.01  # a push never leads lower than the expert or the floor


def test_quiet_episodes_have_no_pushes():
    config = NoiseConfig(jitter=0.0, quiet=1.0)
    disturbance = Disturbance(config, np.random.default_rng(0), 0.1, 0.08)
    action = np.array([0.5, 0, 0.2, 1, 0, 0, 0, 0.0])
    for _ in range(100):
        np.testing.assert_array_equal(disturbance.apply(action, 0.0), action)


@pytest.mark.slow
def test_files_and_report(tmp_path):
    report = demonstrate('franka', tmp_path, 1, ('pick',), seed=5, workers=1)
    (path,) = find_episodes(tmp_path)
    assert read_demonstration(path).info.request.family == 'pick'
    assert report['families']['pick']['kept'] == 1 and report['episodes'] == 1
    again = demonstrate('franka', tmp_path, 1, ('pick',), seed=5, workers=1)
    assert again['tried'] == 0  # what is there is not collected again


@pytest.mark.parametrize(('episodes', 'seed'), [(0, 0), (1, 1_000_000), (1, -1)])
def test_bad_arguments_are_refused(tmp_path, episodes, seed):
    with pytest.raises(ValueError, match='expected'):
        demonstrate('franka', tmp_path, episodes, seed=seed)
