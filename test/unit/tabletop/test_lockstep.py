"""Lockstep runs any robot at its own control rate: what a policy wants happens in time."""

from types import SimpleNamespace

import numpy as np
import pytest

from vla_ros.core.data import SECOND, Mode
from vla_ros.policies import ActionSpace, Features, Prediction, Rates, load_policy
from vla_ros.policies.chunk_maker import ChunkMaker
from vla_ros.policies.makers import make_policy
from vla_ros.robots import load_robot
from vla_ros.tabletop.lockstep import Lockstep
from vla_ros.tabletop.lockstep_config import LockstepConfig


pytest.importorskip('onnx')
from fake_policy import write_fake_policy  # noqa: E402


NEVER = SimpleNamespace(success=False, reason='', update=lambda state: False)
VELOCITY = (0.0, 0.04, 0.02)  # m/s, of the fake policy


@pytest.mark.parametrize('name', ['franka', 'ur5e'])
def test_the_arm_moves_as_fast_as_the_policy_wants(name, tmp_path):
    policy = load_policy(write_fake_policy(tmp_path / name, VELOCITY, name=name))
    config = LockstepConfig(timeout=2.0)
    robot = load_robot(name)
    stack = Lockstep(robot, *make_policy(policy, robot), config)
    stack.reset(stack.scenes.layout('pick', 1))
    start = stack.execution.loop.state().ee.position
    rollout = stack.run('pick up the red cube', NEVER)
    assert not rollout.refused and rollout.seconds == pytest.approx(2.0, abs=0.05)
    assert stack.execution.status().mode is Mode.IDLE  # the instruction has ended
    assert stack.hardware.time == pytest.approx(2.0, abs=0.05)  # of physics, too
    moved = stack.execution.loop.state().ee.position - start
    np.testing.assert_allclose(moved, 1.8 * np.array(VELOCITY), atol=0.02)


class Wanderer:
    """An expert that always moves on in one direction, and remembers what it was told."""

    model, dt, features = 'wanderer:0', 0.1, Features()

    def __init__(self, robot):
        self.action_space = ActionSpace.commanded(robot, robot.arms[0].gripper.open)
        self.told = []

    def reset(self, episode):
        pass

    def act(self, observation, context):
        self.told.append((observation.stamp, context))
        actions = np.zeros((16, 7))
        actions[:, :3] = np.outer(np.arange(1, 17) * self.dt, VELOCITY)
        actions[:, 6] = 1.0
        return Prediction(actions, run_steps=5)

    def close(self):
        pass


def test_the_expert_is_told_what_is_still_to_come():
    robot = load_robot('franka')
    expert = Wanderer(robot)
    config = LockstepConfig(timeout=1.5, expert_delay=0.13)
    stack = Lockstep(robot, None, ChunkMaker(expert, robot, Rates()), config)
    stack.reset(stack.scenes.layout('pick', 1))
    for instruction in ('go', 'go on'):
        expert.told.clear()
        stack.run(instruction, NEVER)
        start, first = expert.told[0]
        early = [c for stamp, c in expert.told if stamp - start < 0.12 * SECOND]
        assert all(c.previous is None and c.delay == 0 for c in early)
        later = [c for stamp, c in expert.told if stamp - start > 0.3 * SECOND]
        for context in later:
            assert context.delay in (1, 2)  # 0.13 s are consumed once it moves, of 0.1 s each
            assert 16 - 8 < len(context.previous) <= 16 and context.seed == first.seed
            ahead = np.outer(np.arange(1, len(context.previous) + 1) * 0.1, VELOCITY)
            # The arm lags behind what was wanted of it.
            np.testing.assert_allclose(context.previous[:, :3], ahead, atol=0.012)
            steps = np.diff(context.previous[:, :3], axis=0)
            np.testing.assert_allclose(steps, np.diff(ahead, axis=0), atol=1e-6)
        assert later[-1].delay == 2
        # They run for five steps: one comes to its turn while the one before has more to go.
        assert max(np.diff([len(c.previous) for c in later])) >= 4


def test_an_episode_of_the_same_name_draws_the_same():
    robot = load_robot('franka')
    expert = Wanderer(robot)
    config = LockstepConfig(timeout=0.1)
    stack = Lockstep(robot, None, ChunkMaker(expert, robot, Rates()), config)
    seeds = []
    for name in ('pick-7', 'pick-8', 'pick-7'):
        stack.reset(stack.scenes.layout('pick', 1))
        stack.run('go', NEVER, name=name)
        seeds.append(expert.told[-1][1].seed)
    assert seeds[0] == seeds[2] != seeds[1]
