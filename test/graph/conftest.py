"""The whole stack on MuJoCo in real time, each in a domain of its own."""

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

from vla_ros.ros import convert, qos  # noqa: E402
from vla_ros.ros.bringup.description import StackOptions, describe  # noqa: E402
from vla_ros.ros.bringup.runner import LocalRunner  # noqa: E402
from vla_ros.ros.client import StackClient  # noqa: E402


os.environ['ROS_AUTOMATIC_DISCOVERY_RANGE'] = 'LOCALHOST'


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

    def kill(self, node):
        """End a node as if it had crashed."""
        os.kill(self.runner.pids[node], 9)

    def family(self):
        """Return every process of the stack."""
        tops = [psutil.Process(pid) for pid in self.runner.pids.values()]
        return [p for top in tops for p in (top, *top.children(recursive=True))]

    def close(self):
        self._begun.close()


@pytest.fixture
def start(fake_policy):
    with ExitStack() as graphs:

        def make(policy=fake_policy, domain=None, **options):
            graph = Graph(policy, domain, **options)
            graphs.callback(graph.close)
            return graph

        yield make
