"""Two arms in one control process: they hold, follow one chunk, and are taken over one by one."""

import json
import time

import numpy as np
import pytest
from waiting import wait_for
import yaml

from vla_ros.control.loops.supervisor import Event
from vla_ros.control.loops.targets import Kind
from vla_ros.core.data import SECOND, ActionChunk, BodyState, Mode
from vla_ros.core.paths import config_file
from vla_ros.robots import load_robot
from vla_ros.robots.channels import channel_kinds
from vla_ros.runtime.controller import ChunkController
from vla_ros.runtime.realtime import RealtimeConfig, RealtimeError, RealtimeProcess
from vla_ros.tabletop.demos.sim_env import SimEnv
from vla_ros.tabletop.world import SimHardware, draw_layout


@pytest.fixture(scope='module')
def cell(aloha):
    return SimEnv(aloha)


@pytest.fixture(scope='module')
def layout(cell):
    return draw_layout(cell.scene.config, np.random.default_rng(0))


@pytest.fixture(scope='module')
def shared():
    process = RealtimeProcess(RealtimeConfig('aloha', seed=3))
    process.start()
    yield process
    process.stop()


@pytest.fixture
def process(shared):
    for event in (Event.RELEASE, Event.FINISH, Event.RESET):
        shared.post(event)
    assert shared.reset_scene(3) == ''
    wait_for(lambda: shared.status().mode is Mode.IDLE)
    return shared


def places(process):
    return np.array([process.state(limb).state.ee.position for limb in (0, 1)])


def poses(commands):
    return np.array([[*c.target.position, *c.target.quaternion, c.gripper] for c in commands])


def make_chunk(aloha, stamp, origin, velocities, seq=0):
    actions = np.tile(origin.reshape(-1), (16, 1))
    for limb, velocity in enumerate(velocities):
        actions[:, 8 * limb : 8 * limb + 3] += np.outer(np.arange(1, 17) * 0.1, velocity)
    return ActionChunk(
        stamp=stamp, seq=seq, latent_seq=1, latent_age=0.1, robot='aloha', model='test:0',
        channels=aloha.channels, kinds=channel_kinds(aloha), dt=0.1, actions=actions,
        inference_start=stamp, inference_end=stamp, valid_for=3.0,
    )  # fmt: skip


def test_both_arms_hold_at_home(process, aloha):
    begin = places(process)
    np.testing.assert_allclose(begin[:, 1], (0.169, -0.169), atol=2e-3)
    first = process.status().ticks
    wait_for(lambda: process.status().ticks > first + 100)
    np.testing.assert_allclose(places(process), begin, atol=1e-3)
    assert process.state(1).command.position.shape == (6,)  # it is sent joint positions
    assert len(process.sim_state().qpos) > aloha.n


def test_a_chunk_moves_both(process, aloha):
    assert process.post(Event.START, 'lift the red bar') == ''
    origin = poses([process.state(limb).command for limb in (0, 1)])
    begin = places(process)
    chunk = make_chunk(aloha, time.time_ns(), origin, [(0.0, 0.0, -0.1), (0.1, 0.0, 0.0)])
    assert process.offer_chunk(chunk) == ''
    wait_for(lambda: process.status().chunk_seq == 0)
    wait_for(lambda: (np.abs(places(process) - begin).max(axis=1) > 0.08).all())
    moved = places(process) - begin
    assert moved[0, 2] < -0.05 and abs(moved[0, 0]) < 5e-3
    assert moved[1, 0] > 0.05 and abs(moved[1, 2]) < 5e-3


def test_a_refused_chunk_says_which_limb(process, aloha):
    process.post(Event.START, 'lift the red bar')
    origin = poses([process.state(limb).command for limb in (0, 1)])
    origin[1, 7] = 0.5
    chunk = make_chunk(aloha, time.time_ns(), origin, [np.zeros(3)] * 2, seq=5)
    refused = process.status().refused_chunks
    process.offer_chunk(chunk)
    wait_for(lambda: process.status().refused_chunks > refused)
    assert process.status().last_refusal.startswith('right: actions: expected openings')


def test_a_twist_moves_only_its_arm(process):
    assert process.post(Event.TAKEOVER) == ''
    begin = places(process)

    def moved():
        process.limb(0).target(Kind.TWIST, time.time_ns(), np.array([0.0, 0.0, 0.1, 0, 0, 0, 0]))
        return places(process)[0, 2] > begin[0, 2] + 0.04

    wait_for(moved)
    assert process.status().mode is Mode.TAKEOVER
    np.testing.assert_allclose(places(process)[1], begin[1], atol=1e-3)


