"""The control bench: every law, and a reference, in the same trials on the simulated arm."""

from collections.abc import Callable, Iterator
import functools

import numpy as np

from vla_ros.bench.laws import (
    contact,
    figure_eight,
    minimum_jerk,
    model_error,
    press,
    push,
    step,
    timing,
)
from vla_ros.bench.laws.reference import CrispReference
from vla_ros.bench.laws.rig import Rig
from vla_ros.bench.laws.row import Row
from vla_ros.bench.laws.trial import Trial
from vla_ros.control.laws import load_law
from vla_ros.control.laws.law import ControlLaw
from vla_ros.robots.spec import ArmSpec


REFERENCE = 'crisp_reference'
TRIALS: dict[str, Trial] = {
    trial.name: trial
    for trial in (
        step.TRIAL, minimum_jerk.TRIAL, figure_eight.TRIAL, contact.SLOW, contact.FAST,
        press.TRIAL, push.TRIAL, model_error.PAYLOAD, model_error.FRICTION,
        timing.JITTER, timing.DROPPED,
    )
}  # fmt: skip


def bench_laws(spec: ArmSpec, presets: tuple[str, ...]) -> Iterator[Row]:
    """Yield every preset, and the reference, in every trial; each with a fresh law."""
    rig = Rig(spec)
    makers: dict[str, Callable[[], ControlLaw]] = {
        name: functools.partial(load_law, name, spec) for name in presets
    }
    makers[REFERENCE] = functools.partial(CrispReference, spec)
    for trial in TRIALS.values():
        for name, make in makers.items():
            law = make()
            if not trial.asks(law):
                continue
            trace = rig.run(law, trial.motion, trial.seconds, trial.conditions)
            figures = trial.measure(trace, law.stiffness)
            spent = np.percentile(trace.spent, (50, 99))
            figures |= {'law_p50': float(spent[0]), 'law_p99': float(spent[1])}
            yield Row(name, trial, figures, trace)


__all__ = ['REFERENCE', 'TRIALS', 'Row', 'bench_laws']
