"""MessageCodec: a dataclass as a message and back, made of its fields; knows no ROS.

A message is whatever has the attributes of one: those of rclpy, and those that a bag is decoded
to. Fields go by the same name on both sides; a codec lists the few that do not. `stamp` is the
header's. Floats go out as `array.array`: assigning a list would check every element in Python.
"""

from array import array
from collections.abc import Callable, Mapping
import math
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from vla_ros.core.data import SECOND, Pose
from vla_ros.core.fields import Field, fields_of


T = TypeVar('T')

_DTYPES: dict[str, np.dtype] = {'float16': np.dtype('<f2'), 'float32': np.dtype('<f4')}
_MAX_TENSOR = 1 << 20  # numbers; more is a mistake, not a latent


class ConvertError(ValueError):
    """A message does not hold what its type promises; names the field."""


def from_time(time: Any) -> int:
    """Return a builtin_interfaces/Time in ns."""
    return int(time.sec) * SECOND + int(time.nanosec)


def from_pose(message: Any, field: str) -> Pose:
    """Return a pose; raises ConvertError unless finite with a unit quaternion."""
    p, q = message.position, message.orientation
    numbers = (p.x, p.y, p.z, q.x, q.y, q.z, q.w)
    if not all(map(math.isfinite, numbers)):
        raise ConvertError(f'{field}: expected finite numbers, got {numbers}')
    check_unit(q, field)
    return Pose(np.array(numbers[:3]), np.array(numbers[3:]))


def packed(values: Any, kind: str) -> array:
    """Return numbers as the array.array that a message field takes without a second look."""
    result = array(kind)
    result.frombytes(np.ascontiguousarray(values, dtype=np.dtype(kind)).tobytes())
    return result


def check_unit(message: Any, field: str) -> None:
    """Raise ConvertError unless a quaternion has the norm 1, to 1e-3; NaN has none."""
    numbers = (message.x, message.y, message.z, message.w)
    if not abs(math.hypot(*numbers) - 1) <= 1e-3:
        raise ConvertError(f'{field}: expected a unit quaternion, got {numbers}')


def matrix(values: Any, shape: tuple[int, ...], dtype: Any, field: str) -> NDArray:
    """Return a message's numbers in `shape`; raises ConvertError when there are not so many."""
    numbers: NDArray = np.asarray(values, dtype)
    if numbers.size != math.prod(shape):
        raise ConvertError(f'{field}: expected {shape}, got {numbers.size} numbers')
    return numbers.reshape(shape)


