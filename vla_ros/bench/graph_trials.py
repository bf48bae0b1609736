"""Runs evaluation trials on the real graph, in real time."""

from collections.abc import Iterator, Sequence
import time
from typing import Any

import numpy as np

from vla_ros.core.data import ActionChunk
from vla_ros.robots import load_robot
from vla_ros.ros import qos
from vla_ros.ros.bringup.description import StackOptions, describe
from vla_ros.ros.bringup.runner import LocalRunner
from vla_ros.ros.client import StackClient
from vla_ros.ros.convert import chunk_from_msg, status_from_msg
from vla_ros.tabletop.evaluate.run import choose, word
from vla_ros.tabletop.evaluate.trials import Outcome, Trial
from vla_ros.tabletop.simulated import Scenes
from vla_ros.tabletop.world.config import load_sim


_TIMEOUT = 20.0  # s for one instruction, beside the delay that is added


def run_graph_trials(
    robot: str,
    policy: str,
    trials: Sequence[Trial],
    extra_delay: float,
    detect: bool = True,
    other_robot: bool = False,
) -> Iterator[tuple[Outcome, tuple[ActionChunk, ...]]]:
    """Yield the outcome and the chunks of each trial; the nodes are started once for all.

    Raises:
        BringupError: a node did not come up.
        StackError: the stack stopped answering.
    """
    options = StackOptions(
        robot=robot,
        policy=policy,
        extra_delay=extra_delay,
        detect=detect,
        other_robot=other_robot,
    )
    spec = load_robot(robot)
    scenes = Scenes(spec, load_sim(spec.sim))
    with LocalRunner(describe(options)) as runner:
        runner.bring_up()
        with StackClient() as client:
            client.lost = runner.lost
            log = _Log(client)
            client.wait_ready(20.0)
            for trial in trials:
                log.clear()
                outcome = _run(trial, client, scenes, _TIMEOUT + extra_delay, log)
                yield outcome, tuple(chunk_from_msg(message) for message in log.chunks)


class _Log:
    """What the graph published during a trial."""

    def __init__(self, client: StackClient) -> None:
        self.ages: list[float] = []  # s
        self.seams: list[float] = []  # m
        self.chunks: list[Any] = []
        client.subscribe(qos.STATUS, self._status)
        client.subscribe(qos.ACTION_CHUNK, self.chunks.append)

    def clear(self) -> None:
        """Forget the trial before."""
        self.ages.clear()
        self.seams.clear()
        self.chunks.clear()

    def _status(self, message: Any) -> None:
        status = status_from_msg(message)
        self.seams.append(status.seam_jump)
        if np.isfinite(status.latent_age):
            self.ages.append(status.latent_age)


def _run(
    trial: Trial,
    client: StackClient,
    scenes: Scenes,
    timeout: float,
    log: _Log,
) -> Outcome:
    rng = np.random.default_rng([trial.seed, trial.variant])
    layout = scenes.layout(trial.family, trial.seed)
    named = scenes.request(trial.family, trial.seed)
    assert named is not None  # every family's scene comes with a request
    request = choose(trial, named, layout, rng, scenes.tasks)
    text = word(request, trial, rng)
    client.reset_scene(trial.family, trial.seed)
    start = time.monotonic()
    success, reason = client.execute(text, timeout)
    seconds = time.monotonic() - start
    refused = reason.startswith('refused')
    return Outcome(
        trial=trial,
        family=request.family,
        instruction=text,
        success=refused if trial.kind == 'absent' else success,
        refused=refused,
        reason=reason,
        seconds=seconds,
        latent_age=float(np.mean(log.ages)) if log.ages else 0.0,
        seam_jump=max(log.seams, default=0.0),
    )
