"""Runs trials through lockstep, in several processes."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import cache
import multiprocessing

import numpy as np

from vla_ros.act.pocket import PocketExpert
from vla_ros.evaluate.trials import Outcome, Trial
from vla_ros.language.grammar import COLOURS, Request, fill, render
from vla_ros.pipeline.lockstep import Lockstep, LockstepConfig, Rollout
from vla_ros.policy import load_policy
from vla_ros.reason.pocket import PocketReasoner
from vla_ros.robots import load_robot
from vla_ros.sim.layout import Layout
from vla_ros.sim.state import WorldState
from vla_ros.sim.tasks import Progress, draw


@dataclass(frozen=True)
class Setup:
    """What every worker builds for itself."""

    robot: str
    policy: str  # path of the policy directory
    lockstep: LockstepConfig = field(default_factory=LockstepConfig)
    keep_chunks: bool = False


def run_trials(
    setup: Setup, trials: Sequence[Trial], workers: int
) -> Iterator[tuple[Outcome, Rollout]]:
    """Yield outcome and rollout of each trial as it ends, in any order."""
    load_policy(setup.policy)  # a broken policy is named here, not from inside a worker
    if workers == 1:
        yield from (run_trial(setup, trial) for trial in trials)
        return
    context = multiprocessing.get_context('spawn')
    with ProcessPoolExecutor(workers, mp_context=context) as pool:
        # Several at a time keep both processes busy; map keeps the order, hence the progress.
        yield from pool.map(run_trial, [setup] * len(trials), trials)


def run_trial(setup: Setup, trial: Trial) -> tuple[Outcome, Rollout]:
    """Run one trial in this process."""
    stack = _stack(setup)
    rng = np.random.default_rng([trial.seed, trial.variant])
    tasks = stack.scenes.tasks
    layout, named = draw(tasks[trial.family], trial.seed)
    request = choose(trial, named, layout, rng)
    text = word(request, trial, rng)
    stack.reset(layout)
    asked_for_absent = trial.kind == 'absent'
    timeout = setup.lockstep.timeout
    judge = Unending() if asked_for_absent else Progress(tasks[request.family], request, timeout)
    rollout = stack.run(text, judge, setup.keep_chunks)
    outcome = Outcome(
        trial=trial,
        family=request.family,
        instruction=text,
        success=rollout.refused if asked_for_absent else rollout.success,
        refused=rollout.refused,
        reason=rollout.reason,
        seconds=rollout.seconds,
        latent_age=rollout.latent_age,
        seam_jump=rollout.seam_jump,
    )
    return outcome, rollout


class Unending:
    """Judges what cannot be done: the episode ends with a refusal or at its time limit."""

    success = False
    reason = 'timeout'

    def update(self, state: WorldState) -> bool:
        """Go on."""
        return False


def choose(trial: Trial, named: Request, layout: Layout, rng: np.random.Generator) -> Request:
    """Return what the trial asks for in a scene whose own request is `named`."""
    return _CHOICES[trial.kind](named, layout, rng)


def word(request: Request, trial: Trial, rng: np.random.Generator) -> str:
    """Return the instruction in the trial's own template, or in the grammar's wording."""
    if trial.template:
        return fill(trial.template, request, None)
    return render(request, rng, trial.wording)


def _named(named: Request, layout: Layout, rng: np.random.Generator) -> Request:
    return named


def _other(named: Request, layout: Layout, rng: np.random.Generator) -> Request:
    """Return a request for another cube or another thing to do with it.

    Pushing needs a free corridor, which the scene has only for the request it was made for.
    """
    present = layout.present
    options = [Request('pick', c) for c in present] + [Request('put', c, 'bowl') for c in present]
    options += [Request('stack', a, b) for a in present for b in present if a != b]
    options = [o for o in options if o.object != named.object or o.family != named.family]
    return options[rng.integers(len(options))]


def _absent(named: Request, layout: Layout, rng: np.random.Generator) -> Request:
    """Return the scene's own request with a cube that is not there."""
    absent = [colour for colour in COLOURS if colour not in layout.present]
    colour = absent[rng.integers(len(absent))]
    return Request(named.family, colour, named.target)


_CHOICES: dict[str, Callable[[Request, Layout, np.random.Generator], Request]] = {
    'named': _named,
    'other': _other,
    'absent': _absent,
}


@cache
def _stack(setup: Setup) -> Lockstep:
    """Return this process's own stack; building it takes seconds."""
    policy = load_policy(setup.policy)
    spec = load_robot(setup.robot)
    return Lockstep(spec, PocketReasoner(policy), PocketExpert(policy), setup.lockstep)
