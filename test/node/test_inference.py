"""A model that blocks blocks nothing else: the worker itself, and the nodes around it."""

import threading
import time

from lifecycle_msgs.msg import Transition
from lifecycle_msgs.srv import ChangeState, GetState
from node_bench import Bench
import numpy as np
import pytest
from rcl_interfaces.msg import Log
from rcl_interfaces.srv import GetParameters
import rclpy
from rclpy.executors import SingleThreadedExecutor
from rclpy.experimental import EventsExecutor
from robot_feed import RobotFeed, latent

from vla_ros.policies import load_policy
from vla_ros.ros.inference import InferenceWorker
from vla_ros.ros.nodes.expert import ExpertNode
from vla_ros.ros.nodes.reasoner import ReasonerNode


TASK, OTHER = 'pick up the red cube', 'pick up the blue cube'
ANSWERED = 0.05  # s


@pytest.fixture(params=[SingleThreadedExecutor, EventsExecutor], ids=['single', 'events'])
def bench(request):
    made = Bench(request.param)
    yield made
    made.close()


class Blocking:
    """A backend whose calls take `seconds` s more, or until `let_go`; then it does as before."""

    def __init__(self, backend, seconds, raises=None):
        self.began, self.ended = [], []
        self.let_go = threading.Event()
        self.raises = raises
        self._backend, self._seconds = backend, seconds

    def __getattr__(self, name):
        method = getattr(self._backend, name)

        def call(*values, **named):
            self.began.append(time.monotonic())
            self.let_go.wait(self._seconds)
            try:
                if self.raises is not None:
                    raise self.raises
                return method(*values, **named)
            finally:
                self.ended.append(time.monotonic())

        return call

    @property
    def inside(self):
        return len(self.began) > len(self.ended)


class Node:
    """A node under test whose backend blocks, fed with pictures."""

    def __init__(self, bench, topics, fake_policy, kind, seconds, raises=None):
        self.node = bench.start(kind, policy=str(fake_policy))
        self.attribute = '_expert' if kind is ExpertNode else '_reasoner'
        self.backend = self.block(seconds, raises)
        self.policy = load_policy(fake_policy).spec
        self.results = bench.listen(topics.ACTION_CHUNK if kind is ExpertNode else topics.LATENT)
        self.feed = RobotFeed(bench, status=kind is ExpertNode)
        self._bench, self._topics, self._kind = bench, topics, kind

    def block(self, seconds, raises=None):
        backend = Blocking(getattr(self.node, self.attribute), seconds, raises)
        setattr(self.node, self.attribute, backend)
        return backend

    def instruct(self, task, name='e1'):
        self.feed.episode(task, name)
        if self._kind is ExpertNode:
            self._bench.send(self._topics.LATENT, latent(self.policy, task, name, valid_for=60.0))


@pytest.fixture
def blocked(request, bench, topics, fake_policy):
    made = Node(bench, topics, fake_policy, *request.param)
    yield made
    made.backend.let_go.set()


both = pytest.mark.parametrize(
    'blocked', [(ReasonerNode, 3.0), (ExpertNode, 0.3)], ids=['reasoner', 'expert'], indirect=True
)


def _asks(bench):
    """Return what can be asked of a node: each returns the time until its answer, s."""
    clients = {
        kind: bench.tester.create_client(kind, name)
        for kind, name in (
            (GetState, 'tested/get_state'), (GetParameters, 'tested/get_parameters'),
            (ChangeState, 'tested/change_state'),
        )
    }  # fmt: skip
    for client in clients.values():
        bench.until(client.service_is_ready, 'no service')

    def ask(kind, **request):
        begin = time.monotonic()
        future = clients[kind].call_async(kind.Request(**request))
        bench.until(future.done, f'no answer to {kind.__name__}')
        spent = time.monotonic() - begin
        assert getattr(future.result(), 'success', True)
        return spent

    return ask


@both
def test_requests_are_answered_while_a_call_blocks(bench, blocked):
    ask, backend = _asks(bench), blocked.backend
    blocked.instruct(TASK)
    times = []
    while len(times) < 30:
        blocked.feed.run(lambda: backend.inside, 'the backend was not called')
        times.append(ask(GetState))
        times.append(ask(GetParameters, names=['rate']))
        blocked.feed.moment()
    blocked.feed.run(lambda: backend.inside, 'the backend was not called')
    steps = ('DEACTIVATE', 'ACTIVATE', 'DEACTIVATE', 'CLEANUP')
    for step in steps:
        number = getattr(Transition, f'TRANSITION_{step}')
        times.append(ask(ChangeState, transition=Transition(id=number)))
    print(f'answered in {np.median(times):.4f} s (median), {max(times):.4f} s (max)')
    # Nine of ten: a busy machine lets now and then one of any process's answers wait longer. None
    # waits for the call.
    assert np.percentile(times, 90) < ANSWERED
    assert max(times) < 0.25


