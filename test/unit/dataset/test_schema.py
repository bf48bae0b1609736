from pathlib import Path

import pytest
from rosbags.typesys import Stores, get_types_from_msg, get_typestore

from vla_ros.dataset import schema


@pytest.fixture(autouse=True)
def _fresh() -> None:
    schema.definition.cache_clear()
    schema.type_hash.cache_clear()


@pytest.mark.parametrize(
    'name',
    [
        'sensor_msgs/msg/JointState',
        'sensor_msgs/msg/CompressedImage',
        'geometry_msgs/msg/PoseStamped',
        'vla_ros_msgs/msg/ExecutionStatus',
        'vla_ros_msgs/msg/ActionChunk',
        'vla_ros_msgs/msg/Latent',
    ],
)
def test_definitions_are_complete_and_hash_as_ros_does(name: str) -> None:
    """rosbags computes the type hash from our text alone; ROS shipped its own."""
    store = get_typestore(Stores.EMPTY)
    store.register(get_types_from_msg(schema.definition(name), name))
    assert schema.type_hash(name).startswith('RIHS01_')
    assert store.hash_rihs01(name) == schema.type_hash(name)


def test_nested_types_are_looked_up_once_each(tmp_path: Path, monkeypatch) -> None:
    _install(tmp_path, 'a_msgs', 'Outer', 'Inner[<=3] inner\nother_msgs/Far far\nInner again\n')
    _install(tmp_path, 'a_msgs', 'Inner', 'int32 LIMIT=3  # Far far\nstring<=5 name "x"\n')
    _install(tmp_path, 'other_msgs', 'Far', '# just a comment\nfloat64[4] values\n')
    monkeypatch.setenv('AMENT_PREFIX_PATH', str(tmp_path))
    parts = schema.definition('a_msgs/msg/Outer').split('=' * 80 + '\n')
    assert [p.splitlines()[0] for p in parts[1:]] == ['MSG: a_msgs/Inner', 'MSG: other_msgs/Far']
    assert schema.type_hash('a_msgs/msg/Outer') == ''


def test_the_first_prefix_wins(tmp_path: Path, monkeypatch) -> None:
    _install(tmp_path / 'one', 'a_msgs', 'X', 'int8 one\n')
    _install(tmp_path / 'two', 'a_msgs', 'X', 'int8 two\n')
    monkeypatch.setenv('AMENT_PREFIX_PATH', f'{tmp_path / "one"}:{tmp_path / "two"}')
    assert schema.definition('a_msgs/msg/X') == 'int8 one\n'


def test_missing_types_are_named(tmp_path: Path, monkeypatch) -> None:
    _install(tmp_path, 'a_msgs', 'Outer', 'gone_msgs/Lost lost\n')
    monkeypatch.setenv('AMENT_PREFIX_PATH', str(tmp_path))
    with pytest.raises(schema.SchemaError, match='gone_msgs/msg/Lost'):
        schema.definition('a_msgs/msg/Outer')
    with pytest.raises(schema.SchemaError, match='expected <package>'):
        schema.definition('Outer')


def _install(prefix: Path, package: str, name: str, text: str) -> None:
    folder = prefix / 'share' / package / 'msg'
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f'{name}.msg').write_text(text)
