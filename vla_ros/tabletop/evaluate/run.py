"""Runs trials through lockstep, in several processes."""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field, replace
from functools import cache
import multiprocessing
from typing import ClassVar

import numpy as np

from vla_ros.policies import load_policy
from vla_ros.policies.chunk_maker import ChunkMaker
from vla_ros.policies.makers import make_policy
from vla_ros.robots import load_robot
from vla_ros.tabletop.evaluate.joint_chunks import JointChunks
from vla_ros.tabletop.evaluate.trials import Outcome, Trial
from vla_ros.tabletop.language import COLOURS, Request, fill, render, requests
from vla_ros.tabletop.lockstep import Lockstep, Rollout
from vla_ros.tabletop.lockstep_config import LockstepConfig
from vla_ros.tabletop.tasks import Progress, Task, draw
from vla_ros.tabletop.world.layout import Layout
from vla_ros.tabletop.world.state import WorldState


@dataclass(frozen=True)
class Setup:
    """What every worker builds for itself."""

    robot: str
    policy: str  # path of the policy directory
    lockstep: LockstepConfig = field(default_factory=LockstepConfig)
    keep_chunks: bool = False
    other_robot: bool = False  # the policy may be one that was made for another robot
    joint_chunks: bool = False  # its poses are made joint positions by inverse kinematics


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
    layout, named = draw(stack.scenes.task(trial.family), trial.seed)
    request = choose(trial, named, layout, rng, tasks)
    text = word(request, trial, rng)
    stack.reset(layout)
    asked_for_absent = trial.kind == 'absent'
    timeout = setup.lockstep.timeout
    judge = Unending() if asked_for_absent else Progress(tasks[request.family], request, timeout)
    name = f'{trial.family}-{trial.seed}-{trial.variant}'
    rollout = stack.run(text, judge, setup.keep_chunks, name)
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
        measured=judge.measured,
    )
    return outcome, rollout


class Unending:
    """Judges what cannot be done: the episode ends with a refusal or at its time limit."""

    success = False
    reason = 'timeout'
    measured: ClassVar[dict[str, float]] = {}

    def update(self, state: WorldState) -> bool:
        """Go on."""
        return False


def choose(
    trial: Trial,
    named: Request,
    layout: Layout,
    rng: np.random.Generator,
    tasks: Mapping[str, Task],
) -> Request:
    """Return what the trial asks for in a scene whose own request is `named`."""
    if trial.kind == 'other':
        return _other(named, layout, rng, tasks)
    return _absent(named, layout, rng) if trial.kind == 'absent' else named


def word(request: Request, trial: Trial, rng: np.random.Generator) -> str:
    """Return the instruction in the trial's own template, or in the grammar's wording."""
    if trial.template:
        return fill(trial.template, request, None)
    return render(request, rng, trial.wording)


def _other(
    named: Request, layout: Layout, rng: np.random.Generator, tasks: Mapping[str, Task]
) -> Request:
    """Return a request for another object or another thing to do with it, if there is any."""
    every = [
        request
        for name, task in tasks.items()
        if task.anywhere
        for request in requests(name)
        if task.feasible(layout, request)
    ]
    options = [o for o in every if o.object != named.object or o.family != named.family]
    return options[rng.integers(len(options))] if options else named


def _absent(named: Request, layout: Layout, rng: np.random.Generator) -> Request:
    """Return the scene's own request with an object that is not there."""
    absent = [colour for colour in COLOURS if colour not in layout.present]
    colour = absent[rng.integers(len(absent))]
    return replace(named, object=colour)


@cache
def _stack(setup: Setup) -> Lockstep:
    """Return this process's own stack; building it takes seconds."""
    policy = load_policy(setup.policy)
    spec = load_robot(setup.robot)
    reasoner, expert = make_policy(policy, spec, setup.other_robot)
    if setup.joint_chunks:
        expert = ChunkMaker(JointChunks(expert.expert, spec), spec, policy.spec.rates)
    return Lockstep(spec, reasoner, expert, setup.lockstep)
