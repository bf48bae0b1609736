"""No request of a lifecycle and no exception in a callback ends a node."""

import subprocess
import sys

from control_bench import ControlBench
from environments import environment_in
from lifecycle_msgs.msg import Transition
from lifecycle_msgs.srv import ChangeState, GetState
import pytest
from rcl_interfaces.srv import SetParameters
from rclpy.parameter import Parameter
from std_msgs.msg import Float64
from std_srvs.srv import Trigger

from vla_ros.core.data import Mode
from vla_ros.ros import qos
from vla_ros.ros.guard import spin_once
from vla_ros.ros.nodes.control import ControlNode
from vla_ros.ros.nodes.detector import DetectorNode
from vla_ros.ros.nodes.recorder import RecorderNode
from vla_ros_msgs.msg import EpisodeEvent, Latent


NUMBERS = {
    name: getattr(Transition, f'TRANSITION_{name}')
    for name in (
        'CREATE', 'CONFIGURE', 'CLEANUP', 'ACTIVATE', 'DEACTIVATE', 'UNCONFIGURED_SHUTDOWN',
        'INACTIVE_SHUTDOWN', 'ACTIVE_SHUTDOWN', 'DESTROY',
    )
}  # fmt: skip
# The way into a state, the requests it obeys and where they lead.
STATES = {
    'unconfigured': ((), {'CONFIGURE': 'inactive', 'UNCONFIGURED_SHUTDOWN': 'finalized'}),
    'inactive': (
        ('CONFIGURE',),
        {'ACTIVATE': 'active', 'CLEANUP': 'unconfigured', 'INACTIVE_SHUTDOWN': 'finalized'},
    ),
    'active': (
        ('CONFIGURE', 'ACTIVATE'), {'DEACTIVATE': 'inactive', 'ACTIVE_SHUTDOWN': 'finalized'},
    ),
    'finalized': (('UNCONFIGURED_SHUTDOWN',), {}),
}  # fmt: skip


def change(bench, number=0, label=''):
    transition = Transition(id=number, label=label)
    return bench.call(ChangeState, 'tested/change_state', transition=transition).success


def state_of(bench):
    return bench.call(GetState, 'tested/get_state').current_state.label


@pytest.mark.parametrize('request_name', NUMBERS)
@pytest.mark.parametrize('state', STATES)
def test_every_request_in_every_state_is_obeyed_or_answered_false(
    bench, tmp_path, state, request_name
):
    way, obeyed = STATES[state]
    bench.host(RecorderNode, folder=str(tmp_path))
    for name in way:
        assert change(bench, NUMBERS[name])
    assert state_of(bench) == state
    assert change(bench, NUMBERS[request_name]) == (request_name in obeyed)
    assert state_of(bench) == obeyed.get(request_name, state)


@pytest.mark.parametrize('asked', [{'number': 250}, {'label': 'dance'}, {'label': 'activate'}])
def test_a_request_that_there_is_not_is_answered_false(bench, tmp_path, asked):
    bench.host(RecorderNode, folder=str(tmp_path))
    assert not change(bench, **asked)
    assert state_of(bench) == 'unconfigured'


class Broken(DetectorNode):
    """A node whose stage raises what nobody expects."""

    broken = ''

    def _break(self, where):
        if where == self.broken:
            raise RuntimeError(f'broken in {where}')

    def configure(self, config):
        self._break('configure')
        self.owned.callback(self._break, 'release')

    def activate(self):
        self._break('activate')

    def deactivate(self):
        self._break('deactivate')


@pytest.mark.parametrize(
    ('where', 'before', 'asked', 'after'),
    [
        ('configure', (), 'CONFIGURE', 'unconfigured'),
        ('activate', ('CONFIGURE',), 'ACTIVATE', 'inactive'),
        ('deactivate', ('CONFIGURE', 'ACTIVATE'), 'DEACTIVATE', 'active'),
    ],
)
def test_what_a_transition_raises_fails_it_and_it_can_be_asked_for_again(
    bench, capfd, where, before, asked, after
):
    node = bench.host(Broken)
    for name in before:
        assert change(bench, NUMBERS[name])
    node.broken = where
    assert not change(bench, NUMBERS[asked])
    assert state_of(bench) == after
    said = capfd.readouterr().err
    assert f'cannot {where}: RuntimeError: broken in {where}' in said and 'Traceback' in said
    node.broken = ''
    assert change(bench, NUMBERS[asked])


def test_a_stage_that_cannot_be_released_is_gone_all_the_same(bench, capfd):
    node = bench.host(Broken)
    assert change(bench, NUMBERS['CONFIGURE'])
    node.broken = 'release'
    assert change(bench, NUMBERS['CLEANUP'])
    assert state_of(bench) == 'unconfigured'
    assert 'broken in release' in capfd.readouterr().err


