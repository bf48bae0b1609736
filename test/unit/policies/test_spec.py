"""A policy directory is loaded whole or not at all."""

import hashlib

import pytest
import yaml

from vla_ros.core.config import ConfigError
from vla_ros.policies import PolicyError, load_policy
from vla_ros.policies.channels import ARM


def write_policy(folder, **changes):
    files = {}
    for name in ('reasoner.onnx', 'expert.onnx'):
        (folder / name).write_bytes(name.encode() * 100)
        files[name] = hashlib.sha256((folder / name).read_bytes()).hexdigest()
    tree = {
        'name': 'test', 'robot': 'franka', 'representation': 'ee_pose',
        'channels': list(ARM), 'cameras': ['front', 'wrist'], 'families': ['press', 'pick'],
        'image_size': 96, 'dt': 0.1,
        'horizon': 16, 'latent_tokens': 4, 'latent_width': 64, 'feature_width': 64,
        'p_grounded_min': 0.5, 'latent_valid_for': 5.0, 'chunk_valid_for': 1.0,
        'reasoner_rate': 5.0, 'expert_rate': 30.0, 'gripper_open': 0.08, 'files': files,
    } | changes  # fmt: skip
    (folder / 'policy.yaml').write_text(yaml.safe_dump(tree))


def test_a_whole_policy_loads(tmp_path):
    write_policy(tmp_path)
    policy = load_policy(tmp_path)
    assert policy.spec.model == f'test:{policy.spec.hash}'
    assert len(policy.spec.hash) == 12


def test_a_truncated_file_is_named_with_both_hashes(tmp_path):
    write_policy(tmp_path)
    path = tmp_path / 'expert.onnx'
    path.write_bytes(path.read_bytes()[:50])
    with pytest.raises(PolicyError, match=r'expert\.onnx.*expected sha256 \w{64}.*found \w{64}'):
        load_policy(tmp_path)


def test_a_missing_file_is_named(tmp_path):
    write_policy(tmp_path)
    (tmp_path / 'reasoner.onnx').unlink()
    with pytest.raises(PolicyError, match=r'reasoner\.onnx: missing'):
        load_policy(tmp_path)


def test_no_policy_there(tmp_path):
    with pytest.raises(PolicyError, match=r'policy\.yaml is missing'):
        load_policy(tmp_path)


@pytest.mark.parametrize(
    ('changes', 'message'),
    [
        ({'horizons': 3}, "unknown key 'horizons'"),
        ({'dt': 100}, 'dt: expected seconds'),
        ({'families': []}, 'families: expected one or more'),
        ({'families': ['pick', 'pick']}, 'families: one is given twice'),
        ({'gripper_open': 80.0}, 'gripper_open: expected metres'),
        ({'representation': 'joints'}, 'ee_pose'),
        ({'files': {}}, r'reasoner\.onnx'),
        ({'search_time': 90.0}, 'search_time: expected 0..60 s'),
        ({'search_time': -1.0}, 'search_time: expected 0..60 s'),
        ({'channels': []}, 'channels: expected one or more'),
        ({'channels': ['left.mood']}, 'channels of limb'),
    ],
)
def test_a_wrong_policy_yaml_names_the_field(tmp_path, changes, message):
    write_policy(tmp_path, **changes)
    with pytest.raises(ConfigError, match=message):
        load_policy(tmp_path)


def test_the_hash_follows_the_weights(tmp_path):
    write_policy(tmp_path)
    before = load_policy(tmp_path).spec.hash
    files = load_policy(tmp_path).spec.files
    (tmp_path / 'expert.onnx').write_bytes(b'other weights')
    changed = files | {'expert.onnx': hashlib.sha256(b'other weights').hexdigest()}
    tree = yaml.safe_load((tmp_path / 'policy.yaml').read_text()) | {'files': changed}
    (tmp_path / 'policy.yaml').write_text(yaml.safe_dump(tree))
    assert load_policy(tmp_path).spec.hash != before
