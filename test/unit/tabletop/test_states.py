"""What states say of a simulated robot: its loops, shared memory and drivers agree."""

import dataclasses

from data_values import assert_same
from driven import Driven
import numpy as np
import pytest

from vla_ros.control.loops.supervisor import Event
from vla_ros.core.data import SECOND, JointGroupState, Observation, RobotState
from vla_ros.policies import (
    ActionSpace,
    EpisodeInfo,
    Features,
    Group,
    ImageFeature,
    Prediction,
    Rates,
)
from vla_ros.policies.chunk_maker import ChunkMaker
from vla_ros.robots import load_robot
from vla_ros.runtime import shm_limb as wire_limb
from vla_ros.runtime.controller import ChunkController
from vla_ros.runtime.mailbox import Mailbox
from vla_ros.tabletop.lockstep import Lockstep
from vla_ros.tabletop.lockstep_config import LockstepConfig
from vla_ros.tabletop.simulated import SimSystem


class Running:
    """A simulated robot under control, as in the control process."""

    def __init__(self, robot, seconds=0.2, **changes):
        self.spec = dataclasses.replace(load_robot(robot), **changes)
        self.plant = SimSystem(self.spec, '', 1)
        self.execution = ChunkController(self.spec, self.plant.limbs)
        self.box, self.now = Mailbox(), 0
        for _ in range(round(seconds * self.spec.control_rate)):
            self.now += round(SECOND / self.spec.control_rate)
            self.plant.begin(self.now)
            self.execution.tick(self.now)
            self.plant.advance()

    def states(self):
        """Return the state of each limb as the loop has it, and as it comes from shared memory."""
        for limb, box in zip(self.execution.limbs, self.box.limbs, strict=False):
            wire_limb.put_state(box.state, limb.loop)
            state = limb.loop.state()
            if isinstance(state, RobotState):
                found = wire_limb.get_state(box.state, limb.spec.n)
            elif isinstance(state, JointGroupState):
                found = wire_limb.get_joint_group(box.state, limb.spec.n)
            else:
                found = wire_limb.get_mobile_base(box.state)
            yield limb, state, found.state


@pytest.mark.parametrize('robot', ['franka', 'ur5e', 'aloha', 'humanoid'])
def test_states_come_through_shared_memory_whole(robot):
    for limb, state, found in Running(robot).states():
        assert_same(found, state)
        if not isinstance(state, RobotState):
            assert limb.spec.kind == 'mobile_base' or np.isfinite(state.effort).all()
            continue
        model, sent = limb.loop.model, limb.loop.actuation
        np.testing.assert_allclose(state.twist, model.jacobian @ state.velocity, atol=1e-12)
        # A robot at rest carries its weight, and that is what its motors do.
        assert np.abs(state.effort).max() > 0.1
        np.testing.assert_allclose(state.effort, model.gravity, atol=1.5)
        moved = limb.loop.actuation.law.output == 'motion'
        expected = sent.position if moved else state.position
        np.testing.assert_array_equal(state.commanded_position, expected)
        assert np.isfinite(state.wrench).all() == limb.spec.feels


def test_an_effort_is_the_torque_that_was_sent():
    running = Running('franka')
    for _ in range(3):
        sent = running.execution.loop.actuation.torque.copy()
        running.now += round(SECOND / running.spec.control_rate)
        running.plant.begin(running.now)
        running.execution.tick(running.now)
        np.testing.assert_allclose(running.execution.loop.state().effort, sent, atol=1e-9)
        running.plant.advance()


def test_a_wrench_is_not_known_while_the_force_sensor_is_silent():
    driven = Driven('ur5e_admittance')
    assert np.isfinite(driven.loop.state().wrench).all()
    still = np.zeros(driven.spec.n)
    for _ in range(round(0.3 * driven.spec.control_rate)):
        driven.now += round(SECOND / driven.spec.control_rate)
        wire_limb.put_driver(driven.box.driver, driven.now, driven.q, still, driven.gripper)
        driven.execution.tick(driven.now)
    assert np.isnan(driven.loop.state().wrench).all()


def test_a_driver_says_its_efforts_or_they_are_not_known():
    driven = Driven('franka_impedance')
    assert np.isnan(driven.loop.state().effort).all()
    effort, still = np.arange(7.0), np.zeros(7)
    driven.now += SECOND // 1000
    wire_limb.put_driver(driven.box.driver, driven.now, driven.q, still, 0.04, effort)
    driven.execution.tick(driven.now)
    np.testing.assert_array_equal(driven.loop.state().effort, effort)


class Watcher:
    """An expert that stays, and keeps what it saw."""

    model, dt = 'watcher:0', 0.1

    def __init__(self, history):
        images = {'a': ImageFeature('front', 32, 32, history=True)}
        vectors = {'s': ('joint.position', 'joint.effort', 'wrench', 'commanded.joint.position')}
        self.features = Features(images, vectors, history=history)
        self.read = self.features.reader(load_robot('franka'), 's')
        self.action_space = ActionSpace((Group('pose', '', (), 'commanded', 'rotation_vector'),
                                         Group('gripper')))  # fmt: skip
        self.seen: list[Observation] = []

    def reset(self, episode: EpisodeInfo) -> None:
        self.seen.clear()

    def act(self, observation, context):
        self.seen.append(observation)
        self.shapes = self.read(observation).shape, self.features.pictures(observation)['a'].shape
        return Prediction(np.zeros((4, 7)))

    def close(self):
        pass


class Never:
    """A judge that waits."""

    success, reason = False, ''

    def update(self, state):
        return False


def test_lockstep_gives_the_past_that_nodes_give():
    robot, expert = load_robot('franka'), Watcher((0.0, 0.1, 2.0))
    config = LockstepConfig(timeout=0.8)
    stack = Lockstep(robot, None, ChunkMaker(expert, robot, Rates()), config)
    stack.reset(stack.scenes.layout('pick', 1))
    stack.execution.post(Event.HOLD)
    for _ in range(500):  # a past that is not of the episode
        stack._tick()
    begun = stack._now
    stack.run('stay', Never())
    assert expert.shapes == ((3, 27), (3, 32, 32, 3))
    first, last = expert.seen[0], expert.seen[-1]
    assert [then.ago for then in last.past] == [0.1, 2.0]
    apart = (last.stamp - last.past[0].state.stamp) / SECOND
    assert apart == pytest.approx(0.1, abs=0.0026)  # states every 5 ms
    assert last.past[1].state.stamp >= begun  # the oldest of the episode, in place of 2 s
    assert last.past[1].state.stamp == expert.seen[5].past[1].state.stamp
    np.testing.assert_array_equal(last.past[1].images['front'], first.images['front'])
