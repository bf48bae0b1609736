"""The whole stack on MuJoCo in real time, in a domain of its own; one at a time."""

from contextlib import ExitStack
from dataclasses import replace
import os
import time

from domains import next_domain
import psutil
import pytest


pytest.importorskip('rclpy')
pytest.importorskip('vla_ros_msgs.msg')
pytest.importorskip('mujoco')

from std_srvs.srv import Trigger  # noqa: E402

from vla_ros.core.data import Mode  # noqa: E402
from vla_ros.ros import convert, qos  # noqa: E402
from vla_ros.ros.bringup.description import StackOptions, describe  # noqa: E402
from vla_ros.ros.bringup.runner import LocalRunner  # noqa: E402
from vla_ros.ros.client import StackClient  # noqa: E402
from vla_ros_msgs.srv import SetInstruction  # noqa: E402


os.environ['ROS_AUTOMATIC_DISCOVERY_RANGE'] = 'LOCALHOST'


def is_alive(pid):
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


class Graph:
    """A running stack, what it says, and what it publishes."""

    def __init__(self, policy, domain=None, only=None, **options):
        """Start it, in a domain of its own unless one is given; `only` some of its nodes."""
        self.domain = domain = domain or next_domain()
        self.lines = []
        stack = describe(StackOptions(policy=str(policy), domain=domain, **options))
        if only is not None:
            nodes = tuple(node for node in stack.nodes if node.name in only)
            stack = replace(stack, nodes=nodes)
        self.runner = LocalRunner(stack, lambda node, line: self.lines.append((node, line)))
        self.statuses, self.chunks, self.episodes = [], [], []
        with ExitStack() as begun:  # and ended, where the rest does not begin
            begun.enter_context(self.runner).bring_up()
            self.client = StackClient(options.get('namespace', ''))
            self.client.subscribe(qos.STATUS, self.statuses.append)
            self.client.subscribe(qos.ACTION_CHUNK, self.chunks.append)
            self.client.subscribe(qos.EPISODE, self.episodes.append)
            begun.enter_context(self.client)
            self.until(lambda: self.statuses, 'no status')
            self._begun = begun.pop_all()

    @property
    def status(self):
        return convert.status_from_msg(self.statuses[-1])

    def until(self, condition, words, timeout=15.0):
        end = time.monotonic() + timeout
        while not (value := condition()):
            said = '\n'.join(f'[{node}] {line}' for node, line in self.lines[-30:])
            status = self.status if self.statuses else 'no status'
            assert time.monotonic() < end, f'{words}; {status}\n{said}'
            time.sleep(0.01)
        return value

    def ask(self, kind, name, **request):
        """Call a service and return its answer."""
        service = self.client.node.create_client(kind, name)
        self.until(service.service_is_ready, f'no service {name}')
        answer = service.call_async(kind.Request(**request))
        self.until(answer.done, f'no answer from {name}')
        return answer.result()

    def said(self, node, words, since=0):
        """Return whether a node has said so, after the first `since` lines."""
        return any(name == node and words in line for name, line in self.lines[since:])

    def instruct(self, text):
        """Give an instruction that ends when someone says so."""
        assert self.ask(SetInstruction, 'set_instruction', instruction=text).accepted

    def kill(self, node):
        """End a node as if it had crashed."""
        os.kill(self.runner.pids[node], 9)

    @property
    def whole(self):
        """Whether every node runs."""
        return all(is_alive(pid) for pid in self.runner.pids.values())

    def family(self):
        """Return every process of the stack."""
        tops = [psutil.Process(pid) for pid in self.runner.pids.values()]
        return [p for top in tops for p in (top, *top.children(recursive=True))]

    def close(self):
        self._begun.close()


class SharedGraph(Graph):
    """A stack in the namespace `left` that records and has a joystick; it rests between tests."""

    def __init__(self, policy, bags):
        self.bags = bags
        super().__init__(policy, namespace='left', record=str(bags), teleop='joystick')

    def rest(self):
        """End whatever goes on, lay out the scene anew, and forget what was said before."""
        assert self.ask(Trigger, 'estop').success and self.ask(Trigger, 'reset').success
        assert self.client.reset_scene('put', 3).startswith('put the ')
        self.until(lambda: self.status.mode is Mode.IDLE, 'it does not rest')
        written = lambda: sum('dropped' in line for _, line in self.lines)  # noqa: E731
        self._before = set(self.bags.iterdir())
        self.until(lambda: written() == len(self._before), 'a bag is not closed')
        for heard in (self.statuses, self.chunks, self.episodes):
            heard.clear()
        self.until(lambda: self.statuses and not self.chunks, 'no status')

    def new_bag(self):
        """Return the folder that was recorded since it rested, once it is closed."""
        (bag,) = set(self.bags.iterdir()) - self._before
        self.until(lambda: self.said('recorder', f'{bag.name}: '), 'the bag is not closed')
        return bag


_kept = []  # the stack that tests share, while it runs


def end_shared():
    while _kept:
        _kept.pop().close()


def pytest_collection_modifyitems(items):
    """Put the tests that share a stack together: each other test ends it first."""
    items.sort(key=lambda item: 'shared' in getattr(item, 'fixturenames', ()))


@pytest.fixture(autouse=True, scope='session')
def finally_none():
    yield
    end_shared()


@pytest.fixture(autouse=True)
def one_at_a_time(request):
    """A stack that idles takes time from one that a test waits for."""
    if 'shared' not in request.fixturenames:
        end_shared()


@pytest.fixture
def shared(request, fake_policy, tmp_path_factory):
    """The stack that others have used and will use, unless this test kills it, or fails."""
    if not _kept:
        _kept.append(SharedGraph(fake_policy, tmp_path_factory.mktemp('bags')))
    (graph,) = _kept
    failed = request.session.testsfailed
    graph.rest()
    yield graph
    if request.session.testsfailed > failed or not graph.whole:
        end_shared()


@pytest.fixture
def start(fake_policy):
    with ExitStack() as graphs:

        def make(policy=fake_policy, domain=None, **options):
            graph = Graph(policy, domain, **options)
            graphs.callback(graph.close)
            return graph

        yield make
