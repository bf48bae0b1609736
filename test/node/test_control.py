"""The control node with its 1 kHz process and the simulation; no policy."""

import math
import time

from control_bench import ControlBench, shared
import numpy as np
import pytest
from rclpy.action import ActionClient
from robot_feed import SPEC

from vla_ros.core.data import ActionChunk, FailureScore, Guarantee, Latent, Mode
from vla_ros.ros import convert, qos
from vla_ros.ros.nodes.control import ControlNode
from vla_ros_msgs.action import Execute
from vla_ros_msgs.srv import EndEpisode, ResetScene, SetInstruction


pytestmark = pytest.mark.realtime


pytest.importorskip('mujoco')
TASK = 'pick up the red cube'


@pytest.fixture(scope='module')
def running():
    yield from shared(Control)


@pytest.fixture
def control(running):
    running.rest()
    # The arm at home again, the queue and its refusals forgotten.
    assert running.bench.call(ResetScene, 'reset_scene', family='put', seed=1).success
    running.episodes.clear()
    running.bench.spin(0.1)
    return running


class Control(ControlBench):
    """The node, which is told what to do; what it published last."""

    def __init__(self, bench):
        self.commanded = bench.listen(qos.COMMANDED_STATE)
        self.episodes = bench.listen(qos.EPISODE)
        super().__init__(bench, policy_hash='abc')
        bench.until(lambda: self.statuses and self.commanded, 'nothing is published')
        self.seq = 0

    def instruct(self, text=TASK, episode=''):
        return self.bench.call(
            SetInstruction, 'set_instruction', instruction=text, episode_id=episode
        )

    def chunk(self, **fields):
        """Return a chunk that moves 4 cm/s to the left of where the arm is told to be."""
        _, pose, opening = convert.commanded_from_msg(self.commanded[-1])
        actions = np.tile([*pose.position, *pose.quaternion, opening], (16, 1))
        actions[:, 1] += 0.004 * np.arange(1, 17)
        self.seq += 1
        stamp = time.time_ns()
        values = {
            'stamp': stamp, 'seq': self.seq, 'latent_seq': 1, 'latent_age': 0.1,
            'robot': 'franka', 'model': 'm:h', 'channels': SPEC.channels,
            'kinds': ('pose',) * 7 + ('gripper',), 'dt': 0.1, 'actions': actions,
            'inference_start': stamp, 'inference_end': stamp, 'valid_for': 1.6, **fields,
        }  # fmt: skip
        return ActionChunk(**values)

    def send(self, chunk):
        self.bench.send(qos.ACTION_CHUNK, convert.chunk_to_msg(chunk))

    def drive(self, done, words, timeout=10.0, **fields):
        """Send chunks at 20 Hz until done."""
        self.repeat(lambda: self.send(self.chunk(**fields)), 0.05, done, words, timeout)


def test_an_instruction_and_chunks_move_the_arm_and_then_it_holds(control, topics):
    joints = control.bench.listen(topics.JOINT_STATES)
    assert control.instruct(episode='e1').accepted
    start = control.status.measured.position[1]
    control.drive(lambda: control.status.measured.position[1] > start + 0.03, 'it stays')
    assert control.status.mode is Mode.RUN and control.status.instruction == TASK
    assert 0 < control.status.chunk_age < 1.5
    assert set(SPEC.joint_names) <= set(joints[-1].name)
    (event,) = control.episodes
    assert (event.event, event.episode_id, event.policy_hash) == ('start', 'e1', 'abc')
    # No more chunks: it comes to rest at the end of the last one.
    control.until(Mode.HOLD, 'no chunk in time')
    before = control.status.measured.position
    control.bench.spin(0.3)
    assert np.abs(control.status.measured.position - before).max() < 2e-3


