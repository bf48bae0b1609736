"""Runs evaluation trials on the real graph, in real time."""

from collections.abc import Iterator, Sequence
import time

import numpy as np

from vla_ros.bringup.description import StackOptions, describe
from vla_ros.bringup.runner import LocalRunner
from vla_ros.evaluate.trials import Outcome, Trial
from vla_ros.nodes import qos
from vla_ros.nodes.client import StackClient
from vla_ros.nodes.convert import status_from_msg
from vla_ros.pipeline.evaluation import choose, word
from vla_ros.pipeline.simulated import Scenes
from vla_ros.robots import load_robot
from vla_ros.sim.config import load_sim


_TIMEOUT = 20.0  # s for one instruction, beside the delay that is added


def run_graph_trials(
    robot: str, policy: str, trials: Sequence[Trial], extra_delay: float
) -> Iterator[Outcome]:
    """Yield the outcome of each trial; the nodes are started once for all.

    Raises:
        BringupError: a node did not come up.
        StackError: the stack stopped answering.
    """
    options = StackOptions(robot=robot, policy=policy, extra_delay=extra_delay)
    scenes = Scenes(load_robot(robot), load_sim())
    with LocalRunner(describe(options)) as runner:
        runner.bring_up()
        with StackClient() as client:
            client.lost = runner.lost
            ages: list[float] = []
            seams: list[float] = []

            def note(message: object) -> None:
                status = status_from_msg(message)
                ages.append(status.latent_age)
                seams.append(status.seam_jump)

            client.subscribe(qos.STATUS, note)
            client.wait_ready(20.0)
            for trial in trials:
                ages.clear()
                seams.clear()
                yield _run(trial, client, scenes, _TIMEOUT + extra_delay, ages, seams)


def _run(
    trial: Trial,
    client: StackClient,
    scenes: Scenes,
    timeout: float,
    ages: list[float],
    seams: list[float],
) -> Outcome:
    rng = np.random.default_rng([trial.seed, trial.variant])
    layout = scenes.layout(trial.family, trial.seed)
    named = scenes.request(trial.family, trial.seed)
    assert named is not None  # every family's scene comes with a request
    request = choose(trial, named, layout, rng)
    text = word(request, trial, rng)
    client.reset_scene(trial.family, trial.seed)
    start = time.monotonic()
    success, reason = client.execute(text, timeout)
    seconds = time.monotonic() - start
    refused = reason.startswith('refused')
    known = [age for age in ages if np.isfinite(age)]
    return Outcome(
        trial=trial,
        family=request.family,
        instruction=text,
        success=refused if trial.kind == 'absent' else success,
        refused=refused,
        reason=reason,
        seconds=seconds,
        latent_age=float(np.mean(known)) if known else 0.0,
        seam_jump=max(seams, default=0.0),
    )
