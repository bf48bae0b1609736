"""SectionCodec: a dataclass in a section of the mailbox and back, made of its fields.

The plan is made once, at import; a write is then two or three calls in C and no look at a field.
Numbers of a fixed count come first, then the arrays, whose shapes stand among the integers.
"""

from collections.abc import Callable, Mapping, Sequence
import math
from operator import attrgetter
from typing import Any, Generic, TypeVar

import numpy as np

from vla_ros.core.fields import Field, fields_of, floats_in
from vla_ros.runtime.section import TEXT, Entry, Memory, Section


T = TypeVar('T')

_INTS = ('time', 'int', 'bool', 'enum')
_PACKED = 256  # numbers from which on it is quicker not to make a list of them
_INT64 = 1 << 63
_JOINT = '\n'  # between the texts of a list


class SectionCodec(Generic[T]):
    """Packs values of one dataclass."""

    def __init__(
        self,
        kind: type[T],
        most: Mapping[str, tuple[int, ...]] | None = None,
        texts: Mapping[str, int] | None = None,
        omit: Sequence[str] = (),
    ) -> None:
        """Make the plan.

        Args:
            kind: the dataclass.
            most: the greatest shape of each array; its number of dimensions is that of the array.
            texts: bytes for a text or a list of texts, if that is not `TEXT`.
            omit: fields that stay behind; they need a default.

        Raises:
            TypeError: an array has no greatest shape, or a field cannot lie in a section.
        """
        plan = [own for own in fields_of(kind) if own.name not in omit]
        self._kind, self._most, sizes = kind, dict(most or {}), texts or {}
        ints, floats, words, nested, arrays = (
            [own for own in plan if own.kind in kinds] for kinds in _KINDS
        )
        self._shapes = {own.name: self._shape(own) for own in arrays}
        self._room = {own.name: sizes.get(own.name, TEXT) for own in words}
        self._int_names, self._float_names = _names(ints), _names(floats)
        self._names = _names([*ints, *floats, *words, *nested, *arrays])
        # What a section holds as an integer, and a value otherwise.
        self._converted = [
            (i, own.type or bool) for i, own in enumerate(ints) if own.kind in ('enum', 'bool')
        ]
        self._lists = [i for i, own in enumerate(words) if own.kind == 'texts']
        inner = [(own.name, own.type, fields_of(own.type)) for own in nested]
        self._nested = [(made, [math.prod(o.shape) for o in own]) for _, made, own in inner]
        self._arrays = [(len(self._shapes[own.name]), own.type) for own in arrays]
        self._get_ints, self._get_floats = _getter(self._int_names), _getter(self._float_names)
        self._get_texts, self._get_arrays = _getter(_names(words)), _getter(_names(arrays))
        self._get_parts = _getter([f'{name}.{o.name}' for name, _, own in inner for o in own])
        self._fixed = len(floats) + sum(floats_in(own.type) for own in nested)

    def section(self, memory: Memory) -> Section:
        """Cut off a section that has room for the greatest value."""
        shapes = self._shapes.values()
        return memory.section(
            len(self._int_names) + sum(map(len, shapes)),
            self._fixed + sum(map(math.prod, shapes)),
            [*self._room.values()],
        )

    def misfit(self, value: T) -> str:
        """Return why a value has no room, or ''. Other texts than those of lists are cut."""
        for name, most in self._shapes.items():
            shape = getattr(value, name).shape
            if len(shape) != len(most) or not all(map(_within, shape, most)):
                return f'{name}: expected 1 to {" x 1 to ".join(map(str, most))}, got {shape}'
        for name, number in zip(self._int_names, self._get_ints(value), strict=True):
            if not -_INT64 <= number < _INT64:
                return f'{name}: expected an integer of 64 bits with its sign, got {number}'
        texts = self._get_texts(value)
        for i, (name, room) in enumerate(self._room.items()):
            if i not in self._lists:
                continue
            if any(_JOINT in text for text in texts[i]):
                return f'{name}: expected names without a line feed, got {list(texts[i])}'
            if (size := len(_JOINT.join(texts[i]).encode())) > room:
                return f'{name}: expected at most {room} bytes of names, got {size}'
        return ''

    def write(self, section: Section, value: T) -> None:
        """Write a value that fits; texts that are too long are cut."""
        ints, texts = self._get_ints(value), [*self._get_texts(value)]
        floats: Any = [*self._get_floats(value)]
        for part in self._get_parts(value):
            floats += part.tolist()
        if self._arrays:
            for array in self._get_arrays(value):
                ints += array.shape
                floats = _appended(floats, array)
        for i in self._lists:
            texts[i] = _JOINT.join(texts[i])
        section.write(ints, floats, texts)

    def read(self, entry: Entry) -> T:
        """Make the value of what a section held."""
        ints, floats, words = entry
        texts: list[Any] = words
        count, at = len(self._float_names), len(self._int_names)
        numbers = floats[:count].tolist()
        shapes, ints = ints[at:], ints[:at]
        for i, kind in self._converted:
            ints[i] = kind(ints[i])
        for i in self._lists:
            texts[i] = tuple(texts[i].split(_JOINT)) if texts[i] else ()
        parts: list[Any] = []
        for kind, sizes in self._nested:
            inner = []
            for size in sizes:
                inner.append(floats[count : count + size])
                count += size
            parts.append(kind(*inner))
        for dims, dtype in self._arrays:
            shape, shapes = shapes[:dims], shapes[dims:]
            end = count + math.prod(shape)
            array = floats[count:end].reshape(shape)
            parts.append(array if dtype == np.float64 else array.astype(dtype))
            count = end
        values = [*ints, *numbers, *texts, *parts]
        return self._kind(**dict(zip(self._names, values, strict=True)))

    def _shape(self, field: Field) -> tuple[int, ...]:
        if field.name not in self._most or field.optional:
            raise TypeError(f'{field.name}: expected its greatest shape, or to be omitted')
        return self._most[field.name]


# What lies among the integers, the floats and the texts, and behind the floats.
_KINDS = (_INTS, ('float',), ('text', 'texts'), ('nested',), ('array', 'tensor'))


def _names(fields: Sequence[Field]) -> list[str]:
    return [own.name for own in fields]


def _getter(names: Sequence[str]) -> Callable[[Any], tuple]:
    """Return what gets all attributes of a value at once, as a tuple."""
    if len(names) > 1:
        return attrgetter(*names)
    if names:
        one = attrgetter(names[0])
        return lambda value: (one(value),)
    return lambda value: ()


def _appended(floats: Any, array: Any) -> Any:
    if array.size < _PACKED and isinstance(floats, list):
        floats += array.ravel().tolist()
        return floats
    return np.concatenate([floats, array.ravel()])


def _within(length: int, most: int) -> bool:
    return 1 <= length <= most
