"""Typed configuration: YAML in, frozen dataclass out, every mistake named.

A field's comment in its dataclass gives the unit. A file may not hold a key that the dataclass
lacks, may not miss one without a default, and may not give a value of another type; the error
names the file, the field and the valid choices.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
import dataclasses
from functools import cache
from pathlib import Path
import types
import typing
from typing import Any, TypeVar

import numpy as np
import yaml


T = TypeVar('T')


class ConfigError(ValueError):
    """A configuration value is missing, unknown, or not what its field expects."""


def load(cls: type[T], path: str | Path) -> T:
    """Read a YAML file into the dataclass `cls`.

    Raises:
        ConfigError: unreadable file, bad YAML, unknown or missing key, wrong type or range.
    """
    return build(cls, read(path), where=str(path))


def read(path: str | Path) -> Any:
    """Read the tree of a YAML file; an empty one is an empty mapping.

    Raises:
        ConfigError: unreadable file, bad YAML.
    """
    try:
        tree = yaml.safe_load(Path(path).read_text(encoding='utf-8'))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ConfigError(f'{path}: cannot be read as YAML: {error}') from error
    return {} if tree is None else tree


def build(cls: type[T], tree: Any, where: str = '') -> T:
    """Build the dataclass `cls` from a tree of mappings, sequences and scalars."""
    result: T = _convert(cls, tree, where or cls.__name__)
    return result


def to_tree(value: Any) -> Any:
    """Return the plain tree (dict, list, scalar) that `build` would read back."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: to_tree(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(k): to_tree(v) for k, v in value.items()}
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, tuple | list):
        return [to_tree(v) for v in value]
    return value


@cache
def _hints(cls: type) -> dict[str, Any]:
    return typing.get_type_hints(cls)


def _convert(kind: Any, value: Any, where: str) -> Any:
    if dataclasses.is_dataclass(kind):
        return _convert_dataclass(typing.cast(type, kind), value, where)
    origin = typing.get_origin(kind)
    if origin in (types.UnionType, typing.Union):
        return _convert_union(kind, value, where)
    if origin is typing.Literal:
        choices = typing.get_args(kind)
        if value not in choices:
            raise ConfigError(f'{where}: {value!r} is not one of {list(choices)}')
        return value
    if origin is tuple:
        return _convert_tuple(kind, value, where)
    if origin in (dict, Mapping):
        if not isinstance(value, Mapping):
            raise ConfigError(f'{where}: expected a mapping, got {value!r}')
        item = typing.get_args(kind)[1]
        return {str(k): _convert(item, v, f'{where}.{k}') for k, v in value.items()}
    return _convert_scalar(kind, value, where)


def _convert_dataclass(cls: type, value: Any, where: str) -> Any:
    if isinstance(value, cls):
        return value
    if not isinstance(value, Mapping):
        raise ConfigError(f'{where}: expected a mapping, got {value!r}')
    fields = {f.name: f for f in dataclasses.fields(cls) if f.init}
    unknown = [str(key) for key in value if key not in fields]
    if unknown:
        raise ConfigError(f'{where}: unknown key {unknown[0]!r}; valid keys: {sorted(fields)}')
    needed = [
        name
        for name, f in fields.items()
        if f.default is dataclasses.MISSING and f.default_factory is dataclasses.MISSING
    ]
    missing = [name for name in needed if name not in value]
    if missing:
        raise ConfigError(f'{where}: missing key {missing[0]!r}; needed: {needed}')
    hints = _hints(cls)
    arguments = {k: _convert(hints[k], v, f'{where}.{k}') for k, v in value.items()}
    with named(where):
        return cls(**arguments)


def _convert_union(kind: Any, value: Any, where: str) -> Any:
    members = typing.get_args(kind)
    if value is None and type(None) in members:
        return None
    errors = []
    for member in members:
        if member is type(None):
            continue
        try:
            return _convert(member, value, where)
        except ConfigError as error:
            errors.append(str(error))
    raise ConfigError('; or '.join(errors))


def _convert_tuple(kind: Any, value: Any, where: str) -> tuple[Any, ...]:
    if not isinstance(value, list | tuple):
        raise ConfigError(f'{where}: expected a list, got {value!r}')
    members = typing.get_args(kind)
    if len(members) == 2 and members[1] is Ellipsis:
        return tuple(_convert(members[0], v, f'{where}[{i}]') for i, v in enumerate(value))
    if len(members) != len(value):
        raise ConfigError(f'{where}: expected {len(members)} values, got {len(value)}')
    return tuple(
        _convert(m, v, f'{where}[{i}]')
        for i, (m, v) in enumerate(zip(members, value, strict=True))
    )


def _convert_scalar(kind: Any, value: Any, where: str) -> Any:
    if kind is Any:
        return value
    if kind is float and isinstance(value, int | float) and not isinstance(value, bool):
        if not np.isfinite(value):
            raise ConfigError(f'{where}: expected a finite number, got {value!r}')
        return float(value)
    if kind is Path and isinstance(value, str):
        return Path(value)
    if isinstance(value, kind) and not (kind is int and isinstance(value, bool)):
        return value
    raise ConfigError(f'{where}: expected {kind.__name__}, got {value!r}')


@contextmanager
def named(where: str) -> Iterator[None]:
    """Make a ValueError from within a ConfigError that begins with `where`; one stays as it is."""
    try:
        yield
    except ConfigError:
        raise
    except ValueError as error:
        raise ConfigError(f'{where}: {error}') from error


def require(condition: bool, message: str) -> None:
    """Raise ValueError(message) unless `condition`; for `__post_init__` checks."""
    if not condition:
        raise ValueError(message)
