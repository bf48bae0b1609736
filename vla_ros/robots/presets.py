"""Presets: a file in config/<folder>/ that names one of several kinds and gives its parameters."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from vla_ros.core import config
from vla_ros.core.paths import config_file
from vla_ros.robots.spec import ArmSpec


T = TypeVar('T')
P = TypeVar('P')

# Name in a preset -> the configuration that is built of its parameters, and what makes the thing
# from that for a robot.
Kinds = Mapping[str, tuple[type, Callable[[Any, ArmSpec], T]]]


def load(cls: type[P], folder: str, name: str) -> P:
    """Read config/<folder>/<name>.yaml, or a path to one, into the dataclass `cls`.

    Raises:
        FileNotFoundError: no such preset; the message lists the valid names.
        ConfigError: the preset is not valid; the message names the field.
    """
    return config.load(cls, config_file(folder, name))


def require_kind(field: str, name: str, kinds: Kinds) -> None:
    """Raise ValueError unless `name`, given in a preset's `field`, is one of the kinds."""
    config.require(name in kinds, f'{field}: {name!r} is not one of {sorted(kinds)}')


def make(
    kinds: Kinds[T],
    name: str,
    parameters: Mapping[str, Any],
    spec: ArmSpec,
    where: str,
    within: str = '',
) -> T:
    """Make what the preset describes, for a robot.

    Args:
        kinds: what there is.
        name: of the one wanted.
        parameters: fields of its configuration.
        spec: the robot.
        where: what errors begin with.
        within: what errors of a parameter begin with; `where` when empty.

    Raises:
        ConfigError: a parameter is not valid, or does not suit the robot; the message names it.
    """
    kind, maker = kinds[name]
    built: Any = config.build(kind, parameters, within or where)
    with config.named(where):
        return maker(built, spec)
