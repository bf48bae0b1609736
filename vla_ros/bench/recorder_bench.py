"""What the real recorder node loses of a robot's worth of messages."""

from dataclasses import replace
import json
import os
from pathlib import Path
import subprocess
import sys
from typing import Any

from mcap.reader import make_reader

from vla_ros.ros.bringup.description import StackOptions, describe
from vla_ros.ros.bringup.runner import LocalRunner
from vla_ros.ros.node_process import PARENT


_SPARE = 60.0  # s for the two to find each other and to end


def bench_recorder(
    robot: str, policy: str, folder: Path, seconds: float, width: int = 640, height: int = 480
) -> dict[str, Any]:
    """Record `seconds` s of the robot's cameras at 30 Hz and states at 200 Hz into `folder`.

    Returns:
        `messages` sent, `lost` (sent and not in the bag), `topics` (sent and recorded of each),
        `bytes` of the bag, `rate` (Hz, of all messages together).

    Raises:
        BringupError: the recorder did not come up.
        RuntimeError: the sender did not find it; has its output.
    """
    stack = describe(StackOptions(robot=robot, policy=policy, record=str(folder)))
    alone = tuple(node for node in stack.nodes if node.name == 'recorder')
    with LocalRunner(replace(stack, nodes=alone)) as runner:
        runner.bring_up()
        made = _send(stack.environment, robot, width, height, seconds)
    (bag,) = folder.glob('*/*.mcap')
    kept = recorded(bag)
    topics = {
        name: {'sent': count, 'recorded': kept.get(name, 0)}
        for name, count in made['sent'].items()
    }
    return {
        'messages': sum(row['sent'] for row in topics.values()),
        'lost': sum(max(row['sent'] - row['recorded'], 0) for row in topics.values()),
        'topics': topics,
        'bytes': bag.stat().st_size,
        'rate': made['rate'],
    }


def recorded(bag: Path) -> dict[str, int]:
    """Return the number of messages of each topic, by the name it had before compression."""
    with bag.open('rb') as file:
        summary = make_reader(file).get_summary()
    assert summary is not None and summary.statistics is not None  # of a bag that was closed
    counts = summary.statistics.channel_message_counts
    names = {i: c.topic.removesuffix('/compressed') for i, c in summary.channels.items()}
    return {name.lstrip('/'): counts.get(i, 0) for i, name in names.items()}


def _send(
    environment: dict[str, str], robot: str, width: int, height: int, seconds: float
) -> dict[str, Any]:
    whole = {**os.environ, **environment, PARENT: str(os.getpid())}
    whole.pop('_ROS_WHEELS_BOOTSTRAP_COMPLETE', None)
    command = [sys.executable, '-m', 'vla_ros.bench.load_generator', robot]
    numbers = [str(width), str(height), str(seconds)]
    done = subprocess.run(
        [*command, *numbers], env=whole, capture_output=True, text=True, timeout=seconds + _SPARE
    )
    if done.returncode:
        raise RuntimeError(done.stderr)
    made: dict[str, Any] = json.loads(done.stdout)
    return made
