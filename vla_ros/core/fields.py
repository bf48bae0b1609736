"""What the fields of a dataclass are, found out once: what every codec is made of.

An annotation says all of it: `Stamp` is a time in ns, `Sized(...)` gives the shape of an array.
A codec asks `fields_of` when it is made and looks at no annotation afterwards.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields, is_dataclass
from enum import IntEnum
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

import numpy as np


_TIME = 'a time'
Stamp = Annotated[int, _TIME]  # ns


@dataclass(frozen=True, init=False)
class Sized:
    """The shape of an array: numbers, names of other fields (their length), or other names.

    A name that is no field's is a length of the array's own, which messages carry beside it.
    """

    dims: tuple[int | str, ...]

    def __init__(self, *dims: int | str) -> None:
        object.__setattr__(self, 'dims', dims)


@dataclass(frozen=True)
class Tensor:
    """An array of any shape that carries its shape with it."""


@dataclass(frozen=True)
class Field:
    """One field of a dataclass.

    `kind` is time, int, bool, float, text, texts, enum, array, tensor or nested (a dataclass).
    """

    name: str
    kind: str
    type: Any  # the enum, the dataclass, or the dtype of an array; else None
    shape: tuple[Any, ...] = ()  # of an array, as in `Sized.dims`
    optional: bool = False  # may be None


_SCALARS = {int: 'int', bool: 'bool', float: 'float', str: 'text', tuple[str, ...]: 'texts'}


def fields_of(kind: Any) -> tuple[Field, ...]:
    """Return the fields of a dataclass in their order.

    Raises:
        TypeError: a field is of a type that no codec knows; names it.
    """
    hints = get_type_hints(kind, include_extras=True)
    return tuple(_field(kind, own.name, hints[own.name]) for own in fields(kind))


def floats_in(kind: Any) -> int:
    """Return how many numbers a dataclass of floats and arrays of a fixed shape has."""
    return sum(
        1 if own.kind == 'float' else floats_in(own.type) if own.kind == 'nested' else _size(own)
        for own in fields_of(kind)
    )


def _size(field: Field) -> int:
    if field.kind != 'array' or not all(isinstance(n, int) for n in field.shape):
        raise TypeError(f'{field.name}: expected a float or an array of a fixed shape')
    return int(np.prod(field.shape))


def _field(owner: type, name: str, hint: Any) -> Field:
    hint, marks = _unwrapped(hint)
    optional = False
    if get_origin(hint) in (Union, UnionType) and NoneType in get_args(hint):
        optional = True
        (hint,) = (one for one in get_args(hint) if one is not NoneType)
        hint, more = _unwrapped(hint)
        marks += more
    kind, its_type, shape = _kind(owner, name, hint, marks)
    return Field(name, kind, its_type, shape, optional)


def _unwrapped(hint: Any) -> tuple[Any, tuple[Any, ...]]:
    if get_origin(hint) is Annotated:
        return hint.__origin__, tuple(hint.__metadata__)
    return hint, ()


def _kind(
    owner: type, name: str, hint: Any, marks: Sequence[Any]
) -> tuple[str, Any, tuple[int | str, ...]]:
    if hint is int and _TIME in marks:
        return 'time', None, ()
    if hint in _SCALARS:
        return _SCALARS[hint], None, ()
    if isinstance(hint, type) and issubclass(hint, IntEnum):
        return 'enum', hint, ()
    if is_dataclass(hint):
        return 'nested', hint, ()
    if get_origin(hint) is np.ndarray:
        dtype = np.dtype(get_args(get_args(hint)[-1])[0])
        if any(isinstance(mark, Tensor) for mark in marks):
            return 'tensor', dtype, ()
        shapes = [mark.dims for mark in marks if isinstance(mark, Sized)]
        # An array that says nothing is a row of numbers, of a length of its own.
        return 'array', dtype, shapes[0] if shapes else (name,)
    raise TypeError(f'{owner.__name__}.{name}: no codec knows fields of type {hint}')
