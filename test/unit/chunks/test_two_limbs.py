"""A chunk for two limbs: both follow it, and a refusal says which of them it is about."""

from dataclasses import replace

import numpy as np
import pytest

from vla_ros.chunks.queue import ChunkQueue
from vla_ros.chunks.shared import SharedQueue
from vla_ros.core.data import SECOND, ActionChunk
from vla_ros.robots.channels import channel_kinds
from vla_ros.tabletop.simulated import home_pose


START, TICK = 1_000 * SECOND, SECOND // 200


@pytest.fixture(scope='module')
def origin(aloha):
    poses = [home_pose(limb) for limb in aloha.limbs]
    return np.array([[*pose.position, *pose.quaternion, 0.074] for pose in poses])


@pytest.fixture(scope='module')
def make(aloha, origin):
    def make(velocities, seq=0, stamp=START, horizon=16, change=None):
        actions = np.tile(origin.reshape(-1), (horizon, 1))
        for limb, velocity in enumerate(velocities):
            actions[:, 8 * limb : 8 * limb + 3] += np.outer(
                np.arange(1, horizon + 1) * 0.1, velocity
            )
        if change is not None:
            change(actions)
        return ActionChunk(
            stamp=stamp, seq=seq, latent_seq=1, latent_age=0.1, robot='aloha', model='test:0',
            channels=aloha.channels, kinds=channel_kinds(aloha), dt=0.1, actions=actions,
            inference_start=stamp, inference_end=stamp, valid_for=3.0,
        )  # fmt: skip

    return make


@pytest.fixture
def queue(aloha, origin):
    queue = ChunkQueue(aloha)
    queue.clear(START, full(aloha, origin).ravel())
    return queue


def full(aloha, origin):
    return np.array([[*row, *arm.home] for row, arm in zip(origin, aloha.limbs, strict=True)])


STILL, UP = (0.0, 0.0, 0.0), (0.0, 0.0, 0.05)


def play(queue, origin, seconds):
    rows = full(queue.spec, origin)
    out, now = rows.reshape(-1).copy(), START
    while now < START + seconds * SECOND:
        now += TICK
        queue.sample(now, out)
    return out.reshape(rows.shape)[:, :8]


def test_each_limb_gets_its_part(queue, origin, make):
    assert queue.offer(make([UP, STILL]), START) == ''
    left, right = play(queue, origin, 1.0)
    assert left[2] == pytest.approx(origin[0, 2] + 0.05, abs=5e-3)
    np.testing.assert_allclose(right, origin[1], atol=1e-9)


def test_sources_share_one_sample_a_tick(aloha, origin, queue, make):
    shared = SharedQueue(queue)
    for source, pose in zip(shared.sources, full(aloha, origin), strict=True):
        source.clear(START, pose)
    queue.offer(make([UP, UP], stamp=START + 1), START + 1)
    outs, now = full(aloha, origin), START
    for _ in range(200):
        now += TICK
        for source, out in zip(shared.sources, outs, strict=True):
            source.sample(now, out)
    assert queue.splices == 1
    np.testing.assert_allclose(outs[:, 2] - origin[:, 2], 0.05, atol=5e-3)


def far(actions):
    actions[:, 8 + 1] -= 2.0


def jump(actions):
    actions[:, 8 + 2] -= 0.10
    actions[:, 8 + 0] += 0.18
    actions[:, 8 + 1] -= 0.25


def askew(actions):
    actions[3, 8 + 3 : 8 + 7] *= 1.1


def wide(actions):
    actions[:, 7] = 0.2


@pytest.mark.parametrize(
    ('change', 'cause'),
    [
        (far, 'right: actions: expected ee.y in'),
        (askew, 'right: actions: expected unit quaternions'),
        (wide, 'left: actions: expected openings'),
    ],
)
def test_a_refusal_names_the_limb(queue, make, change, cause):
    assert queue.offer(make([STILL, STILL], change=change), START).startswith(cause)
    assert queue.refused == 1


def test_a_fast_or_far_limb_is_named(queue, make):
    fast = queue.offer(make([STILL, (0.0, 0.0, 3.0)], horizon=2), START)
    assert fast.startswith('right: actions: ')
    away = queue.offer(make([STILL, STILL], seq=1, change=jump), START)
    assert away.startswith('right: actions: expected step 0 within 0.3 m')


def test_a_number_that_is_none_is_named_by_its_channel(queue, make):
    def spoil(actions):
        actions[2, 15] = np.nan

    assert queue.offer(make([STILL, STILL], change=spoil), START).endswith('step 2, right.gripper')


def half_of(chunk, columns, **fields):
    return replace(
        chunk, channels=chunk.channels[columns], kinds=chunk.kinds[columns],
        actions=chunk.actions[:, columns], **fields,
    )  # fmt: skip


def test_a_chunk_of_one_arm_lets_the_other_hold(queue, origin, make):
    chunk = half_of(make([UP, UP]), slice(0, 7))  # no gripper either
    assert queue.offer(chunk, START) == ''
    left, right = play(queue, origin, 1.0)
    assert left[2] == pytest.approx(origin[0, 2] + 0.05, abs=5e-3)
    np.testing.assert_array_equal(right, origin[1])
    assert left[7] == origin[0, 7]
    assert queue.sample(START + 2 * SECOND, full(queue.spec, origin).ravel()) == ('pose', '')


def test_names_of_another_robot_are_refused(queue, make, aloha):
    half = half_of(make([STILL, STILL]), slice(0, 8))
    strange = replace(half, channels=aloha.limbs[0].channels)
    assert queue.offer(strange, START).startswith('channels: expected groups of pose')
