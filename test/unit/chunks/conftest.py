"""A maker of chunks whose first begins at a known time and pose."""

import numpy as np
import pytest

from vla_ros.core.data import SECOND


START = 1_000 * SECOND
POSE = np.array([0.5, 0.0, 0.3, 1.0, 0.0, 0.0, 0.0, 0.08])


@pytest.fixture(scope='session')
def make_chunk(make_chunk):
    def make(seq=0, stamp=START, origin=POSE, *others, **fields):
        return make_chunk(
            seq, stamp, np.asarray(origin)[:8], *others, **fields
        )  # also of all numbers of an arm

    return make
