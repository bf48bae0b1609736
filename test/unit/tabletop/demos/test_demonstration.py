import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from vla_ros.tabletop.demos.demonstration import (
    Demonstration,
    DemonstrationInfo,
    EpisodeError,
    find_episodes,
    read_demonstration,
    read_info,
    write_demonstration,
)
from vla_ros.tabletop.language.grammar import Request


def make(steps=5, **changes):
    rng = np.random.default_rng(0)
    info = DemonstrationInfo('franka', Request('stack', 'red', 'blue'), 'stack it', 7, True, 10.0)
    values = {
        'info': info,
        'images': {
            name: rng.integers(0, 255, (steps, 8, 8, 3)).astype(np.uint8)
            for name in ('front', 'wrist')
        },
        'state': rng.normal(size=(steps, 16)).astype(np.float32),
        'action': rng.normal(size=(steps, 8)).astype(np.float32),
        'objects': np.full((steps, 6, 3), np.nan, np.float32),
        'grips': rng.normal(size=(steps, 1, 6, 3)).astype(np.float32),
        'bowl': np.zeros((steps, 3), np.float32),
        'zone': np.zeros((steps, 3), np.float32),
        'travel': np.full((steps, 6), 0.002, np.float32),
        'wiped': np.full((steps, 6), 0.5, np.float32),
        'force': np.ones((steps, 3), np.float32),
        'stamp': np.arange(steps) * 100_000_000,
        'valid': np.ones(steps, np.uint8),
    }
    return Demonstration(**(values | changes))


def test_what_is_written_is_read(tmp_path):
    path = tmp_path / 'stack' / 'a.safetensors'
    written = make()
    write_demonstration(path, written)
    read = read_demonstration(path)
    assert read.info == written.info == read_info(path)
    for key, array in written.arrays().items():
        np.testing.assert_array_equal(read.arrays()[key], array, err_msg=key)
    assert find_episodes(tmp_path) == [path]
    assert not list(tmp_path.rglob('*.partial'))


def test_a_file_without_valid_is_all_valid(tmp_path):
    path = tmp_path / 'a.safetensors'
    write_demonstration(path, make())
    arrays = load_file(path)
    arrays.pop('valid')
    info = read_info(path)
    metadata = {'robot': 'franka', 'family': 'pick', 'object': 'red', 'target': ''}
    metadata |= {'instruction': 'x', 'seed': '1', 'success': 'true', 'fps': '10'}
    save_file(arrays, path, metadata)
    assert read_demonstration(path).valid.all() and info.success


@pytest.mark.parametrize(
    ('changes', 'message'),
    [
        (
            {'state': np.zeros((5, 15), np.float32)},
            r'state: expected float32 \(5, 16\)',
        ),
        ({'action': np.zeros((5, 8))}, 'action: expected float32'),
        ({'action': np.zeros((5, 16), np.float32)}, r'state: expected float32 \(5, 32\)'),
        ({'action': np.zeros((5, 12), np.float32)}, r'state: expected float32 \(5, 24\)'),
        ({'action': np.full((5, 8), np.nan, np.float32)}, 'must be finite'),
        ({'stamp': np.zeros(5, np.int64)}, 'stamp: must increase'),
        ({'images': {'front': np.zeros((5, 8, 9, 3), np.uint8)}}, 'observation.images.front'),
        ({'objects': np.zeros((5, 5, 3), np.float32)}, 'privileged.objects: expected'),
        (
            {'grips': np.zeros((5, 2, 6, 3), np.float32)},
            r'privileged.grips: expected float32 \(5, 1, 6, 3\)',
        ),
    ],
)
def test_an_invalid_episode_is_refused_by_key(changes, message):
    with pytest.raises(ValueError, match=message):
        make(**changes)


def test_an_episode_of_two_limbs_is_the_same_again(tmp_path):
    path = tmp_path / 'a.safetensors'
    state, action = np.ones((5, 32), np.float32), np.ones((5, 16), np.float32)
    grips = np.random.default_rng(1).normal(size=(5, 2, 6, 3)).astype(np.float32)
    write_demonstration(path, make(state=state, action=action, grips=grips))
    np.testing.assert_array_equal(read_demonstration(path).action, action)
    np.testing.assert_array_equal(read_demonstration(path).state, state)
    np.testing.assert_array_equal(read_demonstration(path).grips, grips)


def test_a_truncated_file_is_refused_by_name(tmp_path):
    path = tmp_path / 'a.safetensors'
    write_demonstration(path, make())
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(EpisodeError, match='a.safetensors: not an episode'):
        read_demonstration(path)


def test_missing_metadata_and_keys_are_named(tmp_path):
    path = tmp_path / 'a.safetensors'
    save_file({'x': np.zeros(3)}, path)
    with pytest.raises(EpisodeError, match="metadata: 'robot' is missing"):
        read_info(path)
    write_demonstration(path, make())
    arrays = load_file(path)
    arrays.pop('action')
    metadata = {'robot': 'franka', 'family': 'pick', 'object': 'red', 'target': ''}
    metadata |= {'instruction': 'x', 'seed': '1', 'success': 'true', 'fps': '10'}
    save_file(arrays, path, metadata)
    with pytest.raises(EpisodeError, match='action'):
        read_demonstration(path)


def test_an_empty_folder_says_so(tmp_path):
    with pytest.raises(FileNotFoundError, match='holds no episode'):
        find_episodes(tmp_path)


def test_a_file_from_before_there_were_buttons_and_lines_is_read(tmp_path):
    path = tmp_path / 'a.safetensors'
    write_demonstration(path, make())
    arrays = load_file(path)
    for key in ('travel', 'wiped', 'force'):
        arrays.pop(f'privileged.{key}')
    metadata = {'robot': 'franka', 'family': 'pick', 'object': 'red', 'target': ''}
    metadata |= {'instruction': 'x', 'seed': '1', 'success': 'true', 'fps': '10'}
    save_file(arrays, path, metadata)
    episode = read_demonstration(path)
    assert episode.info.request == Request('pick', 'red')
    for array, shape in (
        (episode.travel, (5, 6)),
        (episode.wiped, (5, 6)),
        (episode.force, (5, 3)),
    ):
        assert array.shape == shape and np.isnan(array).all()


def test_in_a_file_without_grips_every_hand_takes_things_where_they_are(tmp_path):
    path = tmp_path / 'a.safetensors'
    objects = np.random.default_rng(2).normal(size=(5, 6, 3)).astype(np.float32)
    objects[:, 4] = np.nan
    two = {'state': np.ones((5, 32), np.float32), 'action': np.ones((5, 16), np.float32)}
    grips = np.zeros((5, 2, 6, 3), np.float32)
    write_demonstration(path, make(objects=objects, grips=grips, **two))
    arrays = load_file(path)
    arrays.pop('privileged.grips')
    metadata = {'robot': 'aloha', 'family': 'lift', 'object': 'red', 'target': ''}
    metadata |= {'instruction': 'x', 'seed': '1', 'success': 'true', 'fps': '10'}
    save_file(arrays, path, metadata)
    read = read_demonstration(path)
    assert read.grips.shape == (5, 2, 6, 3)
    for own in (0, 1):
        np.testing.assert_array_equal(read.grips[:, own], objects)