class Frail(ControlNode):
    """A control node that breaks where a message, a timer or a service leads."""

    def _on_latent(self, message):
        raise ZeroDivisionError(f'latent {message.subgoal}')

    def every(self, seconds, callback, always=False):
        def work():
            if getattr(self, 'broken', False):
                raise IndexError('in a timer')
            callback()

        return super().every(seconds, work, always)


class FrailBench(ControlBench):
    def __init__(self, bench):
        self.bench = bench
        self.statuses = bench.listen(qos.STATUS)
        bench.start(Frail)
        bench.until(lambda: self.statuses, 'no status')


@pytest.fixture
def frail(bench):
    pytest.importorskip('mujoco')
    return FrailBench(bench)


def test_an_exception_in_a_callback_holds_the_arm_and_says_so(frail, capfd):
    frail.bench.send(qos.LATENT, Latent(subgoal='a'))
    frail.until(Mode.HOLD, 'ZeroDivisionError: latent a')
    assert frail.status.cause.startswith('the control node: Frail._on_latent: ')
    said = capfd.readouterr().err
    assert 'Traceback' in said and 'ZeroDivisionError: latent a' in said
    # It lives: it answers, and a person may say that it goes on.
    assert frail.trigger('reset').success
    frail.until(Mode.IDLE)


def test_an_exception_in_a_timer_holds_the_arm_too(frail):
    frail.bench.node.broken = True
    frail.bench.spin(0.2)
    frail.bench.node.broken = False
    frail.until(Mode.HOLD, 'IndexError: in a timer')
    assert frail.trigger('reset').success


def test_a_service_that_breaks_is_answered_with_the_cause(frail, monkeypatch):
    node = frail.bench.node

    def broken():
        raise KeyError('tare')

    monkeypatch.setattr(node._arm, 'tare', broken)
    answer = frail.bench.call(Trigger, 'tare')
    assert not answer.success and "KeyError: 'tare'" in answer.message
    frail.until(Mode.HOLD, "KeyError: 'tare'")
    assert frail.trigger('reset').success


def test_a_parameter_whose_change_breaks_is_refused_with_the_cause(frail, monkeypatch):
    node = frail.bench.node

    def broken(preset):
        raise TypeError('no such law')

    for limb in node._limbs:
        monkeypatch.setattr(limb._gains._arm, 'adopt', broken)
    wanted = Parameter('gains.k_pos', value=300.0).to_parameter_msg()
    answer = frail.bench.call(SetParameters, 'tested/set_parameters', parameters=[wanted])
    (result,) = answer.results
    assert not result.successful and 'TypeError: no such law' in result.reason
    frail.until(Mode.HOLD, 'TypeError: no such law')


def test_targets_that_no_converter_knows_of_do_not_end_it(frail, monkeypatch):
    """Real messages on the target topics, behind a converter with a fault."""
    assert frail.trigger('takeover').success
    frail.until(Mode.TAKEOVER)
    for limb in frail.bench.node._limbs:
        monkeypatch.setattr(limb._targets._arm, 'target', lambda *_: 1 / 0)
    frail.bench.send(qos.TARGET_GRIPPER, Float64(data=0.04))
    frail.until(Mode.HOLD, 'ZeroDivisionError')
    assert frail.trigger('reset').success


def test_what_escapes_the_executor_is_said_and_held(frail):
    bench = frail.bench
    bench.executor.create_task(lambda: 1 / 0)
    for _ in range(20):
        spin_once(bench.executor, bench.node)
    frail.until(Mode.HOLD, 'executor: ZeroDivisionError')
    assert frail.trigger('reset').success


FRAIL = """
from rclpy.node import Node
from vla_ros.ros.nodes.recorder import RecorderNode
from vla_ros.ros.node_process import run

class Frail(RecorderNode):
    def __init__(self, name):
        super().__init__(name)
        Node.create_timer(self, 0.05, self._past_the_guard)

    def _past_the_guard(self):
        raise RuntimeError('raised by the executor')

    def _on_episode(self, data):
        raise RuntimeError('frail')

run(lambda: Frail('tested'))
"""


def test_a_process_lives_through_all_that(bench, tmp_path):
    """The executor that nodes really run on, from outside."""
    process = subprocess.Popen(
        [sys.executable, '-c', FRAIL, '--ros-args', '-p', f'folder:={tmp_path}'],
        env=environment_in(bench.domain, orphan=False), stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        bench.until(lambda: 'tested' in bench.tester.get_node_names(), 'no node', 30.0)
        assert change(bench, NUMBERS['CONFIGURE']) and change(bench, NUMBERS['ACTIVATE'])
        bench.send(qos.EPISODE, EpisodeEvent(episode_id='e', event=EpisodeEvent.START))
        assert not change(bench, NUMBERS['ACTIVATE'])
        assert state_of(bench) == 'active' and process.poll() is None
    finally:
        process.terminate()
        said = process.communicate(timeout=10.0)[1]
    assert process.returncode == 0, said
    assert 'RuntimeError: frail' in said and 'transition 3 refused in active' in said
    assert 'unexpected: executor: RuntimeError: raised by the executor' in said
