"""A frozen dataclass as ROS parameters: each field described, ranged, and checked once more.

Use `param` for the fields; the class's own `__post_init__` may check what ranges cannot say.
"""

import dataclasses
from typing import Any, TypeVar

from rcl_interfaces.msg import FloatingPointRange, IntegerRange, ParameterDescriptor
from rclpy.exceptions import ParameterException
from rclpy.node import Node
from rclpy.parameter import Parameter

from vla_ros.core import config
from vla_ros.core.config import ConfigError


T = TypeVar('T')
# What ROS itself declares or hands to every node.
_FOREIGN = ('use_sim_time', 'start_type_description_service')


def param(
    default: Any, description: str, low: float | None = None, high: float | None = None
) -> Any:
    """Return a dataclass field that becomes a ROS parameter."""
    limits = None if low is None or high is None else (low, high)
    metadata = {'description': description, 'limits': limits}
    return dataclasses.field(default=default, metadata=metadata)


class Parameters:
    """The parameters of one node.

    A value that ROS refuses (of another type, out of range) is remembered, so that `configure`
    can fail with its cause; raised from a constructor, it would only be a traceback.

    Attributes:
        names: of them all.
    """

    def __init__(self, node: Node, cls: type) -> None:
        """Declare the fields of `cls` on `node`."""
        self._node = node
        self._error = ''
        self.names = names = [field.name for field in dataclasses.fields(cls)]
        for field in dataclasses.fields(cls):
            self._declare(field)
        given = [name for name in node._parameter_overrides if not name.startswith('qos_')]
        unknown = [name for name in given if name not in names and name not in _FOREIGN]
        if unknown:
            self._error = f'parameter {unknown[0]!r} is unknown; valid ones: {sorted(names)}'

    def read(self, cls: type[T]) -> T:
        """Return the parameters' values as the dataclass.

        Raises:
            ConfigError: a parameter is unknown, of another type or out of range; names it.
        """
        if self._error:
            raise ConfigError(self._error)
        names = [field.name for field in dataclasses.fields(cls)]  # type: ignore[arg-type]
        values = {name: self._node.get_parameter(name).value for name in names}
        return config.build(cls, values, where=self._node.get_name())

    def _declare(self, field: dataclasses.Field) -> None:
        descriptor = _descriptor(field)
        default = field.default
        override = self._node._parameter_overrides.get(field.name)
        if override is not None and _whole_number_for(default, override):
            # `rate:=5` on a command line is an integer; nobody should have to write 5.0.
            value = float(override.value)
            self._node._parameter_overrides[field.name] = Parameter(field.name, value=value)
        try:
            self._node.declare_parameter(field.name, default, descriptor)
        except (ParameterException, ValueError) as error:
            got = None if override is None else override.value
            self._error = (
                f'parameter {field.name!r}: expected {type(default).__name__}'
                f'{_range_words(field)}, got {got!r} ({type(error).__name__})'
            )


def _whole_number_for(default: Any, override: Parameter) -> bool:
    return isinstance(default, float) and override.type_ == Parameter.Type.INTEGER


def _descriptor(field: dataclasses.Field) -> ParameterDescriptor:
    descriptor = ParameterDescriptor(
        name=field.name,
        description=field.metadata.get('description', ''),
    )
    limits = field.metadata.get('limits')
    if limits and isinstance(field.default, float):
        span = FloatingPointRange(from_value=float(limits[0]), to_value=float(limits[1]))
        descriptor.floating_point_range = [span]
    elif limits:
        descriptor.integer_range = [IntegerRange(from_value=limits[0], to_value=limits[1])]
    return descriptor


def _range_words(field: dataclasses.Field) -> str:
    limits = field.metadata.get('limits')
    return f' in {limits[0]:g}..{limits[1]:g}' if limits else ''