@pytest.mark.parametrize(
    ('fields', 'cause'),
    [
        ({'robot': 'ur5'}, "robot: expected 'franka', got 'ur5'"),
        ({'actions': np.full((16, 8), np.nan)}, 'expected finite numbers'),
        ({'stamp': 10**18}, 'stamp: expired'),
        ({'channels': SPEC.channels[::-1]}, 'channels: expected'),
        ({'kinds': ('joint',) * 8}, 'channels: expected groups of pose'),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else '',
)
def test_a_bad_chunk_is_refused_with_its_cause_and_nothing_moves(control, fields, cause):
    assert control.instruct().accepted
    before = control.status.measured.position
    control.drive(lambda: cause in control.status.last_refusal, 'not refused', **fields)
    assert control.status.chunk_seq == -1
    assert np.abs(control.status.measured.position - before).max() < 2e-3


@pytest.mark.parametrize(
    ('text', 'words'),
    [
        ('', 'expected some words'),
        ('  \t', 'expected some words'),
        ('x' * 10_000, 'at most 4096 bytes of UTF-8, got 10000'),
        ('ß' * 2049, 'at most 4096 bytes of UTF-8, got 4098'),
        ('pick\tup', "printable text, on one line or more, got '\\t' at character 4"),
        ('pick\r\nup', 'printable'),
        ('pick\x07', 'printable'),
        ('pick\x9b', 'printable'),
    ],
    ids=lambda text: repr(text[:8]),
)
def test_what_cannot_be_an_instruction_is_refused_by_the_service(control, text, words):
    answer = control.instruct(text)
    assert not answer.accepted and words in answer.reason
    control.until(Mode.IDLE)


def test_the_services_lead_through_the_modes(control):
    assert 'no instruction' in control.trigger('resume').message
    assert control.instruct().accepted
    assert control.trigger('hold').success
    control.until(Mode.HOLD, 'hold requested')
    assert control.trigger('resume').success
    control.until(Mode.RUN)
    assert control.trigger('takeover').success
    control.until(Mode.TAKEOVER)
    assert control.trigger('release').success
    control.until(Mode.RUN)
    assert control.trigger('estop').success
    control.until(Mode.STOP, 'emergency stop')
    assert not control.instruct().accepted
    assert not control.trigger('resume').success
    assert control.trigger('reset').success
    control.until(Mode.IDLE)
    assert control.episodes[-1].outcome == 'aborted'


def test_an_alarm_holds(control, topics):
    assert control.instruct().accepted
    score = FailureScore(
        0, 1, ('overlap',), np.array([9.0]), 0.01, 0.1, Guarantee.TASK, 'overlap 9 sigma', True
    )
    control.bench.send(topics.FAILURE, convert.failure_to_msg(score))
    control.until(Mode.HOLD, 'overlap 9 sigma')


class Client:
    """One goal of the action."""

    def __init__(self, control, text, timeout):
        bench = control.bench
        client = ActionClient(bench.tester, Execute, 'execute')
        bench.until(client.server_is_ready, 'no action server')
        self.feedback = []
        goal = Execute.Goal(instruction=text, timeout=timeout)
        future = client.send_goal_async(goal, lambda m: self.feedback.append(m.feedback))
        bench.until(future.done, 'no answer')
        self.handle = future.result()
        self.future = self.handle.get_result_async()
        self.bench = bench

    def result(self, timeout=10.0):
        self.bench.until(self.future.done, 'no result', timeout)
        return self.future.result().result


def test_execute_ends_at_its_timeout(control):
    client = Client(control, TASK, 1.0)
    control.bench.until(lambda: Mode.RUN in [f.mode for f in client.feedback], 'no feedback')
    result = client.result()
    assert not result.success and result.reason == 'not done within 1.0 s'
    control.until(Mode.IDLE)
    assert (control.episodes[-1].outcome, control.episodes[-1].event) == ('failure', 'end')


@pytest.mark.parametrize(
    ('text', 'timeout', 'words'),
    [('', 1.0, 'expected some words'), (TASK, -1.0, 'timeout'), (TASK, math.nan, 'timeout')],
)
def test_execute_says_why_it_is_refused(control, text, timeout, words):
    result = Client(control, text, timeout).result()
    assert not result.success and words in result.reason


@pytest.mark.parametrize(
    'text',
    [
        'x' * 4096,
        '猫' * 1365,
        'pick up\n  the red\n\ncube',
        'بردار 👩\u200d🚀',
        "x: 'y' #\u00a0\\",
    ],
    ids=lambda text: repr(text[:8]),
)
def test_any_printable_text_is_passed_on_whole(control, text):
    assert control.instruct(text).accepted
    control.bench.until(lambda: control.status.instruction == text)
    assert control.episodes[-1].instruction == text
    assert end(control).accepted
    client = Client(control, text, 30.0)
    control.bench.until(lambda: control.status.instruction == text)
    assert end(control, outcome='aborted').accepted
    assert not client.result().success


def end(control, outcome='success', **fields):
    return control.bench.call(EndEpisode, 'end_episode', outcome=outcome, **fields)


@pytest.mark.parametrize('outcome', ['success', 'failure', 'aborted'])
def test_who_knows_the_outcome_ends_the_episode(control, outcome):
    client = Client(control, TASK, 0.0)
    control.bench.until(lambda: control.episodes)
    name = control.episodes[-1].episode_id
    assert end(control, outcome, reason='the cube is up', episode_id=name).accepted
    begin = time.monotonic()
    result = client.result()
    assert time.monotonic() - begin < 0.2
    assert (result.success, result.reason) == (outcome == 'success', 'the cube is up')
    control.until(Mode.IDLE)
    last = control.episodes[-1]
    assert (last.event, last.outcome, last.reason) == ('end', outcome, 'the cube is up')


def test_an_end_that_fits_no_episode_is_refused(control):
    assert end(control).message == 'episode_id: no episode is going on'
    assert control.instruct(episode='second').accepted
    answer = end(control, episode_id='first')
    assert not answer.accepted
    assert answer.message == "episode_id: 'first' is not going on, but 'second' is"
    answer = end(control, outcome='done')
    assert not answer.accepted and "'done' is not one of ['success'," in answer.message
    control.until(Mode.RUN)
    assert end(control, outcome='aborted').accepted


def test_execute_can_be_cancelled(control):
    client = Client(control, TASK, 30.0)
    future = client.handle.cancel_goal_async()
    control.bench.until(future.done, 'no answer')
    assert client.result().reason == 'cancelled'
    control.until(Mode.IDLE)


def test_another_instruction_replaces_the_first(control):
    client = Client(control, TASK, 30.0)
    assert control.instruct('pick up the blue cube').accepted
    assert client.result().reason == 'replaced by another instruction'
    control.bench.until(lambda: control.episodes[-1].instruction == 'pick up the blue cube')
    control.until(Mode.RUN)


def test_a_refused_latent_ends_the_episode_with_its_reason(control, topics):
    client = Client(control, 'pick up the pink elephant', 30.0)
    control.bench.until(lambda: control.episodes)
    latent = Latent(
        1, 1, control.episodes[-1].episode_id, 'm:h', 'pick up the pink elephant', '', 0, 0, 1.0,
        np.zeros((1, 1), np.float32), 0.0, "unknown word 'pink'", verdict='refuse',
    )  # fmt: skip
    control.bench.send(topics.LATENT, convert.latent_to_msg(latent))
    result = client.result()
    assert not result.success and result.reason == "refused: unknown word 'pink'"
    control.until(Mode.IDLE)


def test_a_policy_that_says_it_is_done_ends_the_episode_as_a_success(control, topics):
    client = Client(control, 'fold the towel', 30.0)
    control.bench.until(lambda: control.episodes)
    latent = Latent(
        1, 1, control.episodes[-1].episode_id, 'm:h', 'fold the towel', '', 0, 0, 1.0,
        np.zeros((1, 1), np.float32), 1.0, 'it is folded', verdict='done',
    )  # fmt: skip
    control.bench.send(topics.LATENT, convert.latent_to_msg(latent))
    result = client.result()
    assert result.success and result.reason == 'done: it is folded'
    control.until(Mode.IDLE)


def test_a_scene_can_be_laid_out_anew_and_names_something_to_do(control, topics):
    sims = control.bench.listen(topics.SIM_STATE)
    answer = control.bench.call(ResetScene, 'reset_scene', family='stack', seed=4)
    assert answer.success and answer.instruction_hint.startswith('stack the ')
    control.bench.until(lambda: sims and sims[-1].scene_id == '4 stack')
    again = control.bench.call(ResetScene, 'reset_scene', family='stack', seed=4)
    assert again.instruction_hint == answer.instruction_hint
    wrong = control.bench.call(ResetScene, 'reset_scene', family='juggle', seed=4)
    assert not wrong.success and "'juggle' is not one of" in wrong.message


def test_deactivating_ends_the_episode(bench):
    control = Control(bench)
    assert control.instruct().accepted
    control.bench.until(lambda: control.episodes)
    assert control.bench.node.trigger_deactivate().name == 'SUCCESS'
    control.bench.until(lambda: control.episodes[-1].event == 'end')
    answer = control.instruct()
    assert not answer.accepted and 'not active' in answer.reason


@pytest.mark.parametrize('parameters', [{'robot': 'r2d2'}, {'sim': 'webots'}, {'law': 'none'}])
def test_a_wrong_parameter_fails_configure(bench, parameters):
    node = bench.host(ControlNode, **parameters)
    assert node.trigger_configure().name == 'FAILURE'
