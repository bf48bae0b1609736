"""A policy directory is loaded whole or not at all."""

import hashlib

import pytest
import yaml

from vla_ros.core.config import ConfigError
from vla_ros.policies import PolicyError, load_policy
from vla_ros.policies.directory import save_spec


def write_policy(folder, **changes):
    files = {}
    for name in ('reasoner.onnx', 'expert.onnx'):
        (folder / name).write_bytes(name.encode() * 100)
        files[name] = hashlib.sha256((folder / name).read_bytes()).hexdigest()
    tree = {
        'name': 'test', 'robot': 'franka', 'expert': {'kind': 'mine', 'depth': 3}, 'dt': 0.1,
        'actions': {'groups': [{'kind': 'pose'}, {'kind': 'gripper'}]}, 'files': files,
    } | changes  # fmt: skip
    (folder / 'policy.yaml').write_text(yaml.safe_dump(tree))


def test_a_whole_policy_loads(tmp_path):
    write_policy(tmp_path)
    policy = load_policy(tmp_path)
    assert policy.spec.model == f'test:{policy.spec.hash}'
    assert len(policy.spec.hash) == 12
    assert not policy.spec.reasons  # a policy may be an expert alone


def test_what_is_written_is_read(tmp_path):
    write_policy(
        tmp_path, reasoner={'kind': 'vlm'}, decoder={'name': 'flow'}, tasks=['fold'],
        features={
            'images': {'a': {'camera': 'front', 'height': 10, 'width': 20, 'fit': 'pad'}},
            'vectors': {'state': ['joint.position']},
            'latent': {'space': 's', 'tokens': 1, 'width': 2},
        },
    )  # fmt: skip
    spec = load_policy(tmp_path).spec
    save_spec(tmp_path, spec)
    assert load_policy(tmp_path).spec == spec
    assert spec.reasons and spec.features.images['a'].fit == 'pad'


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
        ({'families': ['pick']}, "unknown key 'families'; valid keys: .*'actions'"),
        ({'dt': 100}, 'dt: expected seconds'),
        ({'expert': {'depth': 3}}, "expert: missing key 'kind'"),
        ({'reasoner': {'kind': 3}}, "reasoner: missing key 'kind'"),
        ({'reasoner': 'perhaps'}, "'perhaps' is not one of"),
        ({'decoder': {'steps': 3}}, "decoder: missing key 'name'"),
        (
            {'decoder': {'name': 'flow', 'samples': 0}},
            'decoder.samples: expected 1 or more, got 0',
        ),
        ({'decoder': {'name': 'flow', 'samples': 'many'}}, "1 or more, got 'many'"),
        ({'actions': {'groups': []}}, 'groups: expected one or more'),
        ({'actions': {'groups': [{'kind': 'wish'}]}}, "'wish' is not one of"),
        ({'rates': {'expert': 0.0}}, 'expert must be positive'),
        ({'tasks': ['a', 'a']}, 'tasks: one is twice'),
        ({'features': {'images': {'a': {'camera': 'x', 'height': 0, 'width': 1}}}}, 'height'),
        ({'features': {'vectors': {'state': []}}}, r"vectors: \['state'\] have no names"),
        ({'features': {'latent': {'space': '', 'tokens': 1, 'width': 1}}}, 'space: expected'),
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
