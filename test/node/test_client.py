"""The client of the stack: no answer is lost, and who is not there is named."""

from threading import Event, Thread
import time

import pytest
from rclpy.action import ActionServer

from vla_ros.ros.client import StackClient, StackError
from vla_ros_msgs.action import Execute
from vla_ros_msgs.srv import EndEpisode, ResetScene


class Hesitant:
    """The handle of an action client; its sender goes on only when the answer has long come."""

    def __init__(self, handle):
        self._handle = handle

    def __getattr__(self, name):
        return getattr(self._handle, name)

    def send_goal_request(self, request):
        number = self._handle.send_goal_request(request)
        time.sleep(0.3)
        return number

    def send_result_request(self, request):
        number = self._handle.send_result_request(request)
        time.sleep(0.3)
        return number


@pytest.fixture
def client(bench, monkeypatch):
    monkeypatch.setenv('ROS_DOMAIN_ID', str(bench.domain))
    client = StackClient()
    client._execute._client_handle = Hesitant(client._execute._client_handle)
    with client:
        yield client


@pytest.fixture
def served(bench):
    """What the control node would offer, on a thread of its own."""

    def execute(goal):
        goal.abort()
        return Execute.Result(reason=f'refused: {goal.request.instruction}')

    def reset(request, response):
        response.success = request.family == 'put'
        response.message, response.instruction_hint = 'no such family', f'seed {request.seed}'
        return response

    def end(request, response):
        response.message = '' if request.outcome == 'success' else f'outcome {request.outcome}'
        response.accepted = not response.message
        return response

    over = Event()

    def spin():
        while not over.is_set():
            bench.executor.spin_once(timeout_sec=0.02)

    action = ActionServer(bench.tester, Execute, 'execute', execute)
    bench.tester.create_service(ResetScene, 'reset_scene', reset)
    bench.tester.create_service(EndEpisode, 'end_episode', end)
    thread = Thread(target=spin)
    thread.start()
    yield
    over.set()
    thread.join()
    action.destroy()


def test_an_answer_that_comes_before_the_sender_goes_on_is_not_lost(served, client):
    assert client.execute('frobnicate', 5.0) == (False, 'refused: frobnicate')


def test_a_scene_is_laid_out_or_refused(served, client):
    assert client.reset_scene('put', 3) == 'seed 3'
    with pytest.raises(StackError, match='reset_scene juggle 3: no such family'):
        client.reset_scene('juggle', 3)


def test_an_episode_is_ended_or_the_end_refused(served, client):
    assert client.end_episode('success', 'seen') == ''
    assert client.end_episode('done') == 'outcome done'


def test_without_a_time_limit_the_answer_is_waited_for(served, client):
    assert client.execute('frobnicate', 0.0) == (False, 'refused: frobnicate')


def test_a_control_node_that_is_not_there_is_named(client):
    with pytest.raises(StackError, match='no control node offers the action `execute`'):
        client.wait_ready(0.1)
    client.lost = lambda: 'control: ended with code 1'
    with pytest.raises(StackError, match='control: ended with code 1'):
        client.wait_ready(0.1)
