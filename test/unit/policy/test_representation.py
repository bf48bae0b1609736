"""Relative and absolute actions agree with the scalar geometry, and with each other."""

import numpy as np
import pytest

from vla_ros.geometry import quat_from_rotvec, quat_multiply
from vla_ros.policy import absolute_actions, relative_actions


@pytest.fixture
def state():
    rng = np.random.default_rng(1)
    state = rng.normal(size=16)
    state[11:15] /= np.linalg.norm(state[11:15])
    return state


def test_round_trip(state):
    rng = np.random.default_rng(2)
    relative = rng.normal(size=(40, 7))
    relative[:, 6] = rng.random(40)
    relative[0, 3:6] = 0.0
    absolute = absolute_actions(relative, state, 0.08)
    assert np.abs(relative_actions(absolute, state, 0.08) - relative).max() < 1e-12
    assert np.abs(np.linalg.norm(absolute[:, 3:7], axis=1) - 1).max() < 1e-12


def test_agrees_with_the_scalar_geometry(state):
    relative = np.array([[0.1, -0.2, 0.3, 0.2, -0.1, 0.4, 0.5]])
    turned = quat_multiply(quat_from_rotvec(relative[0, 3:6]), state[11:15])
    absolute = absolute_actions(relative, state, 0.08)[0]
    assert absolute[:3] == pytest.approx(state[8:11] + relative[0, :3])
    assert absolute[3:7] == pytest.approx(turned / np.linalg.norm(turned))
    assert absolute[7] == pytest.approx(0.04)


def test_the_opening_stays_within_the_gripper(state):
    relative = np.zeros((2, 7))
    relative[:, 6] = [-0.3, 1.4]
    assert absolute_actions(relative, state, 0.08)[:, 7].tolist() == [0.0, 0.08]