class MessageCodec(Generic[T]):
    """Between a dataclass and the messages that have its fields.

    Attributes:
        fields: the names of the message's fields that it reads and writes.
    """

    def __init__(self, kind: type[T], label: str, names: Mapping[str, str] | None = None) -> None:
        """Make the plan.

        Args:
            kind: the dataclass.
            label: what causes of refusal call the message.
            names: the message's name of a field, if it has another.

        Raises:
            TypeError: a field of the dataclass is of a type that no codec knows.
        """
        self._kind, self._label, self._names = kind, label, dict(names or {})
        plan = fields_of(kind)
        self._texts = {own.name for own in plan if own.kind == 'texts'}
        self.fields: set[str] = set()
        self._writers = [self._writer(own) for own in plan]
        self._readers = [(own.name, self._reader(own)) for own in plan]

    def write(self, value: T, message: Any) -> Any:
        """Fill a message, and return it."""
        for write in self._writers:
            write(value, message)
        return message

    def read(self, message: Any, **instead: Any) -> T:
        """Return the value, with fields `instead` of those that the message has.

        Raises:
            ConvertError: names the field that cannot be believed, and what was expected of it.
        """
        values = {name: read(message) for name, read in self._readers if name not in instead}
        return self._kind(**values, **instead)

    def _said(self, field: Field) -> str:
        return self._names.get(field.name, field.name)

    def _lengths(self, field: Field) -> list[tuple[str, bool]]:
        """Return the message's field of each dimension, and whether that is a list."""
        if field.shape == (field.name,):
            return []
        found = []
        for dim in map(str, field.shape):
            counted = dim not in self._texts
            found.append((dim if counted else self._names.get(dim, dim), not counted))
        self.fields |= {name for name, _ in found}
        return found

    def _writer(self, field: Field) -> Callable[[T, Any], None]:
        name, said = field.name, self._said(field)
        simple = _SIMPLE_OUT.get(field.kind)
        if simple is not None:
            self.fields.add(said)
            return lambda value, message: setattr(message, said, simple(getattr(value, name)))
        if field.kind == 'time':
            where = ('header', 'stamp') if name == 'stamp' else (said,)
            self.fields.add(where[0])
            return lambda value, message: _put_time(getattr(value, name), message, where)
        if field.kind == 'nested' and field.type is Pose:
            self.fields.add(said)
            return lambda value, message: _put_pose(getattr(value, name), getattr(message, said))
        if field.kind == 'tensor':
            self.fields |= {said, 'shape', 'dtype'}
            return lambda value, message: _put_tensor(getattr(value, name), message, said)
        if field.kind == 'array':
            return self._array_writer(field, said)
        raise TypeError(f'{name}: messages cannot hold {field.type}')

    def _array_writer(self, field: Field, said: str) -> Callable[[T, Any], None]:
        name, kind, lengths = field.name, field.type.char, self._lengths(field)
        counts = [(i, count) for i, (count, listed) in enumerate(lengths) if not listed]
        self.fields.add(said)

        def write(value: T, message: Any) -> None:
            numbers = getattr(value, name)
            if numbers is None:  # it stays empty
                return
            for i, count in counts:
                setattr(message, count, numbers.shape[i])
            setattr(message, said, packed(numbers, kind))

        return write

    def _reader(self, field: Field) -> Callable[[Any], Any]:
        said, label = self._said(field), f'{self._label}.{self._said(field)}'
        simple = _SIMPLE_IN.get(field.kind)
        if simple is not None:
            return lambda message: simple(getattr(message, said))
        if field.kind == 'time':
            if field.name == 'stamp':
                return lambda message: from_time(message.header.stamp)
            return lambda message: from_time(getattr(message, said))
        if field.kind == 'enum':
            return lambda message: _member(field.type, getattr(message, said), label)
        if field.kind == 'nested':
            return lambda message: from_pose(getattr(message, said), label)
        if field.kind == 'tensor':
            return lambda message: _tensor(message, said, self._label)
        return self._array_reader(field, said, label)

    def _array_reader(self, field: Field, said: str, label: str) -> Callable[[Any], Any]:
        lengths, dtype, optional = self._lengths(field), field.type, field.optional

        def read(message: Any) -> Any:
            values = getattr(message, said)
            if not lengths:
                return np.array(values, dtype)
            found = [(getattr(message, name), listed) for name, listed in lengths]
            shape = tuple(len(value) if listed else int(value) for value, listed in found)
            if optional and not len(values):
                return None
            return matrix(values, shape, dtype, label)

        return read


_SIMPLE_OUT: dict[str, Callable[[Any], Any]] = {
    'int': int, 'bool': bool, 'float': float, 'text': str, 'texts': list, 'enum': int,
}  # fmt: skip
_SIMPLE_IN: dict[str, Callable[[Any], Any]] = {
    'int': int, 'bool': bool, 'float': float, 'text': str, 'texts': tuple,
}  # fmt: skip


def _member(kind: Any, value: Any, label: str) -> Any:
    if value not in list(kind):
        raise ConvertError(f'{label}: {value} is not one of {[int(m) for m in kind]}')
    return kind(value)


def _put_time(stamp: int, message: Any, where: tuple[str, ...]) -> None:
    for name in where:
        message = getattr(message, name)
    message.sec, message.nanosec = stamp // SECOND, stamp % SECOND


def _put_pose(pose: Pose, message: Any) -> None:
    p, q = message.position, message.orientation
    p.x, p.y, p.z = pose.position.tolist()
    q.x, q.y, q.z, q.w = pose.quaternion.tolist()


def _put_tensor(values: NDArray, message: Any, said: str) -> None:
    message.shape, message.dtype = array('I', values.shape), 'float32'
    setattr(message, said, array('B', values.astype('<f4', copy=False).tobytes()))


def _tensor(message: Any, said: str, label: str) -> NDArray:
    if message.dtype not in _DTYPES:
        raise ConvertError(f'{label}.dtype: {message.dtype!r} is not one of {sorted(_DTYPES)}')
    dtype, shape = _DTYPES[message.dtype], tuple(int(n) for n in message.shape)
    # Tokens and their width, or neither: a thought in words alone.
    if len(shape) != 2 or (any(shape) and not all(shape)):
        raise ConvertError(f'{label}.shape: expected tokens and their width, got {shape}')
    data = getattr(message, said)
    if math.prod(shape) > _MAX_TENSOR:
        raise ConvertError(f'{label}.shape: {shape} has more than {_MAX_TENSOR} numbers')
    if len(data) != math.prod(shape) * dtype.itemsize:
        raise ConvertError(
            f'{label}.{said}: expected {shape} {message.dtype}, got {len(data)} bytes'
        )
    values = np.frombuffer(bytes(data), dtype).reshape(shape).astype(np.float32)
    if not np.isfinite(values).all():
        raise ConvertError(f'{label}.{said}: expected finite numbers')
    return values
