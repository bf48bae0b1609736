"""How many raw images are lost between two processes: one publishes, the other counts.

`bench_transport` is what `vla_ros bench` calls; both ends are started as
`python -m vla_ros.nodes.transport publish|receive CAMERAS WIDTH HEIGHT RATE SECONDS`.
"""

from collections.abc import Mapping
import json
import os
import subprocess
import sys
import time
from typing import Any

import numpy as np
import rclpy
from rclpy.node import Node
from sensor_msgs.msg import Image

from vla_ros.data import SECOND
from vla_ros.nodes import convert, qos
from vla_ros.nodes.base import PARENT, die_with_parent, make_executor


_MATCH = 20.0  # s for the two processes to find each other
_TAIL = 1.0  # s for the last images to arrive


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
    whole = {**os.environ, **environment, PARENT: str(os.getpid())}
    whole.pop('_ROS_WHEELS_BOOTSTRAP_COMPLETE', None)
    command = [sys.executable, '-m', __name__]
    ends = [
        subprocess.Popen(
            [*command, role, *numbers], env=whole, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True,
        )
        for role in ('receive', 'publish')
    ]  # fmt: skip
    try:
        answers = [end.communicate(timeout=seconds + _MATCH + 30) for end in ends]
    finally:
        for end in ends:
            end.kill()
    if any(end.returncode for end in ends):
        raise RuntimeError('\n'.join(errors for _, errors in answers))
    received, sent = (json.loads(output) for output, _ in answers)
    count = max(received['received'], 1)
    return {
        'sent': sent['sent'],
        'received': received['received'],
        'lost': sent['sent'] - received['received'],
        'latency_p50': received['latency_p50'],
        'latency_p99': received['latency_p99'],
        'cpu_publish': sent['cpu'] / max(sent['sent'], 1),
        'cpu_receive': received['cpu'] / count,
    }


def publish(node: Node, cameras: int, width: int, height: int, rate: float, seconds: float) -> Any:
    """Publish at `rate` for so long; the stamp is the time of publishing."""
    names = [_name(i) for i in range(cameras)]
    topics = [node.create_publisher(Image, name, qos.SENSOR) for name in names]
    noise = np.random.default_rng(0)
    frames = [noise.integers(0, 256, (height, width, 3), np.uint8) for _ in range(4)]
    messages = [convert.image_to_msg(0, frame) for frame in frames]
    end = time.monotonic() + _MATCH
    while not all(topic.get_subscription_count() for topic in topics):
        if time.monotonic() > end:
            sys.exit('nobody listens')
        time.sleep(0.05)
    time.sleep(0.5)  # matched here is not yet matched there
    begin, cpu, sent = time.monotonic(), time.process_time(), 0
    for k in range(round(rate * seconds)):
        time.sleep(max(begin + k / rate - time.monotonic(), 0.0))
        for topic in topics:
            message = messages[k % len(messages)]
            message.header.stamp = convert.to_time(time.time_ns())
            topic.publish(message)
            sent += 1
    spent = time.process_time() - cpu
    time.sleep(_TAIL)
    return {'sent': sent, 'cpu': spent}


def receive(node: Node, cameras: int, width: int, height: int, rate: float, seconds: float) -> Any:
    """Count until nothing comes any more."""
    latencies: list[float] = []
    heard = [time.monotonic() + _MATCH]

    def take(message: Any) -> None:
        stamp, image = convert.image_from_msg(message)
        if image.shape == (height, width, 3):
            latencies.append((time.time_ns() - stamp) / SECOND)
        heard[0] = time.monotonic() + 2 * _TAIL

    for i in range(cameras):
        node.create_subscription(Image, _name(i), take, qos.SENSOR)
    executor = make_executor()
    executor.add_node(node)
    cpu = time.process_time()
    while time.monotonic() < heard[0]:
        executor.spin_once(timeout_sec=0.1)
    spent = time.process_time() - cpu
    executor.remove_node(node)
    executor.shutdown()
    p50, p99 = np.percentile(latencies, (50, 99)).tolist() if latencies else (None, None)
    return {'received': len(latencies), 'cpu': spent, 'latency_p50': p50, 'latency_p99': p99}


def _name(camera: int) -> str:
    return f'transport_bench/camera_{camera}/image_raw'


def main() -> None:
    """Be one end."""
    die_with_parent()
    role, cameras, width, height, rate, seconds = sys.argv[1:]
    rclpy.init()
    node = Node(f'transport_{role}')
    work = {'publish': publish, 'receive': receive}[role]
    result = work(node, int(cameras), int(width), int(height), float(rate), float(seconds))
    node.destroy_node()
    rclpy.shutdown()
    sys.stdout.write(json.dumps(result))


if __name__ == '__main__':
    main()
