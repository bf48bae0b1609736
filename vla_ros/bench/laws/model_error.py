"""The reach with what the law's model does not know: a payload, dry friction."""

from dataclasses import replace

from vla_ros.bench.laws.minimum_jerk import START, minimum_jerk
from vla_ros.bench.laws.trial import Trial, tracking


PAYLOAD = Trial(
    'payload', '30 cm in 1 s, 1 kg unknown', minimum_jerk, 2.0, tracking,
    replace(START, payload=1.0), vertical=True,
)  # fmt: skip
FRICTION = Trial(
    'friction', '30 cm in 1 s, 1 Nm dry friction', minimum_jerk, 2.0, tracking,
    replace(START, friction=1.0),
)  # fmt: skip
