"""Hypothesis strategies of the dataclasses that flow, made of their fields."""

from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
import numpy as np

from vla_ros.core.fields import fields_of


times = st.integers(0, (2**31 - 10) * 10**9)  # a Time ends in 2038
texts = st.text(st.characters(codec='utf-8', exclude_characters='\0'), max_size=20)
names = st.text(st.characters(codec='utf-8', exclude_characters='\0\n'), min_size=1, max_size=9)
doubles = st.floats(allow_nan=True)
singles = st.floats(allow_nan=True, width=32)


def quaternions():
    """Return unit quaternions."""
    raw = st.tuples(*[st.floats(-1, 1)] * 4).map(np.array)
    return raw.filter(lambda q: np.linalg.norm(q) > 0.1).map(lambda q: q / np.linalg.norm(q))


@st.composite
def values_of(draw, kind, without=()):
    """Draw a value; arrays share the lengths that their shapes name. NaN is drawn too."""
    lengths, values = {}, {}
    for own in sorted(fields_of(kind), key=lambda field: field.kind != 'texts'):
        if own.name in without:
            continue
        if own.optional and draw(st.booleans()):
            values[own.name] = None
            continue
        values[own.name] = draw(_field(own, lengths))
        if own.kind == 'texts':
            lengths[own.name] = len(values[own.name])
        elif own.kind == 'array' and own.shape != (own.name,):
            shape = values[own.name].shape
            lengths |= {n: m for n, m in zip(own.shape, shape, strict=True) if isinstance(n, str)}
    return kind(**values)


def _field(own, lengths):
    if own.kind in ('array', 'tensor'):
        dims = own.shape or ('tokens', 'width')
        shape = [
            st.just(n) if isinstance(n, int) else st.just(lengths[n]) if n in lengths
            else st.integers(1, 4) for n in dims
        ]  # fmt: skip
        if own.name == 'quaternion':
            return quaternions()
        finite = own.kind == 'tensor' or own.name == 'position'
        numbers = st.floats(-1e3, 1e3, width=32) if finite else None
        return st.tuples(*shape).flatmap(lambda s: arrays(own.type, s, elements=numbers))
    if own.name == 'p_grounded':  # a float32 in the message
        return st.floats(0, 1, width=32)
    return {
        'time': lambda: times,
        'int': lambda: st.integers(0, 2**31),
        'bool': st.booleans,
        'float': lambda: doubles,
        'text': lambda: texts,
        'texts': lambda: st.lists(names, min_size=1, max_size=4).map(tuple),
        'enum': lambda: st.sampled_from(own.type),
        'nested': lambda: values_of(own.type),
    }[own.kind]()


def assert_same(a, b):
    """Assert that two dataclasses hold the same, bit for bit but for what NaN it is."""
    assert type(a) is type(b)
    for own in fields_of(type(a)):
        x, y = getattr(a, own.name), getattr(b, own.name)
        if own.kind == 'nested':
            assert_same(x, y)
        else:
            assert type(x) is type(y), own.name
            np.testing.assert_array_equal(x, y, err_msg=own.name)
