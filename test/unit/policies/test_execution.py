"""What is still to come of the chunk in execution is told on the grid of the next prediction."""

import dataclasses

import numpy as np
import pytest

from vla_ros.core.data import SECOND, Observation, Pose, RobotState
from vla_ros.policies import ActionSpace, EpisodeInfo, Features, Prediction, Rates
from vla_ros.policies.chunk_maker import ChunkMaker
from vla_ros.policies.execution import Execution
from vla_ros.robots import load_robot


FRANKA = load_robot('franka')
SPACE = ActionSpace.commanded(FRANKA, 0.08)
DT, HORIZON, SPEED, TURN = 0.1, 8, 0.2, 0.5  # s, steps, m/s, rad/s
START = 5 * SECOND
EPISODE = EpisodeInfo('e', 'do it')


def straight(elapsed=0.0, steps=HORIZON):
    """Return what moves and turns evenly, from `elapsed` s on, relative to there."""
    ahead = np.arange(1, steps + 1) * DT
    actions = np.zeros((steps, 7))
    actions[:, 1], actions[:, 5], actions[:, 6] = ahead * SPEED, ahead * TURN, 0.5
    return actions


def seen(elapsed):
    """Return an observation of a robot that does so, `elapsed` s after the start."""
    half = TURN * elapsed / 2  # about z, of a hand that points down
    turned = np.array([np.cos(half), np.sin(half), 0.0, 0.0])
    pose = Pose(np.array([0.45, SPEED * elapsed, 0.3]), turned)
    stamp = START + round(elapsed * SECOND)
    state = RobotState(stamp, FRANKA.home, np.zeros(7), pose, 0.04, pose, 0.04)
    return Observation(stamp, {}, state)


class Straight:
    """An expert that always wants to go on so, and remembers what it was told."""

    model, action_space, dt, features = 'straight:0', SPACE, DT, Features()

    def __init__(self):
        self.told = []

    def reset(self, episode):
        pass

    def act(self, observation, context):
        self.told.append(context)
        return Prediction(straight())

    def close(self):
        pass


def at(elapsed, chunk, delay=2, standstill=0.0):
    """Return what a status says `elapsed` s after the start, of a chunk of `chunk` s after it."""
    played = elapsed - chunk - standstill
    step = max(int(np.ceil(played / DT - 1 - 1e-9)), 0)
    stamps = (START + round(t * SECOND) for t in (elapsed, chunk))
    return Execution(*stamps, step, delay)


@pytest.fixture
def maker():
    return ChunkMaker(Straight(), FRANKA, Rates(), samples=3)


def told(maker, elapsed, execution, episode=EPISODE, seq=9):
    maker.act(seen(elapsed), episode, None, seq, execution)
    return maker.expert.told[-1]


def test_at_first_there_is_nothing(maker):
    context = told(maker, 0.0, None)
    assert context.previous is None and context.delay == 0
    assert context.samples == 3 and context.seed == EPISODE.seed


def test_of_a_robot_that_does_what_it_should_the_rest_is_what_it_would_say(maker):
    told(maker, 0.0, None)
    for elapsed, status in ((0.3, 0.3), (0.3, 0.25), (0.33, 0.3), (0.2, 0.24)):
        context = told(maker, elapsed, at(status, 0.0))
        left = int(HORIZON - elapsed / DT + 1e-6)
        assert context.delay == 2
        np.testing.assert_allclose(context.previous, straight(steps=left), atol=1e-6)


def test_the_chunk_in_execution_counts_not_the_newest(maker):
    for elapsed in (0.0, 0.1, 0.2):
        told(maker, elapsed, None)
    first = told(maker, 0.3, at(0.3, 0.0)).previous
    second = told(maker, 0.4, at(0.4, 0.2)).previous
    assert len(first) == HORIZON - 3 and len(second) == HORIZON - 2
    # What was before it will not be executed any more.
    assert told(maker, 0.5, at(0.5, 0.1)).previous is None


def test_what_stood_still_is_not_skipped(maker):
    told(maker, 0.0, None)
    previous = told(maker, 0.5, at(0.5, 0.0, standstill=0.3)).previous
    assert len(previous) == HORIZON - 2


def test_delay_is_never_more_than_what_is_left_and_nothing_is_left_at_the_end(maker):
    told(maker, 0.0, None)
    context = told(maker, 0.65, at(0.65, 0.0, delay=6))
    assert len(context.previous) == context.delay == 1
    context = told(maker, 0.8, at(0.8, 0.0, delay=6))
    assert context.previous is None and context.delay == 0


@pytest.mark.parametrize('chunk', [-0.1, 0.05, 0.2])
def test_a_chunk_of_another_program_is_not_told(maker, chunk):
    told(maker, 0.0, None)
    assert told(maker, 0.3, at(0.3, chunk)).previous is None


def test_a_new_instruction_begins_with_nothing(maker):
    told(maker, 0.0, None)
    other = dataclasses.replace(EPISODE, episode_id='f')
    context = told(maker, 0.3, at(0.3, 0.0), other)
    assert context.previous is None and context.seed == other.seed != EPISODE.seed