def test_a_stop_stops_both(process, aloha):
    process.post(Event.START, 'lift the red bar')
    origin = poses([process.state(limb).command for limb in (0, 1)])
    chunk = make_chunk(aloha, time.time_ns(), origin, [(0.0, 0.0, -0.2)] * 2, seq=9)
    process.offer_chunk(chunk)

    def speeds():
        return [np.abs(process.state(limb).state.velocity).max() for limb in (0, 1)]

    wait_for(lambda: min(speeds()) > 0.1)
    process.post(Event.ESTOP)
    wait_for(lambda: max(speeds()) < 0.02)
    assert process.status().mode is Mode.STOP


def test_one_execution_drives_both(aloha, cell, layout):
    hardware = SimHardware(cell.scene, layout)
    execution = ChunkController(aloha, hardware.limbs)
    now, tick = 0, SECOND // 200

    def run(ticks):
        nonlocal now
        for _ in range(ticks):
            execution.tick(now)
            hardware.step(5)
            now += tick

    run(2)
    assert execution.post(Event.START, 'go') == ''
    run(1)
    origin = poses([limb.loop.command() for limb in execution.limbs])
    chunk = make_chunk(aloha, now, origin, [(0.0, 0.0, -0.05)] * 2)
    assert execution.offer(chunk, now) == ''
    run(200)
    state = execution.state()
    assert isinstance(state, BodyState) and state.vector().shape == (32,)
    for limb, start in zip(state.limbs, origin, strict=True):
        assert start[2] - limb.ee.position[2] == pytest.approx(0.05, abs=5e-3)


def test_a_minimum_jerk_move_is_followed_closely(cell, layout):
    """15 cm in 1 s, both arms at once."""
    cell.reset(layout)
    start = np.array([[*arm.home.position, *arm.home.quaternion, 0.074] for arm in cell.arms])
    worst = 0.0
    for step in range(1, 15):
        s = min(step / 10, 1.0)
        share = 10 * s**3 - 15 * s**4 + 6 * s**5
        action = start.copy()
        action[:, 2] -= 0.15 * share
        cell.advance(action.reshape(-1))
        for arm in cell.arms:
            state = arm.state(cell.now)
            error = state.ee.position - state.commanded.position
            worst = max(worst, np.linalg.norm(error))
    assert worst < 2e-3
    for arm, goal in zip(cell.arms, action, strict=True):
        np.testing.assert_allclose(arm.state(cell.now).ee.position, goal[:3], atol=2e-3)


def test_both_arms_carry_half_a_kilogram(cell, layout):
    cell.reset(layout)
    for arm in cell.scene.arms:
        cell.hardware.data.xfrc_applied[arm.tcp, 2] = -0.5 * 9.81
    begin = cell.robot()
    home = np.array([[*arm.home.position, *arm.home.quaternion, 0.074] for arm in cell.arms])
    for _ in range(10):
        cell.advance(home.reshape(-1))
    for before, after in zip(begin.limbs, cell.robot().limbs, strict=True):
        assert np.linalg.norm(after.ee.position - before.ee.position) < 5e-3
        assert np.abs(after.velocity).max() < 0.01


def test_more_limbs_than_the_mailbox_has_room_for_are_refused(tmp_path):
    tree = yaml.safe_load(config_file('robots', 'aloha').read_text())
    left, right = tree['limbs']
    spare = [json.loads(json.dumps(left).replace('left', name)) for name in 'abcdefg']
    path = tmp_path / 'robot.yaml'
    path.write_text(yaml.safe_dump({**tree, 'limbs': [left, right, *spare]}))
    with pytest.raises(RealtimeError, match='limbs: expected at most 8'):
        RealtimeProcess(RealtimeConfig(str(path), hardware='driver')).start()


def test_arms_of_a_body_watch_each_other_and_an_only_arm_has_nobody_to_watch(aloha, cell, layout):
    execution = ChunkController(aloha, SimHardware(cell.scene, layout).limbs)
    watches = [limb.loop.slowdown.neighbours for limb in execution.limbs]
    assert None not in watches and watches[0] is not watches[1]
    franka = SimEnv(load_robot('franka'))
    franka.reset(draw_layout(franka.scene.config, np.random.default_rng(0)))
    assert franka.loop.slowdown.neighbours is None
