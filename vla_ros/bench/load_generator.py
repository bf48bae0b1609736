"""A robot's worth of messages for the recorder to keep up with, from a process of its own.

python -m vla_ros.bench.load_generator ROBOT WIDTH HEIGHT SECONDS

publishes one episode of what a robot with cameras of that size would, and prints how much of each
topic it sent, as JSON.
"""

import json
import sys
import time
from typing import Any

import numpy as np
import rclpy
from rclpy.node import Node

from vla_ros.core.data import Image, Pose, RobotState
from vla_ros.robots import load_arm
from vla_ros.robots.spec import ArmSpec
from vla_ros.ros import convert, qos
from vla_ros.ros.convert.fields import header
from vla_ros.ros.node_process import die_with_parent
from vla_ros_msgs.msg import EpisodeEvent, ExecutionStatus


CAMERA_RATE, STATE_RATE, STATUS_RATE = 30, 200, 20  # Hz
_BEAT = 600  # Hz, the least common multiple


class Load:
    """Publishers, and what they have sent."""

    def __init__(self, node: Node, spec: ArmSpec, width: int, height: int) -> None:
        """Advertise."""
        self.sent: dict[str, int] = {}
        self._spec = spec
        self._frames = [
            convert.image_to_msg(0, picture(height, width, seed), 'frame') for seed in range(4)
        ]
        self._cameras = [qos.image_topic(camera.topic) for camera in spec.cameras]
        topics = (qos.JOINT_STATES, qos.STATUS, qos.EPISODE, *self._cameras)
        self._publishers = {t.name: node.create_publisher(t.type, t.name, t.qos) for t in topics}

    def matched(self) -> bool:
        """Whether somebody listens to everything."""
        return all(p.get_subscription_count() for p in self._publishers.values())

    def run(self, seconds: float) -> None:
        """Send one episode of `seconds` s at the rates of a robot."""
        self.status()
        self._event(EpisodeEvent.START)
        time.sleep(0.5)  # for the recorder to open its bag; before, nothing counts
        self.sent.clear()
        begin = time.monotonic()
        for k in range(round(seconds * _BEAT)):
            if k % (_BEAT // STATE_RATE) == 0:
                self.joints()
            if k % (_BEAT // CAMERA_RATE) == 0:
                self.images(k // (_BEAT // CAMERA_RATE))
            if k % (_BEAT // STATUS_RATE) == 0:
                self.status()
            if (ahead := begin + (k + 1) / _BEAT - time.monotonic()) > 0:
                time.sleep(ahead)
        time.sleep(0.5)
        counted = dict(self.sent)
        self._event(EpisodeEvent.END)
        self.sent = counted

    def images(self, number: int) -> None:
        """Send a frame of every camera."""
        message = self._frames[number % len(self._frames)]
        message.header.stamp = convert.to_time(time.time_ns())
        for camera in self._cameras:
            self._send(camera, message)

    def joints(self) -> None:
        """Send the joints at home."""
        pose = Pose(np.zeros(3), np.array([0.0, 0.0, 0.0, 1.0]))
        still = np.zeros(self._spec.n)
        state = RobotState(time.time_ns(), self._spec.home, still, pose, 0.0, pose, 0.0)
        self._send(qos.JOINT_STATES, convert.joints_to_msg([(self._spec, state)]))

    def status(self) -> None:
        """Send a status, without which the recorder takes the control node for lost."""
        self._send(qos.STATUS, ExecutionStatus(header=header(time.time_ns())))

    def _event(self, event: str) -> None:
        message = EpisodeEvent(header=header(time.time_ns()), episode_id='load', event=event)
        message.instruction, message.outcome = 'carry the load', 'success'
        self._send(qos.EPISODE, message)

    def _send(self, topic: qos.Topic, message: Any) -> None:
        self.sent[topic.name] = self.sent.get(topic.name, 0) + 1
        self._publishers[topic.name].publish(message)


def picture(height: int, width: int, seed: int) -> Image:
    """Return a picture that compresses about as a camera's do: shapes with a little noise."""
    y, x = np.mgrid[:height, :width]
    waves = 128 + 60 * np.sin(x / 23 + seed) + 40 * np.cos(y / 17 - seed)
    noise = np.random.default_rng(seed).normal(0, 3, (height, width, 3))
    return np.clip(waves[..., None] + noise, 0, 255).astype(np.uint8)


def main() -> None:
    """Send one episode."""
    die_with_parent()
    robot, width, height, seconds = sys.argv[1:]
    rclpy.init()
    node = Node('load')
    load = Load(node, load_arm(robot), int(width), int(height))
    end = time.monotonic() + 20
    while not load.matched():
        if time.monotonic() > end:
            sys.exit('nobody listens')
        time.sleep(0.05)
    time.sleep(0.5)  # matched here is not yet matched there
    begin = time.monotonic()
    load.run(float(seconds))
    rate = sum(load.sent.values()) / (time.monotonic() - begin - 1.0)
    node.destroy_node()
    rclpy.shutdown()
    sys.stdout.write(json.dumps({'sent': load.sent, 'rate': rate}))


if __name__ == '__main__':
    main()
