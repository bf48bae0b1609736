"""Row: one law in one trial."""

from dataclasses import dataclass

from vla_ros.bench.laws.rig import Trace
from vla_ros.bench.laws.trial import Trial


@dataclass(frozen=True)
class Row:
    """What came of it; `figures` are in SI units."""

    law: str
    trial: Trial
    figures: dict[str, float]
    trace: Trace
