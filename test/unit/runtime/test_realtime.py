"""The control process starts, executes, stops at once, dies with its parent and is missed."""

import os
import signal
import subprocess
import sys
import time

import numpy as np
import psutil
import pytest
from waiting import wait_for

from vla_ros.control.loops.supervisor import Event
from vla_ros.control.loops.targets import Kind
from vla_ros.core.data import Mode
from vla_ros.runtime.realtime import RealtimeConfig, RealtimeError, RealtimeProcess


@pytest.fixture(scope='module')
def shared():
    process = RealtimeProcess(RealtimeConfig('franka', seed=3))
    process.start()
    yield process
    process.stop()


@pytest.fixture
def process(shared):
    shared.post(Event.FINISH)
    shared.post(Event.RESET)
    assert shared.reset_scene(3) == ''
    wait_for(lambda: shared.status().mode is Mode.IDLE)
    return shared


@pytest.fixture
def lonely():
    process = RealtimeProcess(RealtimeConfig('franka'))
    process.start()
    yield process
    process.stop()


def pose(snapshot):
    command = snapshot.command
    return np.array([*command.target.position, *command.target.quaternion, command.gripper])


def run_chunk(process, make_chunk, velocity=(0.0, 0.2, 0.0)):
    assert process.post(Event.START, 'push the red cube') == ''
    snapshot = process.state()
    seq = snapshot.command.stamp // 1000
    chunk = make_chunk(seq, time.time_ns(), pose(snapshot), velocity)
    assert process.offer_chunk(chunk) == ''
    wait_for(lambda: process.status().chunk_seq == seq)
    return chunk


def speed(process):
    state = process.state().state
    return np.abs(state.velocity).max()


def test_it_ticks_and_tells(process):
    first = process.status()
    wait_for(lambda: process.status().ticks > first.ticks + 200)
    status = process.status()
    assert (status.mode, status.instruction) == (Mode.IDLE, '')
    assert status.tick_p50 > 0
    snapshot = process.state()
    assert abs(snapshot.state.stamp - time.time_ns()) < 1e9
    assert snapshot.command.torque.shape == (7,)
    sim = process.sim_state()
    assert (sim.seed, len(sim.qpos) > 7) == (3, True)
    assert 'SCHED_FIFO' in process.note


def test_a_chunk_moves_the_arm(process, make_chunk):
    begin = pose(process.state())
    run_chunk(process, make_chunk)
    wait_for(lambda: process.state().state.ee.position[1] > begin[1] + 0.05)
    status = process.status()
    assert (status.mode, status.cause) == (Mode.RUN, '')


def test_a_refusal_comes_back(process, make_chunk):
    process.post(Event.START, 'push the red cube')
    bad = make_chunk(1, time.time_ns(), pose(process.state()), robot='ur5')
    before = process.status().refused_chunks
    assert process.offer_chunk(bad) == ''
    wait_for(lambda: process.status().refused_chunks > before)
    assert process.status().last_refusal == "robot: expected 'franka', got 'ur5'"
    big = make_chunk(1, time.time_ns(), pose(process.state()), horizon=257)
    assert 'expected 1 to 256' in process.offer_chunk(big)


def test_an_emergency_stop_takes_effect_within_100_ms(process, make_chunk):
    run_chunk(process, make_chunk)
    wait_for(lambda: speed(process) > 0.1)
    start = time.monotonic()
    assert process.post(Event.ESTOP) == ''
    assert time.monotonic() - start < 0.05
    wait_for(lambda: speed(process) < 0.05)
    assert time.monotonic() - start < 0.3
    wait_for(lambda: process.status().mode is Mode.STOP)
    assert process.status().cause == 'emergency stop'
    refused = process.post(Event.START, 'push the red cube')
    assert refused == 'start refused in STOP: stopped: reset first'


