"""The figures of the running graph: chunk rates while the reasoner slows, latency, tick times."""

from collections import defaultdict
from dataclasses import asdict, dataclass
import time
from typing import Any

import numpy as np
from rich.console import Console

from vla_ros.bench.jerk import jerk
from vla_ros.core.data import SECOND, Array, ExecutionStatus, Observation
from vla_ros.policies import EpisodeInfo, load_policy
from vla_ros.policies.chunk_maker import ChunkMaker
from vla_ros.policies.latent_maker import LatentMaker
from vla_ros.policies.makers import make_policy
from vla_ros.robots import load_arm
from vla_ros.ros import qos
from vla_ros.ros.bringup.description import StackOptions, describe
from vla_ros.ros.bringup.runner import LocalRunner
from vla_ros.ros.client import StackClient
from vla_ros.ros.convert import commanded_from_msg, status_from_msg
from vla_ros.tabletop.language.grammar import render
from vla_ros.tabletop.lockstep import Lockstep
from vla_ros.tabletop.simulated import Scenes
from vla_ros.tabletop.world.config import load_sim


DELAYS = (0.0, 1.0, 3.0)  # s, added to the reasoner
_FIRST_SEED = 910_000  # of the scenes; nothing is trained, calibrated or judged on them


def bench_graph(robot: str, policy: str, seconds: float, console: Console) -> dict[str, Any]:
    """Run the whole graph for `seconds` s at each delay of the reasoner.

    Returns:
        For each delay: `chunk_rate` (Hz, over the times when a latent was there), `synchronous`
        (the baseline), `latency_p50`, `latency_p99` (s, camera stamp to command), `tick_p50`,
        `tick_p99` (s), `missed` (share of 1 kHz deadlines), `latent_age` (s, mean), `jerk_rms`,
        `jerk_peak` (m/s^3, of the commanded position). And `spread`, the greatest relative
        difference of the chunk rates.
    """
    path = policy or f'policies/{robot}/pocket'
    rows = {}
    for delay in DELAYS:
        console.print(f'the graph with {delay:.0f} s added to the reasoner, {seconds:.0f} s')
        row = _run(robot, path, delay, seconds)
        row['synchronous'] = asdict(_baseline(robot, path, delay))
        rows[f'{delay:g}'] = row
    rates = [row['chunk_rate'] for row in rows.values()]
    return {'delays': rows, 'spread': (max(rates) - min(rates)) / max(rates)}


@dataclass(frozen=True)
class Baseline:
    """How fast the same nets are, called one after the other, without asynchrony."""

    chunk_rate: float  # Hz
    reasoner: float  # s, median of one call, the added delay not included
    expert: float  # s, median of one call


class _Probe:
    """Collects what the graph publishes."""

    def __init__(self, client: StackClient) -> None:
        self.chunks: dict[int, list[int]] = defaultdict(list)  # episode -> arrivals, ns
        self.statuses: list[ExecutionStatus] = []
        self.commanded: dict[int, list[tuple[int, Array]]] = defaultdict(list)  # ns, (3,) m
        self.episode = 0  # 0 between episodes: laying a scene out anew moves the arm at once
        self._client = client
        client.subscribe(qos.ACTION_CHUNK, self._chunk, raw=True)
        client.subscribe(qos.STATUS, lambda m: self.statuses.append(status_from_msg(m)))
        client.subscribe(qos.COMMANDED_STATE, self._command)

    def _command(self, message: Any) -> None:
        if self.episode:
            stamp, pose, _ = commanded_from_msg(message)
            self.commanded[self.episode].append((stamp, pose.position))

    def _chunk(self, _: bytes) -> None:
        if self.episode:
            self.chunks[self.episode].append(self._client.now)

    def jerk(self) -> Array:
        """Return the jerk of the commanded position within the episodes, (n,) m/s^3."""
        parts = [
            jerk(np.array([stamp for stamp, _ in path]), np.array([place for _, place in path]))
            for path in self.commanded.values()
        ]
        return np.concatenate([np.zeros(1), *parts])

    def rate(self) -> float:
        """Return chunks per second within the episodes, Hz."""
        arrivals = [a for a in self.chunks.values() if len(a) > 10]
        spans = sum((a[-1] - a[0]) / SECOND for a in arrivals)
        return sum(len(a) - 1 for a in arrivals) / spans if spans else 0.0


