"""Relative and absolute actions agree with the scalar geometry, and with each other."""

from hypothesis import given
from hypothesis import strategies as st
import numpy as np
import pytest

from vla_ros.core.geometry import quat_from_rotvec, quat_multiply
from vla_ros.policies import absolute_actions, parts_of, relative_actions
from vla_ros.policies.channels import ARM


ONE = parts_of(ARM)
BODY = parts_of(
    (
        *(f'left.{name}' for name in ARM),
        *(f'right.{name}' for name in ARM),
        *('head.pitch_joint', 'head.yaw_joint', 'base.vx', 'base.vy', 'base.wz'),
    )
)


def a_state(rng, parts):
    state = rng.normal(size=2 * parts[-1].absolute.stop)
    for part in parts:
        if part.kind == 'arm':
            turn = slice(part.commanded.start + 3, part.commanded.start + 7)
            state[turn] /= np.linalg.norm(state[turn])
    return state


@pytest.fixture
def state():
    return a_state(np.random.default_rng(1), ONE)


@given(seed=st.integers(0, 10**6), parts=st.sampled_from([ONE, BODY]))
def test_round_trip(seed, parts):
    rng = np.random.default_rng(seed)
    state = a_state(rng, parts)
    relative = rng.uniform(-1.5, 1.5, size=(5, parts[-1].relative.stop))  # of turns below pi
    for part in parts:
        if part.kind == 'arm':
            relative[:, part.relative.stop - 1] = rng.random(5)
            relative[0, part.relative.start + 3 : part.relative.start + 6] = 0.0
    absolute = absolute_actions(relative, state, 0.08, parts)
    assert np.abs(relative_actions(absolute, state, 0.08, parts) - relative).max() < 1e-11
    arms = [p.absolute.start for p in parts if p.kind == 'arm']
    turns = [absolute[:, start + 3 : start + 7] for start in arms]
    for turn in turns:
        assert np.abs(np.linalg.norm(turn, axis=1) - 1).max() < 1e-12


def test_agrees_with_the_scalar_geometry(state):
    relative = np.array([[0.1, -0.2, 0.3, 0.2, -0.1, 0.4, 0.5]])
    turned = quat_multiply(quat_from_rotvec(relative[0, 3:6]), state[11:15])
    absolute = absolute_actions(relative, state, 0.08, ONE)[0]
    assert absolute[:3] == pytest.approx(state[8:11] + relative[0, :3])
    assert absolute[3:7] == pytest.approx(turned / np.linalg.norm(turned))
    assert absolute[7] == pytest.approx(0.04)


def test_the_opening_stays_within_the_gripper(state):
    relative = np.zeros((2, 7))
    relative[:, 6] = [-0.3, 1.4]
    assert absolute_actions(relative, state, 0.08, ONE)[:, 7].tolist() == [0.0, 0.08]


def test_limbs_do_not_mix():
    state = a_state(np.random.default_rng(3), BODY)
    still = np.zeros(BODY[-1].relative.stop)
    still[BODY[2].relative] = [0.1, -0.2]
    still[BODY[3].relative] = [0.3, 0.0, -0.4]
    absolute = absolute_actions(still, state, 0.08, BODY)
    assert absolute[:3] == pytest.approx(state[8:11])
    assert absolute[8:11] == pytest.approx(state[24:27])
    assert absolute[16:18] == pytest.approx(state[34:36] + [0.1, -0.2])
    assert absolute[18:].tolist() == [0.3, 0.0, -0.4]  # of twists nothing is relative
