"""How many raw images are lost between two processes."""

from collections.abc import Mapping
import json
import os
import subprocess
import sys
from typing import Any

from vla_ros.bench.image_transport import MATCH
from vla_ros.ros.node_process import PARENT


_SPARE = 30.0  # s for the two to start and to end


def bench_transport(
    environment: Mapping[str, str],
    cameras: int = 2,
    width: int = 640,
    height: int = 480,
    rate: float = 30.0,
    seconds: float = 60.0,
) -> dict[str, Any]:
    """Send raw images of `cameras` cameras from one process to another.

    Args:
        environment: on top of this process's, e.g. that of a Stack, with the middleware profile.
        cameras: how many.
        width: px.
        height: px.
        rate: Hz, of each.
        seconds: how long.

    Returns:
        sent, received and lost images; latency_p50 and latency_p99, s from publish to callback;
        cpu_publish and cpu_receive, seconds of processor time per image.

    Raises:
        RuntimeError: the processes did not find each other; has their output.
    """
    numbers = [str(n) for n in (cameras, width, height, rate, seconds)]
    received, sent = _run_ends(environment, numbers, seconds + MATCH + _SPARE)
    return {
        'sent': sent['sent'],
        'received': received['received'],
        'lost': sent['sent'] - received['received'],
        'latency_p50': received['latency_p50'],
        'latency_p99': received['latency_p99'],
        'cpu_publish': sent['cpu'] / max(sent['sent'], 1),
        'cpu_receive': received['cpu'] / max(received['received'], 1),
    }


def _run_ends(
    environment: Mapping[str, str], numbers: list[str], timeout: float
) -> list[dict[str, Any]]:
    """Return what the receiving and the publishing end say."""
    whole = {**os.environ, **environment, PARENT: str(os.getpid())}
    whole.pop('_ROS_WHEELS_BOOTSTRAP_COMPLETE', None)
    command = [sys.executable, '-m', 'vla_ros.bench.image_transport']
    ends = [
        subprocess.Popen(
            [*command, role, *numbers], env=whole, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True,
        )
        for role in ('receive', 'publish')
    ]  # fmt: skip
    try:
        answers = [end.communicate(timeout=timeout) for end in ends]
    finally:
        for end in ends:
            end.kill()
    if any(end.returncode for end in ends):
        raise RuntimeError('\n'.join(errors for _, errors in answers))
    return [json.loads(output) for output, _ in answers]
