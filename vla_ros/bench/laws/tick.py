"""The whole tick of every law in the real control process, while the arms are led about."""

from collections.abc import Callable, Sequence
import math
import time

import numpy as np

from vla_ros.control.laws import load_law
from vla_ros.control.loops.supervisor import Event
from vla_ros.control.loops.targets import Kind
from vla_ros.core.data import Array
from vla_ros.robots.robot import Robot
from vla_ros.robots.spec import ArmSpec
from vla_ros.runtime.realtime import RealtimeConfig, RealtimeProcess


_PERIOD = 0.02  # s between two targets
_SWING, _RATE = 0.1, 0.25  # m/s and Hz, of the twist that leads the arm
_TURN = 0.2  # rad, of the second joint, for laws that follow joints


def bench_tick(
    robot: Robot, preset: str, seconds: float, step: Callable[[], None] | None = None
) -> dict[str, float]:
    """Run the law in the simulated robot's control process; return the figures of its ticks.

    A tick goes from waking up to the command sent; a cycle has the physics of the simulation, the
    publishing and the next target as well.

    Args:
        robot: whose arms are all led, in the same way.
        preset: of config/control/, for every arm.
        seconds: how long; the first second does not count.
        step: called once a second.

    Raises:
        RuntimeError: the process refused the law or the takeover.
    """
    process = RealtimeProcess(RealtimeConfig(robot.name, law=preset))
    process.start()
    try:
        if cause := process.post(Event.TAKEOVER):
            raise RuntimeError(f'{preset}: {cause}')
        arms = enumerate(robot.arms)
        leaders = [_leader(i, a, load_law(preset, a).tracks, process) for i, a in arms]
        ticks, cycles = [], []
        for _ in range(max(math.ceil(seconds), 2)):
            _lead(process, leaders, 1.0)
            status = process.status()
            ticks.append((status.tick_p50, status.tick_p99))
            cycles.append(process.cycle())
            if step is not None:
                step()
        missed = process.status().deadline_misses / max(process.status().ticks, 1)
    finally:
        process.stop()
    return _figures(ticks[1:], cycles[1:]) | {'missed': missed}


def _figures(
    ticks: Sequence[tuple[float, float]], cycles: Sequence[tuple[float, float]]
) -> dict[str, float]:
    """Return medians over the seconds: each has percentiles of its own thousand ticks."""
    tick, cycle = np.median(ticks, axis=0), np.median(cycles, axis=0)
    return {
        'tick_p50': float(tick[0]), 'tick_p99': float(tick[1]),
        'cycle_p50': float(cycle[0]), 'cycle_p99': float(cycle[1]),
    }  # fmt: skip


def _leader(
    limb: int, spec: ArmSpec, tracks: str, process: RealtimeProcess
) -> Callable[[float], None]:
    """Return what sends a limb the target of a time s."""

    def send(kind: Kind, values: Array) -> None:
        process.target(kind, time.time_ns(), values, limb)

    def twist(now: float) -> None:
        phase = 2 * math.pi * _RATE * now
        send(Kind.TWIST, np.array([0, _SWING * math.cos(phase), 0, 0, 0, 0, 0.0]))

    def joints(now: float) -> None:
        q = np.array(spec.home)
        q[1] += _TURN * math.sin(2 * math.pi * _RATE * now)
        send(Kind.JOINT, q)

    return {'pose': twist, 'joints': joints}.get(tracks, lambda now: None)


def _lead(
    process: RealtimeProcess, leaders: Sequence[Callable[[float], None]], seconds: float
) -> None:
    """Send targets for so long."""
    begin = time.monotonic()
    while (now := time.monotonic()) < begin + seconds:
        process.beat()
        for send in leaders:
            send(now)
        time.sleep(_PERIOD)
