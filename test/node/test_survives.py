"""Nodes that watch a robot go on after exceptions in what they hear."""

import time

from control_bench import ControlBench
from lifecycle_msgs.msg import Transition
from lifecycle_msgs.srv import ChangeState, GetState
import pytest
from robot_feed import RobotFeed, latent

from vla_ros.core.data import Mode
from vla_ros.policies import load_policy
from vla_ros.ros import qos
from vla_ros.ros.convert.fields import header
from vla_ros.ros.nodes.control import ControlNode
from vla_ros.ros.nodes.detector import DetectorNode
from vla_ros.ros.nodes.expert import ExpertNode
from vla_ros.ros.nodes.reasoner import ReasonerNode
from vla_ros.ros.nodes.recorder import RecorderNode
from vla_ros.ros.nodes.teleop import TeleopNode
from vla_ros_msgs.msg import SimState


TASK = 'pick up the red cube'
NUMBERS = {name: getattr(Transition, f'TRANSITION_{name}') for name in ('CONFIGURE', 'ACTIVATE')}


class Broken(RuntimeError):
    """What no code here raises."""


def fail(*_, **__):
    raise Broken('of a test')


def state_of(bench):
    return bench.call(GetState, 'tested/get_state').current_state.label


def change(bench, name):
    wanted = Transition(id=NUMBERS[name])
    return bench.call(ChangeState, 'tested/change_state', transition=wanted).success


@pytest.mark.parametrize('kind', [ControlNode, TeleopNode])
def test_a_second_activate_is_answered_false(bench, kind):
    bench.start(kind)
    assert not change(bench, 'ACTIVATE') and not change(bench, 'CONFIGURE')
    assert state_of(bench) == 'active'


def test_the_cause_of_a_hold_outlives_an_exception_after_it(bench):
    control = ControlBench(bench)
    bench.until(lambda: control.statuses, 'no status')
    assert control.trigger('hold').success
    control.until(Mode.HOLD, 'hold requested')
    count = len(control.statuses)
    bench.node.guarded(fail)()
    bench.until(lambda: len(control.statuses) > count + 5)
    assert control.status.cause == 'hold requested'


def test_an_expert_whose_policy_raises_is_silent_and_goes_on(bench, fake_policy, monkeypatch):
    bench.start(ExpertNode, policy=str(fake_policy))
    chunks, failed = bench.listen(qos.ACTION_CHUNK), []
    feed = RobotFeed(bench)
    feed.episode(TASK)
    bench.send(qos.LATENT, latent(load_policy(fake_policy).spec, TASK, valid_for=30.0))
    feed.run(lambda: chunks, 'no chunk')
    with monkeypatch.context() as patch:
        patch.setattr(bench.node._expert, 'act', lambda *args: failed.append(args) or fail())
        feed.run(lambda: len(failed) > 3, 'it did not fail')
        bench.spin(0.2)  # what was on its way
        count = len(chunks)
        feed.run(lambda: len(failed) > 6, 'it does not go on')
        assert len(chunks) == count and state_of(bench) == 'active'
    feed.run(lambda: len(chunks) > count + 3, 'it did not recover')


@pytest.mark.parametrize('kind', [ReasonerNode, DetectorNode, RecorderNode])
def test_what_a_node_hears_does_not_end_it(bench, kind, fake_policy, tmp_path, monkeypatch):
    options = {'folder': str(tmp_path)} if kind is RecorderNode else {'policy': str(fake_policy)}
    node, failed = bench.host(kind, **options), []
    listen = node.listen
    monkeypatch.setattr(node, 'doubt', failed.append)
    # Real messages, each of which meets a fault.
    monkeypatch.setattr(node, 'listen', lambda topic, _, raw=False: listen(topic, fail, raw))
    assert node.trigger_configure().name == 'SUCCESS'
    assert node.trigger_activate().name == 'SUCCESS'
    feed = RobotFeed(bench)
    bench.repeat(lambda: feed.episode(TASK), 0.05, lambda: len(failed) > 3, 'nothing was heard')
    assert state_of(bench) == 'active'


def test_a_referee_goes_on_after_an_exception(bench, monkeypatch):
    pytest.importorskip('mujoco')
    from vla_ros.tabletop.referee_node import RefereeNode

    node, failed = bench.host(RefereeNode), []
    monkeypatch.setattr(node, 'doubt', failed.append)
    monkeypatch.setattr(node._referee, 'look', fail)
    feed = RobotFeed(bench)
    feed.episode(TASK)

    def send():
        bench.send(qos.SIM_STATE, SimState(header=header(time.time_ns())))

    bench.repeat(send, 0.05, lambda: len(failed) > 3, 'it is not broken, or it ended')
