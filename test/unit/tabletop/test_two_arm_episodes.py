"""Demonstrations and lockstep runs of a robot with two arms."""

from dataclasses import replace

import numpy as np
import pytest

from vla_ros.policies import ActionSpace, Features, Group, Prediction, Rates
from vla_ros.policies.chunk_maker import ChunkMaker
from vla_ros.tabletop.demos.demonstration import (
    find_episodes,
    read_demonstration,
    write_demonstration,
)
from vla_ros.tabletop.demos.demonstrator import Demonstrator, NoiseInjector
from vla_ros.tabletop.demos.perturbations import NoiseConfig
from vla_ros.tabletop.language import COLOURS
from vla_ros.tabletop.lockstep import Lockstep
from vla_ros.tabletop.lockstep_config import LockstepConfig
from vla_ros.tabletop.tasks import Progress, draw


@pytest.fixture(scope='module')
def aloha(aloha):
    return replace(aloha, cameras=tuple(replace(c, width=32, height=32) for c in aloha.cameras))


@pytest.fixture(scope='module')
def demonstrator(aloha):
    return Demonstrator(aloha)


@pytest.fixture(scope='module')
def episode(demonstrator):
    return demonstrator.collect('lift', 3)


def test_an_episode_has_both_arms(episode, aloha, tmp_path):
    assert episode.info.success and episode.valid.all()
    assert episode.info.request.family == 'lift' and episode.info.robot == 'aloha'
    steps = len(episode)
    assert episode.state.shape == (steps, 32) and episode.action.shape == (steps, 16)
    assert set(episode.images) == {camera.name for camera in aloha.cameras}
    for limb in (0, 1):
        own = episode.action[:, 8 * limb : 8 * limb + 3]
        step = own - episode.state[:, 16 * limb + 8 : 16 * limb + 11]  # from the commanded pose
        assert np.linalg.norm(step, axis=1).max() < 0.04
        assert set(np.unique(episode.action[:, 8 * limb + 7].round(3))) <= {
            0.0, np.float32(0.074),
        }  # fmt: skip
    assert (
        np.isfinite(episode.objects).any(axis=(1, 2)).all() and np.isnan(episode.bowl[:, :2]).all()
    )
    assert episode.grips.shape == (steps, 2, 6, 3)
    bar = COLOURS.index(episode.info.request.object)
    held = episode.grips[-1, :, bar] - episode.state[-1].reshape(2, 16)[:, :3]
    assert np.linalg.norm(held, axis=1).max() < 0.03
    write_demonstration(tmp_path / 'a.safetensors', episode)
    (path,) = find_episodes(tmp_path)
    np.testing.assert_array_equal(read_demonstration(path).action, episode.action)


def test_it_is_the_same_again(demonstrator, episode):
    again = demonstrator.collect('lift', 3)
    for key, array in episode.arrays().items():
        np.testing.assert_array_equal(array, again.arrays()[key], err_msg=key)


@pytest.mark.parametrize(('family', 'acting'), [('handover', (0, 1)), ('place', (1,))])
def test_hands_begin_apart_and_only_those_that_act_elsewhere(demonstrator, family, acting):
    noise, env = NoiseConfig(start=0.1, start_low=1.0), demonstrator.env
    task = demonstrator.tasks[family]
    for seed in range(10):
        rng = np.random.default_rng(seed)
        q, openings = NoiseInjector(env.spec, task, acting, noise, rng).start(env)
        places = []
        for arm, own in zip(env.arms, q.reshape(2, -1), strict=True):
            arm.model.update(own, np.zeros(6))
            places.append(arm.model.position.copy())
        assert np.linalg.norm(places[0] - places[1]) > 0.2
        away = [not np.array_equal(q[6 * i : 6 * i + 6], env.spec.limbs[i].home) for i in (0, 1)]
        assert away == [i in acting for i in (0, 1)]
        assert set(openings) <= {0.0, 0.074}


def test_only_hands_that_act_are_pushed(demonstrator):
    noise, spec = NoiseConfig(push_rate=10.0, quiet=0.0), demonstrator.spec
    injector = NoiseInjector(
        spec, demonstrator.tasks['place'], (1,), noise, np.random.default_rng(0)
    )
    label = np.tile([0.0, 0.1, 0.2, 1.0, 0.0, 0.0, 0.0, 0.0], 2)
    layout, _ = draw(demonstrator.tasks['place'], 0)
    demonstrator.env.reset(layout)
    for _ in range(20):
        spoiled = injector.apply(label, demonstrator.env.world())
        np.testing.assert_array_equal(spoiled[:8], label[:8])
        assert not np.array_equal(spoiled[8:], label[8:])


class Script:
    """An expert without a reasoner that plans with what only the simulation knows."""

    model, features, dt = 'test:0', Features(), 0.1

    def __init__(self, robot):
        self.action_space = ActionSpace(
            tuple(Group(kind, limb) for limb in ('left', 'right') for kind in ('pose', 'gripper'))
        )
        assert self.action_space.channels == robot.channels

    def reset(self, episode):
        assert episode.instruction == 'lift it'

    def act(self, observation, context):
        world = self.stack._world()
        step = np.concatenate([a.vector() for a in self.task.step(world, self.request)])
        here = np.concatenate([
            [*hand.commanded.position, *hand.commanded.quaternion, hand.gripper_command]
            for hand in world.hands
        ])  # fmt: skip
        actions = np.tile(step, (16, 1))
        for limb in (0, 1):
            own = slice(8 * limb, 8 * limb + 3)
            # The way goes on for a while: chunks overlap.
            ahead = np.minimum(np.arange(1, 17), 3)[:, None]
            actions[:, own] = here[own] + ahead * (step[own] - here[own])
        return Prediction(actions)

    def close(self):
        pass


def test_lockstep_runs_chunks_of_both_arms(aloha):
    script = Script(aloha)
    config = LockstepConfig(expert_delay=0.01)
    maker = ChunkMaker(script, aloha, Rates(chunk_valid_for=2.0))
    stack = script.stack = Lockstep(aloha, None, maker, config)
    script.task = stack.scenes.task('lift')
    layout, script.request = draw(script.task, 1)
    stack.reset(layout)
    assert stack.observe('').state.vector().shape == (32,)
    rollout = stack.run('lift it', Progress(script.task, script.request))
    assert rollout.success, (rollout.reason, stack.execution.queue.last_refusal)
    # The physics keeps the control clock's time, 5 steps a tick.
    assert stack.hardware.time == pytest.approx(stack._now * 1e-9, abs=1e-6)
    assert stack.execution.queue.refused == 0 and rollout.seconds < 14