@both
def test_a_new_instruction_is_taken_up_after_the_call_and_the_old_result_dropped(bench, blocked):
    backend, feed = blocked.backend, blocked.feed
    blocked.instruct(TASK, 'old')
    feed.run(lambda: backend.inside, 'the backend was not called')
    blocked.instruct(OTHER, 'new')
    bench.until(lambda: blocked.node._observer.episode_id == 'new', 'it was not heard of')
    old, heard = len(blocked.results), len(backend.began)
    feed.run(lambda: len(backend.began) > heard, 'the new instruction was not taken up')
    assert backend.began[heard] - backend.ended[heard - 1] < 4 * ANSWERED
    backend.let_go.set()
    feed.run(lambda: len(blocked.results) > old, 'no result for the new instruction')
    for message in blocked.results[old:]:
        assert getattr(message, 'episode_id', 'new') == 'new'
        assert getattr(message, 'instruction', OTHER) == OTHER


@both
def test_nothing_of_an_episode_that_is_over_gets_out(bench, blocked):
    backend, feed = blocked.backend, blocked.feed
    blocked.instruct(TASK)
    feed.run(lambda: backend.inside, 'the backend was not called')
    feed.episode(TASK, event='end', outcome='aborted')
    bench.until(lambda: not blocked.node._observer.instruction, 'the end was not heard of')
    count = len(blocked.results)
    backend.let_go.set()
    bench.until(lambda: not blocked.node._worker.busy, 'it did not come to rest')
    until = feed.count + 10
    feed.run(lambda: feed.count > until, '')
    assert len(blocked.results) == count


@pytest.mark.parametrize('kind', [ReasonerNode, ExpertNode])
@pytest.mark.parametrize('error', [RuntimeError('out of memory'), SystemExit('gave up')], ids=repr)
def test_whatever_a_backend_raises_is_said_and_ends_nothing(
    bench, topics, fake_policy, kind, error
):
    words = []
    bench.tester.create_subscription(Log, '/rosout', lambda m: words.append(m.msg), 50)
    node = Node(bench, topics, fake_policy, kind, 0.0, error)
    node.instruct(TASK)
    node.feed.run(lambda: any(str(error) in text for text in words), lambda: f'not said: {words}')
    assert type(error).__name__ in next(text for text in words if str(error) in text)
    assert not node.results
    node.backend.raises = None
    node.feed.run(lambda: node.results, 'it did not go on')


class _Calls:
    """A worker with a function that blocks until it is let go."""

    def __init__(self, bench):
        self.begun, self.done, self.timings = [], [], []
        self.go = threading.Semaphore(0)
        self.threads = set()
        bench.executor.add_node(node := rclpy.node.Node('host', context=bench.context))
        self.node = node
        self.worker = InferenceWorker(node, 'called', self._call, self._take)

    def _call(self, request):
        self.begun.append(request)
        self.threads.add(threading.current_thread())
        self.go.acquire(timeout=10.0)
        return request

    def _take(self, result, timing):
        self.threads.discard(threading.current_thread())
        assert threading.current_thread() is threading.main_thread()
        self.done.append(result)
        self.timings.append(timing)


@pytest.fixture
def calls(bench):
    made = _Calls(bench)
    yield made
    made.go.release(100)
    made.worker.stop()
    bench.executor.remove_node(made.node)
    made.node.destroy_node()


def test_the_newest_request_replaces_the_one_that_waits(bench, calls):
    calls.worker.offer(0)
    bench.until(lambda: calls.begun == [0])
    for request in (1, 2, 3):
        calls.worker.offer(request)
    assert calls.worker.busy
    calls.go.release(2)
    bench.until(lambda: calls.done == [0, 3])
    assert calls.begun == [0, 3] and not calls.worker.busy
    assert all(thread is not threading.main_thread() for thread in calls.threads)


def test_waiting_is_timed_apart_from_the_call(bench, calls):
    calls.worker.offer(0)
    bench.until(lambda: calls.begun == [0])
    calls.worker.offer(1)
    bench.spin(0.2)
    calls.go.release(2)
    bench.until(lambda: len(calls.done) == 2)
    first, second = calls.timings
    assert first.took >= 0.2 > first.waited and second.waited >= 0.2 > second.took


def test_what_was_forgotten_comes_to_nothing(bench, calls):
    calls.worker.offer(0)
    bench.until(lambda: calls.begun == [0])
    calls.worker.offer(1)
    calls.worker.forget()
    calls.worker.offer(2)
    calls.go.release(3)
    bench.until(lambda: calls.done)
    assert calls.begun == [0, 2] and calls.done == [2]


def test_a_stop_does_not_wait_for_a_call_that_blocks(bench, calls):
    calls.worker.offer(0)
    bench.until(lambda: calls.begun == [0])
    begin = time.monotonic()
    calls.worker.stop()
    assert time.monotonic() - begin < ANSWERED
    calls.go.release()
    calls.worker._thread.join(2.0)
    assert not calls.worker._thread.is_alive() and not calls.done


def test_a_stop_interrupts_a_pause(bench):
    bench.executor.add_node(node := rclpy.node.Node('host', context=bench.context))
    paused = threading.Event()

    def call(_):
        paused.set()
        worker.pause(60.0)

    worker = InferenceWorker(node, 'called', call, lambda *_: None)
    worker.offer(0)
    bench.until(paused.is_set)
    worker.stop()
    worker._thread.join(2.0)
    assert not worker._thread.is_alive()
    bench.executor.remove_node(node)
    node.destroy_node()
