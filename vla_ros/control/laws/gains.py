"""Gains that are given as one number for all joints, or as one per joint."""

import numpy as np

from vla_ros.core.config import require
from vla_ros.core.data import Array
from vla_ros.robots.spec import ArmSpec


Gains = float | tuple[float, ...]


def require_gains(config: object, name: str, least: float, most: float, unit: str) -> None:
    """Refuse a config whose gains `name` are not all within [least, most]; None is not a gain.

    Raises:
        ValueError: the message names the field and the valid range.
    """
    given = getattr(config, name)
    values = given if isinstance(given, tuple) else (given,)
    fits = all(value is None or least <= value <= most for value in values)
    require(fits, f'{name}: expected {least:g}..{most:g} {unit}')


def per_joint(name: str, gains: Gains, spec: ArmSpec) -> Array:
    """Return the gains (n,) of a robot's joints.

    Raises:
        ValueError: a list without one per joint; the message names the field.
    """
    if not isinstance(gains, tuple):
        return np.full(spec.n, float(gains))
    require(
        len(gains) == spec.n,
        f'{name}: expected {spec.n} values for {spec.name}, got {len(gains)}',
    )
    return np.array(gains, dtype=np.float64)
