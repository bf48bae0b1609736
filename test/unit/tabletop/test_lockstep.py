"""Lockstep runs any robot at its own control rate: what a policy wants happens in time."""

from types import SimpleNamespace

import numpy as np
import pytest

from vla_ros.core.data import Mode
from vla_ros.policies import load_policy
from vla_ros.policies.makers import make_policy
from vla_ros.robots import load_robot
from vla_ros.tabletop.lockstep import Lockstep, LockstepConfig


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
