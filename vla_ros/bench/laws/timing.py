"""The reach on a bad computer: torques come late, or not at all."""

from dataclasses import replace

from vla_ros.bench.laws.minimum_jerk import START, minimum_jerk
from vla_ros.bench.laws.trial import Trial, tracking


JITTER = Trial(
    'jitter', '30 cm in 1 s, 500 us jitter', minimum_jerk, 1.5, tracking,
    replace(START, jitter=500e-6),
)  # fmt: skip
DROPPED = Trial(
    'dropped', '30 cm in 1 s, 20 % of ticks dropped', minimum_jerk, 1.5, tracking,
    replace(START, dropped=0.2),
)  # fmt: skip