def test_a_person_takes_over(process):
    process.post(Event.TAKEOVER)
    goal = pose(process.state())[:7] + np.array([0, 0.05, 0, 0, 0, 0, 0])

    def arrived():
        process.target(Kind.POSE, time.time_ns(), goal)
        return abs(process.state().state.ee.position[1] - goal[1]) < 0.005

    wait_for(arrived)
    assert process.status().mode is Mode.TAKEOVER
    process.post(Event.RELEASE)


def test_silence_of_the_parent_holds(process, make_chunk):
    run_chunk(process, make_chunk)
    entry = process._mailbox.status
    wait_for(lambda: entry.read()[0][1] == Mode.HOLD)  # reading by itself is no heartbeat
    assert process.status().cause == 'the control node is silent'
    assert process.post(Event.RESUME) == ''
    wait_for(lambda: process.status().mode is Mode.RUN)


def test_a_text_too_long_is_refused(process):
    assert 'expected at most 4096 bytes of UTF-8, got 10000' in process.post(
        Event.START, 'x' * 10_000
    )
    assert process.post(Event.START, 'положи красный куб в миску') == ''
    wait_for(lambda: process.status().instruction == 'положи красный куб в миску')


def test_the_scene_is_laid_out_by_its_seed(process):
    resets = process.sim_state().resets
    assert process.reset_scene(8) == ''
    wait_for(lambda: process.sim_state().resets == resets + 1)
    qpos = process.sim_state().qpos
    assert process.reset_scene(8) == ''
    wait_for(lambda: process.sim_state().resets == resets + 2)
    assert process.sim_state().qpos == pytest.approx(qpos, abs=1e-2)
    assert process.reset_scene(1, 'stack') == ''
    wait_for(lambda: process.sim_state().family == 'stack')
    assert 'expected a seed' in process.reset_scene(-1)
    assert "'juggle' is not one of ['pick'" in process.reset_scene(1, 'juggle')


def test_hardware_that_nobody_brings_along_is_refused_by_name():
    with pytest.raises(ValueError, match=r"'webots' is not one of \['driver', 'mujoco'\]"):
        RealtimeConfig('franka', hardware='webots')


def test_a_killed_child_is_noticed(lonely):
    assert lonely.alive()
    assert lonely.death() is None
    os.kill(lonely.pid, signal.SIGKILL)
    wait_for(lambda: not lonely.alive())
    assert lonely.death().code == -signal.SIGKILL
    assert 'did not answer' in lonely.post(Event.HOLD)


def test_a_child_that_cannot_start_says_why():
    process = RealtimeProcess(RealtimeConfig('franka', law='no_such_law'))
    with pytest.raises(RealtimeError, match='no_such_law'):
        process.start()
    assert process.death().code == 1
    process.stop()


PARENT = """
import sys, time
from vla_ros.runtime.realtime import RealtimeConfig, RealtimeProcess
process = RealtimeProcess(RealtimeConfig('franka', hardware='driver'))
process.start()
print(process.pid, flush=True)
while True:
    process.beat()
    time.sleep(0.05)
"""


def test_it_dies_with_its_parent():
    with subprocess.Popen([sys.executable, '-c', PARENT], stdout=subprocess.PIPE) as parent:
        child = psutil.Process(int(parent.stdout.readline()))
        parent.kill()
        parent.wait()
        gone, alive = psutil.wait_procs([child], timeout=3)
        assert not alive


def test_a_real_robot_is_driven_through_the_mailbox(spec):
    process = RealtimeProcess(RealtimeConfig('franka', hardware='driver'))
    process.start()
    try:
        assert process.state() is None
        assert process.sim_state() is None
        still = np.zeros(spec.n)

        def measure():
            process.joint_states(time.time_ns(), spec.home, still, 0.05)
            snapshot = process.state()
            return snapshot is not None and snapshot.state.gripper == 0.05

        wait_for(measure)
        snapshot = process.state()
        assert snapshot.state.position == pytest.approx(spec.home)
        assert np.abs(snapshot.command.torque).max() > 5  # it carries the arm's weight
        wait_for(lambda: process.status().mode is Mode.HOLD)
        assert process.status().cause == 'hardware: joint states are silent'
    finally:
        process.stop()
