"""A preset is read by its name, its kind is looked up, and every mistake is named."""

from dataclasses import dataclass

import pytest

from vla_ros.core import config
from vla_ros.core.config import ConfigError
from vla_ros.robots import load_robot, presets


SPEC = load_robot('franka')


@dataclass(frozen=True)
class SpringConfig:
    stiffness: float  # N/m

    def __post_init__(self):
        config.require(self.stiffness > 0, 'stiffness: expected more than 0')


def spring(settings, spec):
    config.require(settings.stiffness < 100, f'too stiff for {spec.name}')
    return settings.stiffness


@dataclass(frozen=True)
class Preset:
    kind: str

    def __post_init__(self):
        presets.require_kind('kind', self.kind, KINDS)


KINDS = {'spring': (SpringConfig, spring), 'damper': (SpringConfig, spring)}


def test_a_kind_is_made_for_a_robot():
    assert presets.make(KINDS, 'spring', {'stiffness': 5}, SPEC, 'here') == 5.0


@pytest.mark.parametrize(
    ('parameters', 'within', 'words'),
    [
        ({'stiffness': 0.0}, '', '^here: stiffness: expected more'),
        ({'stiffness': 0.0}, 'here.in', '^here.in: stiffness: expected more'),
        ({}, '', "^here: missing key 'stiffness'"),
        ({'stiffness': 1.0, 'mass': 1.0}, '', "^here: unknown key 'mass'"),
        ({'stiffness': 200.0}, 'here.in', '^here: too stiff for franka'),
    ],
)
def test_a_mistake_is_named(parameters, within, words):
    with pytest.raises(ConfigError, match=words):
        presets.make(KINDS, 'spring', parameters, SPEC, 'here', within)


def test_a_file_is_read_and_an_unknown_kind_or_preset_named(tmp_path):
    file = tmp_path / 'own.yaml'
    file.write_text('kind: damper\n')
    assert presets.load(Preset, 'control', str(file)) == Preset('damper')
    file.write_text('kind: magnet\n')
    with pytest.raises(ConfigError, match=r"kind: 'magnet' is not one of \['damper', 'spring'\]"):
        presets.load(Preset, 'control', str(file))
    with pytest.raises(FileNotFoundError, match="control: 'nothing' is not one of"):
        presets.load(Preset, 'control', 'nothing')
