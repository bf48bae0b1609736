"""Messages and whole episodes for the tests, serialised by rosbags: another implementation."""

import math
from typing import Any

import numpy as np
import pytest
from rosbags.typesys import Stores, get_types_from_msg, get_typestore

from vla_ros.dataset import BagWriter, RecordConfig, Topic
from vla_ros.dataset.schema import definition


START = 1_700_000_000_000_000_000
TOPICS = {
    '/joint_states': 'sensor_msgs/msg/JointState',
    '/camera/front/image_raw': 'sensor_msgs/msg/Image',
    '/camera/wrist/image_raw': 'sensor_msgs/msg/Image',
    '/execution_status': 'vla_ros_msgs/msg/ExecutionStatus',
    '/failure': 'vla_ros_msgs/msg/FailureStatus',
    '/action_chunk': 'vla_ros_msgs/msg/ActionChunk',
    '/commanded_state': 'vla_ros_msgs/msg/CommandedState',
    '/latent': 'vla_ros_msgs/msg/Latent',
    '/sim_state': 'vla_ros_msgs/msg/SimState',
}


class Messages:
    """Makes CDR bytes of any installed message type from nested dicts; the rest is zero."""

    def __init__(self) -> None:
        self.store = get_typestore(Stores.EMPTY)

    def make(self, type_name: str, **fields: Any) -> bytes:
        if type_name not in self.store.fielddefs:
            self.store.register(get_types_from_msg(definition(type_name), type_name))
        return bytes(self.store.serialize_cdr(self._fill(type_name, fields), type_name))

    def stamped(self, type_name: str, stamp: int, frame_id: str = '', **fields: Any) -> bytes:
        header = {'stamp': self.time(stamp), 'frame_id': frame_id}
        return self.make(type_name, header=header, **fields)

    def image(self, stamp: int, pixels: np.ndarray, encoding: str = 'rgb8') -> bytes:
        height, width = pixels.shape[:2]
        return self.stamped(
            'sensor_msgs/msg/Image', stamp, 'camera', height=height, width=width,
            encoding=encoding, step=pixels.strides[0], data=pixels.view(np.uint8).reshape(-1),
        )  # fmt: skip

    @staticmethod
    def time(stamp: int) -> dict[str, int]:
        return {'sec': stamp // 10**9, 'nanosec': stamp % 10**9}

    def _fill(self, name: str, fields: dict[str, Any]) -> Any:
        values = {}
        _, definitions = self.store.fielddefs[name]
        for field, kind in definitions:
            values[field] = self._value(kind, fields.pop(field, None))
        assert not fields, f'{name} has no {sorted(fields)}'
        return self.store.types[name](**values)

    def _value(self, kind: Any, value: Any) -> Any:
        node, inner = int(kind[0]), kind[1]
        if node == 1:
            return {'string': '', 'bool': False}.get(inner[0], 0) if value is None else value
        if node == 2:
            return self._fill(inner, dict(value or {}))
        element = inner[0]
        if int(element[0]) == 1 and element[1][0] != 'string':
            dtype = {'byte': 'uint8', 'octet': 'uint8'}.get(element[1][0], element[1][0])
            return np.asarray([] if value is None else value, dtype=dtype)
        return list(value or [])


def image_at(t: float, size: int = 96) -> np.ndarray:
    """A red square that moves on a table."""
    image = np.full((size, size, 3), (196, 178, 150), np.uint8)
    x = int((0.5 + 0.3 * math.sin(t)) * size)
    image[size // 2 - 8 : size // 2 + 8, x - 8 : x + 8] = (200, 30, 30)
    return image


def pose(x: float, y: float, z: float) -> dict[str, Any]:
    return {
        'position': {'x': x, 'y': y, 'z': z},
        'orientation': {'x': 1.0, 'y': 0.0, 'z': 0.0, 'w': 0.0},
    }


def timetable(
    messages: Messages, seconds: float, instruction: str
) -> list[tuple[int, str, bytes]]:
    """(log time, topic, data) of a run: stands, runs, is held by an alarm, goes on."""
    rows: list[tuple[int, str, bytes]] = []

    def every(rate: float, make: Any) -> None:
        for k in range(int(seconds * rate)):
            t = k / rate
            stamp = START + round(t * 1e9)
            rows.extend((stamp + 2_000_000, topic, data) for topic, data in make(t, stamp, k))

    every(100, lambda t, s, k: [('/joint_states', _joints(messages, t, s))])
    every(30, lambda t, s, k: [
        ('/camera/front/image_raw', messages.image(s, image_at(t))),
        ('/camera/wrist/image_raw', messages.image(s, image_at(2 * t))),
        ('/sim_state', messages.stamped('vla_ros_msgs/msg/SimState', s, qpos=[t] * 9)),
        ('/action_chunk', _chunk(messages, t, s, k)),
        ('/failure', _failure(messages, t, s, k)),
    ])  # fmt: skip
    every(20, lambda t, s, k: [('/execution_status', _status(messages, t, s, k, instruction))])
    every(
        100,
        lambda t, s, k: [
            (
                '/commanded_state',
                messages.stamped(
                    'vla_ros_msgs/msg/CommandedState', s, pose=pose(*xyz(t)), gripper=opening(t)
                ),
            )
        ],
    )
    every(
        5,
        lambda t, s, k: [
            (
                '/latent',
                messages.stamped(
                    'vla_ros_msgs/msg/Latent',
                    s,
                    seq=k,
                    instruction=instruction,
                    shape=[1, 4],
                    dtype='float32',
                    data=[0] * 16,
                    grounded=True,
                ),
            )
        ],
    )
    return sorted(rows, key=lambda row: row[0])


def xyz(t: float) -> tuple[float, float, float]:
    return (0.45 + 0.1 * math.sin(t), 0.15 * math.cos(0.7 * t), 0.2 + 0.12 * math.sin(1.3 * t))


def opening(t: float) -> float:
    return 0.1 if t % 6 > 3 else 1.0


def _joints(messages: Messages, t: float, stamp: int) -> bytes:
    names = [f'fr3_joint{i}' for i in range(1, 8)]
    position = [math.sin(t + i) for i in range(7)]
    return messages.stamped('sensor_msgs/msg/JointState', stamp, name=names, position=position)


def _chunk(messages: Messages, t: float, stamp: int, k: int) -> bytes:
    actions = np.zeros((16, 8))
    actions[:, :3] = xyz(t)
    return messages.stamped(
        'vla_ros_msgs/msg/ActionChunk', stamp, seq=k, robot='franka', model='pocket:0123456789ab',
        channels=['ee.x', 'ee.y', 'ee.z', 'ee.qx', 'ee.qy', 'ee.qz', 'ee.qw', 'gripper'],
        kinds=['pose'] * 7 + ['gripper'], dt=0.1, horizon=16, actions=actions.reshape(-1),
        valid_for=1.0,
        feature=[t, 1.0, 2.0], latent_age=0.2 + 0.15 * (t * 5 % 1),
        inference_start=messages.time(stamp), inference_end=messages.time(stamp + 4_000_000),
    )  # fmt: skip


def _failure(messages: Messages, t: float, stamp: int, k: int) -> bytes:
    unusual = math.exp(-((t - 7) ** 2))
    return messages.stamped(
        'vla_ros_msgs/msg/FailureStatus', stamp, chunk_seq=k,
        score_names=['overlap', 'mahalanobis'], score_values=[math.nan, 4 * unusual],
        p_value=max(0.02, 0.8 * (1 - unusual)), alpha=0.1, alarm=6.5 < t < 8,
    )  # fmt: skip


def _status(messages: Messages, t: float, stamp: int, k: int, instruction: str) -> bytes:
    mode = 0 if t < 1 else 2 if 6.5 < t < 8 else 1
    measured = xyz(max(t - 0.06, 0))
    return messages.stamped(
        'vla_ros_msgs/msg/ExecutionStatus', stamp, mode=mode, instruction=instruction,
        cause='failure detector: mahalanobis' if mode == 2 else '', queue_seconds=0.8,
        latent_age=0.2 + 0.15 * (t * 5 % 1), ticks=1000 * k, tick_p50=9e-5 + 1e-5 * math.sin(t),
        tick_p99=2.2e-4 + 4e-5 * math.sin(3 * t), deadline_misses=k // 20,
        commanded_pose=pose(*xyz(t)), measured_pose=pose(*measured),
        gripper_command=opening(t), gripper_position=opening(max(t - 0.2, 0)),
    )  # fmt: skip


@pytest.fixture(scope='session')
def messages() -> Messages:
    return Messages()


@pytest.fixture(scope='session')
def config() -> RecordConfig:
    return RecordConfig(min_free=0, flush_interval=0.1, sync_interval=0.2)


@pytest.fixture(scope='session')
def episode_folder(messages: Messages, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A closed bag of 12 s with every topic."""
    root = tmp_path_factory.mktemp('bags')
    return write_episode(messages, root, 12, 'put the red cube in the bowl')


def write_episode(messages: Messages, root: Any, seconds: float, instruction: str) -> Any:
    topics = [Topic(name, kind, jpeg=kind.endswith('/Image')) for name, kind in TOPICS.items()]
    metadata = {'robot': 'franka', 'policy': '0123456789ab', 'instruction': instruction}
    writer = BagWriter(root, 'test', topics, metadata, RecordConfig(min_free=0))
    for log_time, topic, data in timetable(messages, seconds, instruction):
        assert writer.write(topic, data, log_time)
    return writer.close({'outcome': 'success'})
