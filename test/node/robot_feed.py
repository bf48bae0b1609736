"""What a robot with cameras publishes, for the nodes that observe it."""

import math
import time

import numpy as np

from vla_ros.core.data import Latent, Pose, RobotState
from vla_ros.robots import load_robot
from vla_ros.ros import convert, qos
from vla_ros.ros.convert.fields import header
from vla_ros_msgs.msg import EpisodeEvent, ExecutionStatus


SPEC = load_robot('franka')
POSE = Pose(np.array([0.49, 0.0, 0.4]), np.array([1.0, 0.0, 0.0, 0.0]))


def state(stamp, q=None):
    return RobotState(
        stamp=stamp, position=SPEC.home if q is None else q, velocity=np.zeros(7), ee=POSE,
        gripper=0.08, commanded=POSE, commanded_gripper=0.08,
    )  # fmt: skip


class RobotFeed:
    """Publishes one moment after another."""

    def __init__(self, bench, status=True):
        self.bench = bench
        self.status = status
        self.count = 0
        self.stamps = set()
        self.executing = None  # the chunk that the status is of

    def moment(self, cameras=('front', 'wrist'), size=96, status=True):
        """Publish states and images of now; return the stamp."""
        stamp = time.time_ns()
        self.count += 1
        self.stamps.add(stamp)
        send = self.bench.send
        send(qos.JOINT_STATES, convert.joints_to_msg([(SPEC, state(stamp))]))
        send(qos.COMMANDED_STATE, convert.commanded_to_msg(SPEC, state(stamp)))
        if status and self.status:
            send(qos.STATUS, self._status(stamp))
        image = np.full((size, size, 3), self.count % 256, np.uint8)
        for name in cameras:
            topic = qos.image_topic(SPEC.camera(name).topic)
            send(topic, convert.image_to_msg(stamp, image))
        return stamp

    def _status(self, stamp):
        chunk, none = self.executing, float('nan')
        age = none if chunk is None else (stamp - chunk.stamp) / 1e9
        step = 0 if chunk is None else max(math.ceil(age / chunk.dt - 1), 0)
        return ExecutionStatus(header=header(stamp), chunk_age=age, chunk_step=step, delay=2)

    def run(self, done, words, timeout=10.0, **moment):
        """Publish at 30 Hz until done; return its value."""
        return self.bench.repeat(lambda: self.moment(**moment), 0.03, done, words, timeout)

    def episode(self, instruction, name='e1', event=EpisodeEvent.START, **fields):
        self.bench.send(
            qos.EPISODE,
            EpisodeEvent(
                header=header(time.time_ns()), episode_id=name, instruction=instruction,
                event=event, **fields,
            ),
        )  # fmt: skip


def latent(policy, instruction, name='e1', seq=1, stamp=None, **fields):
    stamp = time.time_ns() if stamp is None else stamp
    feature = policy.features.latent
    values = {
        'valid_for': policy.rates.latent_valid_for,
        'data': np.zeros((feature.tokens, feature.width), np.float32),
        'model': policy.model,
        'space': feature.space,
        **fields,
    }
    return convert.latent_to_msg(
        Latent(
            stamp=stamp, seq=seq, episode_id=name, instruction=instruction, subgoal='',
            inference_start=stamp, inference_end=stamp, **values,
        )
    )  # fmt: skip
