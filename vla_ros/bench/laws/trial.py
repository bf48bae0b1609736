"""Trial: one thing that is asked of every law, and the figures that come of it."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from vla_ros.bench.laws.rig import Conditions, Goal, Motion, Trace
from vla_ros.control.laws.cartesian_wrench import CartesianWrench
from vla_ros.control.laws.law import ControlLaw


Measure = Callable[[Trace, float], dict[str, float]]  # trace, N/m of the law -> figures


@dataclass(frozen=True)
class Trial:
    """What is asked, under which conditions, for how long, and what is read off."""

    name: str
    title: str
    motion: Motion
    seconds: float
    measure: Measure
    conditions: Conditions = field(default_factory=Conditions)
    vertical: bool = False  # whether it counts where the tcp is along the tool's axis
    force: bool = False  # whether it is a force along that axis that is asked for

    def asks(self, law: ControlLaw) -> bool:
        """Whether the trial means anything to a law: those that press do not follow there."""
        presses = isinstance(law, CartesianWrench)
        return presses if self.force else not (presses and self.vertical)


def stand(now: float) -> Goal:
    """Stay at the start."""
    return Goal(np.zeros(3))


def tracking(trace: Trace, stiffness: float) -> dict[str, float]:
    """Return the greatest and the rms distance from the target, m."""
    error = trace.error
    return {'max_error': float(error.max()), 'rms_error': float(np.sqrt(np.mean(error**2)))}
