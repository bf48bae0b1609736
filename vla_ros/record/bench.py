"""How much of the recorder's load gets lost, without ROS: what `vla_ros bench` prints of it."""

from pathlib import Path
import time
from typing import Any

import numpy as np

from vla_ros.record.bag import BagWriter
from vla_ros.record.cdr import Writer
from vla_ros.record.settings import RecordConfig
from vla_ros.record.topics import Topic


_CAMERAS = ('/camera/front/image_raw', '/camera/wrist/image_raw')


def measure(
    root: str | Path,
    seconds: float,
    size: tuple[int, int] = (480, 640),
    pace: float = 1.0,
    config: RecordConfig | None = None,
) -> dict[str, Any]:
    """Record two cameras at 30 Hz and joint states at 200 Hz into `root`; returns the figures.

    Args:
        root: folder for the episode.
        seconds: of recorded time.
        size: pixels (height, width) of each camera.
        pace: 1 is real time; larger is faster, 0 as fast as possible (the writer is waited for).
        config: of the writer; defaults when None.

    Returns:
        `messages`, `written`, `dropped`, `queue_peak` (bytes), `bytes` on disk, `call_p50` and
        `call_p99` (s, what `write` costs the caller), `cpu_share` (of one core, at real pace),
        `wall` (s).
    """
    topics = [Topic(name, 'sensor_msgs/msg/Image', jpeg=True) for name in _CAMERAS]
    topics.append(Topic('/joint_states', 'sensor_msgs/msg/JointState'))
    writer = BagWriter(root, 'bench', topics, {}, config)
    begin, cpu = time.monotonic(), time.process_time()
    calls = _feed(writer, seconds, size, pace)
    writer.close()
    stats = writer.stats()
    return {
        'messages': stats.received,
        'written': stats.written,
        'dropped': stats.dropped,
        'queue_peak': stats.queue_peak,
        'bytes': stats.bytes,
        'call_p50': float(np.percentile(calls, 50)),
        'call_p99': float(np.percentile(calls, 99)),
        'cpu_share': (time.process_time() - cpu) / seconds,
        'wall': time.monotonic() - begin,
    }


def _feed(writer: BagWriter, seconds: float, size: tuple[int, int], pace: float) -> list[float]:
    """Write what the robot would; returns what each call cost, s."""
    pictures = [_picture(size, k) for k in range(4)]
    calls, begin = [], time.monotonic()
    for k in range(int(seconds * 600)):  # the least common multiple of 30 and 200 Hz
        now = time.time_ns()
        rows = [(name, _image(now, pictures[k // 20 % 4])) for name in _CAMERAS if k % 20 == 0]
        rows += [('/joint_states', _joints(now))] if k % 3 == 0 else []
        if pace and (late := begin + k / 600 / pace - time.monotonic()) > 0:
            time.sleep(late)
        while not pace and writer.backlog > 50_000_000:
            time.sleep(0.005)
        for topic, data in rows:
            start = time.perf_counter()
            writer.write(topic, data, now)
            calls.append(time.perf_counter() - start)
    return calls


def _picture(size: tuple[int, int], seed: int) -> bytes:
    """Return rgb8 pixels that compress about as a camera's do: shapes with a little noise."""
    y, x = np.mgrid[: size[0], : size[1]]
    waves = 128 + 60 * np.sin(x / 23 + seed) + 40 * np.cos(y / 17 - seed)
    noise = np.random.default_rng(seed).normal(0, 3, (*size, 3))
    image = np.clip(waves[..., None] + noise, 0, 255).astype(np.uint8)
    return size[0].to_bytes(4, 'little') + size[1].to_bytes(4, 'little') + image.tobytes()


def _image(now: int, picture: bytes) -> bytes:
    height, width = (int.from_bytes(picture[i : i + 4], 'little') for i in (0, 4))
    message = _header(now)
    message.number('I', height)
    message.number('I', width)
    message.text('rgb8')
    message.number('B', 0)
    message.number('I', 3 * width)
    message.blob(picture[8:])
    return message.message()


def _joints(now: int) -> bytes:
    message = _header(now)
    message.number('I', 7)
    for i in range(7):
        message.text(f'fr3_joint{i + 1}')
    for _ in range(3):
        message.number('I', 7)
        for i in range(7):
            message.number('q', now + i)  # eight bytes each, as a double
    return message.message()


def _header(now: int) -> Writer:
    message = Writer()
    message.number('i', now // 10**9)
    message.number('I', now % 10**9)
    message.text('frame')
    return message
