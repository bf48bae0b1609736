"""What other packages bring along is found by name, or refused by the names there are."""

from importlib.metadata import EntryPoint

import pytest

from vla_ros.core import entry_points


def test_the_simulated_world_is_found_by_its_name():
    pytest.importorskip('mujoco')
    assert entry_points.load(entry_points.SYSTEMS, 'mujoco').__name__ == 'SimSystem'
    assert entry_points.load(entry_points.SCENES, 'mujoco').__name__ == 'SceneReset'
    assert entry_points.names(entry_points.SYSTEMS) == entry_points.names(entry_points.SCENES)


def test_an_unknown_name_is_refused_with_the_valid_ones():
    with pytest.raises(ValueError, match=r"'webots' is not one of \['mujoco'\]"):
        entry_points.load(entry_points.SYSTEMS, 'webots')


@pytest.mark.parametrize('value', ['vla_ros_nowhere:System', 'vla_ros.core.config:Nothing'])
def test_what_cannot_be_imported_is_named(monkeypatch, value):
    point = EntryPoint('broken', value, entry_points.SYSTEMS)
    monkeypatch.setattr(entry_points, 'entry_points', lambda **_: (point,))
    with pytest.raises(ValueError, match=f"{value}, the entry point 'broken' of vla_ros.systems"):
        entry_points.load(entry_points.SYSTEMS, 'broken')
