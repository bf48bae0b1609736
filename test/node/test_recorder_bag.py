"""What rclpy publishes is what a bag gives back: real serialisation, real raw subscriptions."""

from collections.abc import Iterator
import os
from pathlib import Path
import random
import time
from typing import Any

from mcap.reader import make_reader
from mcap_ros2.decoder import DecoderFactory
import numpy as np
import pytest
from rosbags.highlevel import AnyReader


rclpy = pytest.importorskip('rclpy', reason='needs the ROS wheels: make setup')
messages = pytest.importorskip('vla_ros_msgs.msg', reason='needs vla_ros_msgs: make setup')
sensor = pytest.importorskip('sensor_msgs.msg')

from rclpy.executors import SingleThreadedExecutor  # noqa: E402
from rclpy.serialization import serialize_message  # noqa: E402

from vla_ros.dataset import BagWriter, RecordConfig, Topic  # noqa: E402
from vla_ros.dataset.jpeg import decode  # noqa: E402


pytestmark = pytest.mark.ros
NAMES = [
    'ActionChunk', 'Answer', 'CommandedState', 'Correction', 'EpisodeEvent', 'ExecutionStatus',
    'FailureStatus', 'Latent', 'Question', 'SimState',
]  # fmt: skip


@pytest.fixture
def context() -> Iterator[Any]:
    os.environ['ROS_AUTOMATIC_DISCOVERY_RANGE'] = 'LOCALHOST'
    context = rclpy.Context()
    rclpy.init(context=context, domain_id=random.randint(100, 200))
    yield context
    rclpy.shutdown(context=context)


def test_every_message_of_the_package_survives(tmp_path: Path) -> None:
    """Serialised by rclpy, decoded by two readers that know only what the bag says."""
    topics = [Topic(f'/{name.lower()}', f'vla_ros_msgs/msg/{name}') for name in NAMES]
    writer = BagWriter(tmp_path, 'x', topics, {}, RecordConfig(min_free=0))
    originals = {}
    for i, name in enumerate(NAMES):
        message = _filled(getattr(messages, name)())
        originals[f'/{name.lower()}'] = message
        assert writer.write(f'/{name.lower()}', serialize_message(message), 1000 + i)
    folder = writer.close({'outcome': 'success'})
    with next(folder.glob('*.mcap')).open('rb') as file:
        reader = make_reader(file, decoder_factories=[DecoderFactory()])
        decoded = {c.topic: (m, r) for _, c, r, m in reader.iter_decoded_messages()}
    with AnyReader([folder]) as reader:
        other = {c.topic: reader.deserialize(d, c.msgtype) for c, _, d in reader.messages()}
    assert set(decoded) == set(other) == set(originals)
    for topic, original in originals.items():
        message, record = decoded[topic]
        assert record.publish_time == 7 * 10**9 + 42  # the header's stamp
        _same(original, message)
        _same(original, other[topic])


def test_raw_subscriptions_lose_nothing(context: Any, tmp_path: Path) -> None:
    """Publish, subscribe raw, record: 60 images and 200 joint states, as they were sent."""
    writer = BagWriter(
        tmp_path,
        'x',
        [
            Topic('/joint_states', 'sensor_msgs/msg/JointState'),
            Topic('/camera/front/image_raw', 'sensor_msgs/msg/Image', jpeg=True),
        ],
        {'robot': 'franka'},
        RecordConfig(min_free=0),
    )
    node = rclpy.create_node('recorder_under_test', context=context)
    executor = SingleThreadedExecutor(context=context)
    executor.add_node(node)
    publishers = {}
    for topic, kind in (
        ('/joint_states', sensor.JointState),
        ('/camera/front/image_raw', sensor.Image),
    ):
        publishers[topic] = node.create_publisher(kind, topic, 300)
        node.create_subscription(
            kind, topic, lambda data, t=topic: writer.write(t, data, time.time_ns()), 300, raw=True
        )
    _spin(executor, lambda: all(p.get_subscription_count() for p in publishers.values()))
    for k in range(200):
        stamp = node.get_clock().now().to_msg()
        joints = sensor.JointState(name=['a', 'b'], position=[float(k), -float(k)])
        joints.header.stamp = stamp
        publishers['/joint_states'].publish(joints)
        if k % 10 < 3:
            publishers['/camera/front/image_raw'].publish(_image(stamp, k))
        executor.spin_once(timeout_sec=0.001)
    _spin(executor, lambda: writer.stats().received == 260)
    folder = writer.close({'outcome': 'success'})
    executor.shutdown()
    node.destroy_node()

    assert writer.stats().dropped == 0 and not writer.error
    with AnyReader([folder]) as reader:
        positions, shades = [], []
        for connection, _, data in reader.messages():
            message = reader.deserialize(data, connection.msgtype)
            if connection.topic == '/joint_states':
                positions.append(message.position[0])
            else:
                assert message.header.frame_id == 'camera_front'
                shades.append(decode(bytes(message.data)).mean())
    assert positions == list(range(200))
    assert shades == pytest.approx([k for k in range(200) if k % 10 < 3], abs=2)


def _image(stamp: Any, shade: int) -> Any:
    image = sensor.Image(height=96, width=96, encoding='rgb8', step=288)
    image.header.stamp, image.header.frame_id = stamp, 'camera_front'
    image.data = np.full(96 * 288, shade, np.uint8).tobytes()
    return image


def _spin(executor: Any, condition: Any, timeout: float = 20.0) -> None:
    deadline = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < deadline, 'waited in vain'
        executor.spin_once(timeout_sec=0.02)


def _filled(message: Any) -> Any:
    """Give every field of a message a value of its own."""
    for i, (field, kind) in enumerate(message.get_fields_and_field_types().items()):
        if field == 'header':
            message.header.stamp.sec, message.header.stamp.nanosec = 7, 42
            message.header.frame_id = 'base'
        elif '/' in kind:
            _filled(getattr(message, field))
        elif kind.startswith('sequence<string'):
            setattr(message, field, [f'{field}{k}' for k in range(3)])
        elif kind.startswith('sequence<'):
            setattr(
                message,
                field,
                [k + i for k in range(5)] if 'int' in kind else [k / 4 for k in range(5)],
            )
        elif kind == 'string':
            setattr(message, field, f'{field} \u00e9')
        elif kind in ('float', 'double'):
            setattr(message, field, i + 0.5)
        elif kind == 'boolean':
            setattr(message, field, True)
        elif 'int' in kind:
            setattr(message, field, i + 1)
        else:
            raise AssertionError(f'{field}: {kind} is not filled by this test')
    return message


def _same(a: Any, b: Any) -> None:
    for field, kind in a.get_fields_and_field_types().items():
        left, right = getattr(a, field), getattr(b, field)
        if '/' in kind:
            _same(left, right)
        elif kind.startswith('sequence<string') or kind == 'string':
            assert list(left) == list(right), field
        else:
            right = list(right) if isinstance(right, bytes) else right
            assert np.array_equal(np.asarray(left), np.asarray(right)), field
