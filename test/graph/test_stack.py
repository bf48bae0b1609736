import signal
import subprocess
import sys
import time

from domains import next_domain
import numpy as np
import psutil
import pytest

from vla_ros.core.data import Mode
from vla_ros.policies import load_policy
from vla_ros.ros.bringup.runner import BringupError


pytestmark = [pytest.mark.ros, pytest.mark.slow]
TASK = 'put the red cube in the bowl'


def moved(graph, start, distance=0.03):
    return lambda: np.linalg.norm(graph.status.measured.position - start) > distance


def test_an_instruction_moves_the_arm_and_leaves_a_bag(shared):
    graph = shared
    rest = graph.status.measured.position
    success, reason = graph.client.execute(TASK, 4.0)
    assert not success and 'not done within 4.0 s' in reason
    assert moved(graph, rest)()
    used = [s for s in graph.statuses if s.chunk_seq and s.mode == Mode.RUN]
    assert used and not used[-1].refused_chunks, used[-1].last_refusal
    assert used[-1].delay >= 1  # it goes on moving while a chunk is made
    seconds = 1e-9 * (stamp(graph.chunks[-1]) - stamp(graph.chunks[0]))
    assert len(graph.chunks) / seconds > 10  # 33 on a machine with nothing else to do
    graph.until(lambda: graph.status.mode is Mode.IDLE, 'it does not rest')
    folder = graph.new_bag()
    assert graph.said('recorder', '0 dropped') and not graph.said('recorder', ' 1 dropped')
    (bag,) = folder.glob('*.mcap')
    assert bag.stat().st_size > 100_000


def test_an_instruction_that_is_not_understood_is_refused(shared):
    before = shared.status.chunk_seq  # of another test's
    success, reason = shared.client.execute('frobnicate the xyzzy', 15.0)
    assert not success and reason.startswith('refused')
    # The last status may be of before the instruction, which drops the chunk of another test.
    assert shared.status.chunk_seq in (-1, before) and not shared.chunks


def test_the_reasoner_killed_the_expert_goes_on_until_the_latent_expires(shared, fake_policy):
    graph = shared
    graph.instruct(TASK)
    graph.until(moved(graph, graph.status.measured.position), 'it does not move')
    last = graph.until(lambda: graph.chunks, 'no chunk')[-1].latent_seq
    # The newer the last latent, the longer the expert can go on.
    graph.until(lambda: graph.chunks[-1].latent_seq != last, 'no newer latent')
    graph.kill('reasoner')
    killed, lines = time.time_ns(), len(graph.lines)
    (death,) = graph.until(graph.runner.deaths, 'the death is not noticed', 2.0)
    assert death.name == 'reasoner' and death.code == -9 and death.vital
    expired = 'no valid latent: the newest is'
    graph.until(lambda: graph.said('expert', expired, lines), 'the latent does not expire')
    graph.until(lambda: graph.status.mode is Mode.HOLD, 'it does not hold')
    assert 'no chunk in time' in graph.status.cause
    stamps = np.array([stamp(chunk) for chunk in graph.chunks])
    assert stamps[-1] > killed, 'the expert did not go on'
    valid_for = load_policy(fake_policy).spec.rates.latent_valid_for
    end = stamps[-1] + 1e9 * (valid_for - graph.chunks[-1].latent_age)
    assert stamps[-1] <= end < stamps[-1] + np.diff(stamps).max() + 5e8, 'it ended too early'
    assert_at_rest(graph)


def test_the_expert_killed_the_arm_holds(shared):
    graph = shared
    graph.instruct(TASK)
    graph.until(moved(graph, graph.status.measured.position), 'it does not move')
    graph.kill('expert')
    graph.until(lambda: graph.status.mode is Mode.HOLD, 'it does not hold', 5.0)
    assert_at_rest(graph)


def test_the_control_node_killed_the_others_notice_and_nothing_is_left(shared):
    graph = shared
    graph.instruct(TASK)
    graph.until(moved(graph, graph.status.measured.position), 'it does not move')
    family = psutil.Process(graph.runner.pids['control']).children(recursive=True)
    graph.kill('control')
    graph.until(lambda: graph.said('expert', 'the control node is lost'), 'unnoticed', 12.0)
    graph.until(lambda: graph.said('recorder', 'the control node is lost'), 'unnoticed', 12.0)
    count = len(graph.chunks)
    time.sleep(0.3)
    assert len(graph.chunks) <= count + 1
    assert family and not any(alive(process) for process in family)


def test_a_node_that_cannot_be_configured_is_named_with_its_last_lines(fake_policy, start):
    calibration = fake_policy / 'calibration.json'
    calibration.write_text('{}')
    try:
        with pytest.raises(BringupError, match='detector: configure failed') as error:
            start(only=('expert', 'detector'))
        assert 'calibration.json' in str(error.value)
    finally:
        calibration.unlink()


SCRIPT = """
import signal, sys, time
signal.signal(signal.SIGINT, signal.default_int_handler)  # also where the tests run without one
from vla_ros.ros.bringup.description import StackOptions, describe
from vla_ros.ros.bringup.runner import LocalRunner
with LocalRunner(describe(StackOptions(policy=sys.argv[1], domain=int(sys.argv[2])))) as runner:
    runner.bring_up()
    print(*runner.pids.values(), flush=True)
    try:
        time.sleep(60)
    except KeyboardInterrupt:
        pass
"""


@pytest.mark.parametrize('number', [signal.SIGINT, signal.SIGKILL], ids=lambda n: n.name)
def test_however_the_runner_ends_nothing_is_left(fake_policy, number):
    domain = str(next_domain())
    runner = subprocess.Popen(
        [sys.executable, '-c', SCRIPT, str(fake_policy), domain], stdout=subprocess.PIPE, text=True
    )
    tops = [psutil.Process(int(pid)) for pid in runner.stdout.readline().split()]
    family = [p for top in tops for p in (top, *top.children(recursive=True))]
    assert len(tops) == 6 and len(family) > 5
    begin = time.monotonic()
    runner.send_signal(number)
    runner.wait(10)
    while any(alive(process) for process in family) and time.monotonic() - begin < 5:
        time.sleep(0.01)
    assert not [process for process in family if alive(process)]
    assert time.monotonic() - begin < 3.0
    runner.stdout.close()


def stamp(message):
    return message.header.stamp.sec * 10**9 + message.header.stamp.nanosec


def alive(process):
    return process.is_running() and process.status() != psutil.STATUS_ZOMBIE


def assert_at_rest(graph):
    time.sleep(0.3)
    before = graph.status.measured.position
    time.sleep(0.3)
    assert np.abs(graph.status.measured.position - before).max() < 2e-3
