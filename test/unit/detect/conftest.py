"""Chunks and rollouts of an imaginary policy; `spread` makes its plans inconsistent."""

from collections.abc import Callable

import numpy as np
import pytest

from vla_ros.core.data import SECOND, ActionChunk
from vla_ros.detect.calibrate import Calibration, calibrate
from vla_ros.detect.rollouts import Rollout
from vla_ros.detect.settings import DetectConfig, MonitorConfig


POLICY = 'ab' * 32
CHANNELS = ('ee.x', 'ee.y', 'ee.z', 'ee.qx', 'ee.qy', 'ee.qz', 'ee.qw', 'gripper')
KINDS = ('pose',) * 7 + ('gripper',)


def make_chunk(
    time: float,
    seq: int = 0,
    actions: np.ndarray | None = None,
    feature: np.ndarray | None = None,
    model: str = f'pocket:{POLICY}',
    dt: float = 0.1,
) -> ActionChunk:
    """A chunk of 16 steps at `time` s that moves along x at 2 cm/s."""
    stamp = 10**18 + round(time * SECOND)
    if actions is None:
        actions = plan(time, dt)
    if feature is None:
        feature = np.zeros(4, np.float32)
    return ActionChunk(
        stamp, seq, seq // 6, 0.2, 'franka', model, CHANNELS, KINDS, dt, actions,
        stamp, stamp + 1, 1.0, feature,
    )  # fmt: skip


def plan(time: float, dt: float = 0.1) -> np.ndarray:
    """What a consistent policy plans at `time`: (16, 8)."""
    actions = np.zeros((16, 8))
    actions[:, 0] = 0.3 + 0.02 * (time + dt * np.arange(1, 17))
    actions[:, 6] = 1.0
    return actions


def make_rollout(
    seed: int, success: bool = True, spread: float = 1.0, task: str = 'put', steps: int = 60
) -> Rollout:
    rng = np.random.default_rng(seed)
    chunks = []
    for k in range(steps):
        sigma = 0.002 * (spread if k > steps // 2 else 1.0)
        actions = plan(k / 20)
        actions[:, :3] += rng.normal(0, sigma, (16, 3))
        feature = rng.normal(size=12).astype(np.float32)
        chunks.append(make_chunk(k / 20, k, actions, feature))
    return Rollout(f'{task}-{success}-{seed}', task, success, tuple(chunks), 'put it there', seed)


@pytest.fixture
def chunk() -> Callable[..., ActionChunk]:
    return make_chunk


@pytest.fixture
def rollout() -> Callable[..., Rollout]:
    return make_rollout


@pytest.fixture(scope='session')
def rollouts() -> list[Rollout]:
    good = [make_rollout(i, task=('pick', 'put')[i % 2]) for i in range(100)]
    bad = [make_rollout(900 + i, False, 6.0, ('pick', 'put')[i % 2]) for i in range(12)]
    return good + bad


@pytest.fixture(scope='session')
def settings() -> DetectConfig:
    return DetectConfig(alpha=0.1, monitor=MonitorConfig(components=8))


@pytest.fixture(scope='session')
def calibration(rollouts: list[Rollout], settings: DetectConfig) -> Calibration:
    return calibrate(rollouts, settings, seed=3, created={'command': 'test'})
