"""Messages without ROS: blank ones with the fields of their .msg, and their way through a bag."""

from types import SimpleNamespace

from mcap.records import Schema
from mcap_ros2.decoder import DecoderFactory
import numpy as np
from rosbags.typesys import Stores, get_types_from_msg, get_typestore

from vla_ros.dataset.schema import definition


_STORE = get_typestore(Stores.EMPTY)
_PRIMITIVE, _MESSAGE = 1, 2  # kinds of nodes in rosbags


def fields(type_name):
    """Return the fields of a type and what they are, as rosbags has them."""
    if type_name not in _STORE.fielddefs:
        _STORE.register(get_types_from_msg(definition(type_name), type_name))
    return _STORE.fielddefs[type_name][1]


def blank(type_name):
    """Return a message with the fields of its type, all zero."""
    return SimpleNamespace(**{name: _zero(kind) for name, kind in fields(type_name)})


def _zero(kind):
    node, inner = int(kind[0]), kind[1]
    if node == _PRIMITIVE:
        return {'string': '', 'bool': False}.get(inner[0], 0)
    return blank(inner) if node == _MESSAGE else []


def through_a_bag(type_name, message):
    """Serialise a message (rosbags) and decode it as the reader of bags does (mcap)."""
    data = bytes(_STORE.serialize_cdr(_filled(type_name, message), type_name))
    schema = Schema(id=1, name=type_name, encoding='ros2msg', data=definition(type_name).encode())
    return DecoderFactory().decoder_for('cdr', schema)(data)


def _filled(type_name, message):
    values = {name: _value(kind, getattr(message, name)) for name, kind in fields(type_name)}
    return _STORE.types[type_name](**values)


def _value(kind, value):
    node, inner = int(kind[0]), kind[1]
    if node == _PRIMITIVE:
        return value
    if node == _MESSAGE:
        return _filled(inner, value)
    element = inner[0][1][0]
    return list(value) if element == 'string' else np.asarray(value, dtype=element)
