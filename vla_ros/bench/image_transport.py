"""Raw images from one process to another, of which one publishes and the other counts.

python -m vla_ros.bench.image_transport publish|receive CAMERAS WIDTH HEIGHT RATE SECONDS

is either end; it prints what it has sent or received, as JSON.
"""

import json
import sys
import time
from typing import Any

import numpy as np
import rclpy
from rclpy.node import Node
from sensor_msgs.msg import Image

from vla_ros.core.data import SECOND
from vla_ros.ros import convert, qos
from vla_ros.ros.node_process import die_with_parent, make_executor


MATCH = 20.0  # s for the two processes to find each other
_TAIL = 1.0  # s for the last images to arrive


def publish(node: Node, cameras: int, width: int, height: int, rate: float, seconds: float) -> Any:
    """Publish at `rate` for so long; the stamp is the time of publishing."""
    names = [_name(i) for i in range(cameras)]
    topics = [node.create_publisher(Image, name, qos.SENSOR) for name in names]
    noise = np.random.default_rng(0)
    frames = [noise.integers(0, 256, (height, width, 3), np.uint8) for _ in range(4)]
    messages = [convert.image_to_msg(0, frame) for frame in frames]
    end = time.monotonic() + MATCH
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
    heard = [time.monotonic() + MATCH]

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
