"""Jerk from uneven samples."""

import numpy as np
import pytest

from vla_ros.bench.jerk import jerk


def test_a_cubic_has_its_jerk_at_any_spacing():
    spacing = np.random.default_rng(0).integers(8_000_000, 13_000_000, 60)
    stamps = 1_700_000_000_000_000_000 + np.cumsum(spacing)
    t = (stamps - stamps[0]) * 1e-9
    path = np.stack([2 * t**3, 0.5 * t**3 - t, t**2], axis=1)
    found = jerk(stamps, path)
    assert found.shape == (57,)
    assert found == pytest.approx(np.hypot(12.0, 3.0), rel=1e-6)


@pytest.mark.parametrize('count', [0, 1, 3])
def test_too_few_samples_have_none(count):
    assert jerk(np.arange(count), np.zeros((count, 3))).size == 0
