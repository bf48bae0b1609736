"""A maker of chunks: straight motion from a pose, any field to be replaced."""

import numpy as np
import pytest

from vla_ros.core.data import SECOND, ActionChunk
from vla_ros.robots import load_robot
from vla_ros.robots.channels import channel_kinds


START = 1_000 * SECOND
POSE = np.array([0.5, 0.0, 0.3, 1.0, 0.0, 0.0, 0.0, 0.08])


@pytest.fixture(scope='session')
def spec():
    return load_robot('franka')


@pytest.fixture(scope='session')
def make_chunk(spec):
    def make(seq=0, stamp=START, origin=POSE, velocity=(0.0, 0.1, 0.0), horizon=16, **fields):
        dt = fields.get('dt', 0.1)
        actions = np.tile(origin[:8], (horizon, 1))  # also of all numbers of the arm
        actions[:, :3] += np.outer(np.arange(1, horizon + 1) * dt, velocity)
        default = {
            'stamp': stamp, 'seq': seq, 'latent_seq': 1, 'latent_age': 0.2, 'robot': spec.name,
            'model': 'test:0', 'channels': spec.channels, 'kinds': channel_kinds(spec), 'dt': dt,
            'actions': actions, 'inference_start': stamp, 'inference_end': stamp,
            'valid_for': 3.0,
        }  # fmt: skip
        return ActionChunk(**(default | fields))

    return make