def _run(robot: str, policy: str, delay: float, seconds: float) -> dict[str, Any]:
    options = StackOptions(robot=robot, policy=policy, extra_delay=delay)
    spec = load_arm(robot)
    scenes = Scenes(spec, load_sim(spec.sim))
    with LocalRunner(describe(options)) as runner:
        runner.bring_up()
        with StackClient() as client:
            client.lost = runner.lost
            probe = _Probe(client)
            client.wait_ready(20.0)
            end = time.monotonic() + seconds
            number = 0
            while time.monotonic() < end:
                family, seed = spec.tasks[number % len(spec.tasks)], _FIRST_SEED + number
                client.reset_scene(family, seed)
                request = scenes.request(family, seed)
                assert request is not None  # every family's scene comes with one
                number += 1
                probe.episode = number
                client.execute(render(request, np.random.default_rng(seed), 'plain'), 20.0 + delay)
                probe.episode = 0
            return _figures(probe)


def _figures(probe: _Probe) -> dict[str, Any]:
    statuses = probe.statuses
    last, first = statuses[-1], statuses[min(20, len(statuses) - 1)]
    ages = [s.latent_age for s in statuses if np.isfinite(s.latent_age)]
    ticks = last.ticks - first.ticks
    jerks = probe.jerk()
    return {
        'chunk_rate': probe.rate(),
        'episodes': len(probe.chunks),
        'latency_p50': last.latency_p50,
        'latency_p99': last.latency_p99,
        'tick_p50': float(np.median([s.tick_p50 for s in statuses])),
        'tick_p99': float(np.median([s.tick_p99 for s in statuses])),
        'missed': (last.deadline_misses - first.deadline_misses) / max(ticks, 1),
        'jerk_rms': float(np.sqrt(np.mean(jerks**2))),
        'jerk_peak': float(jerks.max()),
        'latent_age': float(np.mean(ages)) if ages else None,
    }


def _baseline(robot: str, path: str, delay: float) -> Baseline:
    spec = load_arm(robot)
    reasoner, expert = make_policy(load_policy(path), spec)
    stack = Lockstep(spec, reasoner, expert)
    stack.reset(stack.scenes.layout(spec.tasks[0], _FIRST_SEED))
    request = stack.scenes.request(spec.tasks[0], _FIRST_SEED)
    assert request is not None
    text = render(request, np.random.default_rng(0), 'plain')
    return _synchronous(reasoner, expert, stack.observe(text), text, delay, 3.0 + 2 * delay)


def _synchronous(
    reasoner: LatentMaker | None,
    expert: ChunkMaker,
    observation: Observation,
    instruction: str,
    extra_delay: float,
    seconds: float,
) -> Baseline:
    """Call reasoner, if any, wait `extra_delay` s, call expert, for about `seconds` s."""
    episode, latent = EpisodeInfo('baseline', instruction), None
    slow: list[float] = []
    fast: list[float] = []
    start = time.perf_counter()
    while not fast or time.perf_counter() - start < seconds:
        before = time.perf_counter()
        if reasoner is not None:
            latent = reasoner.reason(observation, episode, len(fast))
        slow.append(time.perf_counter() - before)
        time.sleep(extra_delay)
        before = time.perf_counter()
        expert.act(observation, episode, latent, len(fast))
        fast.append(time.perf_counter() - before)
    rate = len(fast) / (time.perf_counter() - start)
    return Baseline(rate, float(np.median(slow)), float(np.median(fast)))
